// The list of runs. However long it is, only what is seen is read again and formatted; the rest is
// kept in a few words a row, page by page as far as somebody scrolled.
#include "cli/console/page.hpp"
#include "cli/console/run_search.hpp"
#include "cli/render/run_text.hpp"
#include "cli/render/time_text.hpp"
#include "cli/state_view.hpp"

#include <algorithm>
#include <array>

namespace skein::cli::screen {

namespace {

constexpr std::uint32_t rows_at_once = 500;
/// A list this short is simply read again: rows that fit now, and did not before, come into it.
constexpr std::size_t short_list = 500;
/// One look goes through this many runs at most; the next one goes on.
constexpr std::size_t most_scanned = 20'000;
constexpr std::size_t most_rows = 200'000;

constexpr std::array columns_of_runs{
    grid_column{"RUN", 8, 0, false, false},
    grid_column{"STATE", 19, 0, false, false},
    grid_column{"TIME", 7, 0, true, false},
    grid_column{"REPOSITORY", 16, 3, false, true},
    grid_column{"BRANCH OR REASON", 10, 3, false, false},
    grid_column{"TENANT", 0, 1, false, false},
    grid_column{"CAMPAIGN", 0, 1, false, false},
};

struct run_words {
  std::int64_t seq = 0;
  std::string id;
  schema::run_state shown = schema::run_state::schedule;
  std::int64_t took_ms = 0;
  std::string repo;
  std::string outcome;
  std::string tenant;
  std::string campaign;
};

class runs final : public page {
 public:
  explicit runs(const std::string& words) { (void)filter(words); }

  std::string title() const override {
    std::string out = "runs";
    if (!words_.empty()) out += " that fit " + words_;
    return out;
  }
  std::string keys() const override { return "Enter open  / filter  c all  H D K L switch"; }
  std::string nothing() const override {
    return words_.empty() ? "no runs yet" : "no run fits; c shows all";
  }
  std::size_t rows() const override { return rows_.size(); }
  bool complete() const override { return complete_; }
  bool filters() const override { return true; }
  line heading(std::size_t width) const override { return grid_heading(columns_of_runs, width); }

  line row(std::size_t index, std::size_t width) const override {
    const auto& each = rows_[index];
    return grid_row(columns_of_runs,
                    {short_id(each.id),
                     {std::string(schema::to_string(each.shown)), tone_of(each.shown)},
                     each.took_ms == 0 ? "-" : duration_text(each.took_ms),
                     each.repo,
                     each.outcome,
                     each.tenant,
                     each.campaign},
                    width);
  }

  result<> filter(const std::string& words) override {
    SKEIN_TRY(parsed, parse_run_search(words));
    words_ = words;
    search_ = parsed;
    forget();
    return {};
  }

  result<> load(const feed& from, const window& seen) override {
    SKEIN_TRY(switches, from.state.switches());
    switches_ = switches;
    if (rows_.size() <= short_list) forget();
    SKEIN_CHECK(refresh(from, seen));
    // Runs that came since have greater numbers: they are behind the end.
    if (complete_) complete_ = false;
    return extend(from, seen);
  }

  result<> extend(const feed& from, const window& seen) override {
    const std::size_t wanted =
        seen.to_the_end ? most_rows : seen.top + seen.height + rows_at_once / 2;
    std::size_t scanned = 0;
    while (!complete_ && rows_.size() < std::min(wanted, most_rows) && scanned < most_scanned) {
      auto filter = search_.stored();
      filter.after_seq = scanned_to_;
      filter.limit = rows_at_once;
      SKEIN_TRY(found, from.state.runs(filter));
      scanned += found.size();
      for (const auto& run : found) take(run, from.now_ms);
      complete_ = found.size() < rows_at_once;
    }
    return {};
  }

  std::unique_ptr<page> open(std::size_t index) const override {
    return index < rows_.size() ? run_page(rows_[index].id) : nullptr;
  }
  std::optional<switch_target> target(std::size_t index) const override {
    if (index >= rows_.size()) return std::nullopt;
    return switch_target{store::switch_scope::run, rows_[index].id};
  }

 private:
  void forget() {
    rows_.clear();
    scanned_to_ = 0;
    complete_ = false;
  }

  run_words words_for(const schema::run& run, std::int64_t now_ms) const {
    return {run.seq,
            run.id,
            shown_state(switches_, run),
            time_of(run, now_ms),
            run.repo.url,
            branch_or_reason(run),
            run.tenant,
            run.campaign};
  }

  void take(const schema::run& run, std::int64_t now_ms) {
    scanned_to_ = run.seq;
    if (!search_.matches_words(run)) return;
    auto words = words_for(run, now_ms);
    if (search_.state && words.shown != *search_.state) return;
    rows_.push_back(std::move(words));
  }

  /// What is seen, as it is now. Nothing moves: a row that fits no more stays until `r` or `/`.
  result<> refresh(const feed& from, const window& seen) {
    if (rows_.empty()) return {};
    const std::size_t begin = std::min(seen.top, rows_.size() - 1);
    const std::size_t end = std::min(begin + seen.height, rows_.size());
    for (std::size_t i = begin; i < end; ++i) {
      if (schema::is_final(rows_[i].shown)) continue;
      SKEIN_TRY(run, from.state.run(rows_[i].id));
      rows_[i] = words_for(run, from.now_ms);
    }
    return {};
  }

  std::string words_;
  run_search search_;
  std::vector<store::switch_row> switches_;
  std::vector<run_words> rows_;
  std::int64_t scanned_to_ = 0;
  bool complete_ = false;
};

}  // namespace

std::unique_ptr<page> runs_page(const std::string& words) {
  return std::make_unique<runs>(words);
}

}  // namespace skein::cli::screen
