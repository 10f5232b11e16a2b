// Campaigns: the list, and one with its waves and how much of it is left.
#include "cli/console/page.hpp"
#include "cli/render/burndown_chart.hpp"
#include "cli/render/burndown_text.hpp"
#include "cli/render/campaign_text.hpp"
#include "cli/render/printable.hpp"
#include "cli/render/time_text.hpp"

#include <algorithm>
#include <array>

namespace skein::cli::screen {

namespace {

/// `#####.....`, without colours as clear as with them.
std::string bar(std::uint32_t done, std::uint32_t total, std::size_t width) {
  const std::size_t full = total == 0 ? 0 : std::size_t{done} * width / total;
  return std::string(full, '#') + std::string(width - full, '.');
}

result<campaign_progress> progress(const feed& from, const store::campaign_row& row) {
  SKEIN_TRY(totals, from.state.totals(row.value.name));
  return progress_of(row, totals);
}

class campaigns final : public page {
  static constexpr std::array columns{
      grid_column{"CAMPAIGN", 16, 2, false, false}, grid_column{"STATE", 10, 0, false, false},
      grid_column{"TENANT", 8, 1, false, false},    grid_column{"DONE", 12, 0, true, false},
      grid_column{"", 12, 0, false, false},         grid_column{"OK", 6, 0, true, false},
      grid_column{"REASON", 0, 3, false, false}};

 public:
  std::string title() const override { return "campaigns"; }
  std::string keys() const override { return "Enter open  H D K L switch"; }
  std::string nothing() const override { return "no campaigns yet"; }
  std::size_t rows() const override { return rows_.size(); }
  line heading(std::size_t width) const override { return grid_heading(columns, width); }
  line row(std::size_t index, std::size_t width) const override {
    const auto& each = rows_[index];
    const auto& at = index < progress_.size() ? progress_[index] : campaign_progress{};
    return grid_row(columns,
                    {each.value.name,
                     {std::string(schema::to_string(each.state)), tone_of(each.state)},
                     each.value.tenant,
                     std::to_string(at.done) + "/" + std::to_string(at.total),
                     bar(at.done, at.total, 12),
                     std::to_string(at.succeeded),
                     each.reason},
                    width);
  }
  result<> load(const feed& from, const window& seen) override {
    SKEIN_TRY(found, from.state.campaigns());
    std::ranges::reverse(found);
    if (found.size() != rows_.size()) progress_.clear();
    rows_ = std::move(found);
    return count(from, seen, true);
  }
  result<> extend(const feed& from, const window& seen) override {
    return count(from, seen, false);
  }
  std::unique_ptr<page> open(std::size_t index) const override {
    return index < rows_.size() ? campaign_page(rows_[index].value.name) : nullptr;
  }
  std::optional<switch_target> target(std::size_t index) const override {
    if (index >= rows_.size()) return std::nullopt;
    return switch_target{store::switch_scope::campaign, rows_[index].value.name};
  }

 private:
  /// Only the campaigns that are seen.
  result<> count(const feed& from, const window& seen, bool again) {
    progress_.resize(rows_.size());
    const auto end = std::min(rows_.size(), seen.top + seen.height);
    for (std::size_t i = seen.top; i < end; ++i) {
      if (!again && !progress_[i].name.empty()) continue;
      SKEIN_TRY(now, progress(from, rows_[i]));
      progress_[i] = std::move(now);
    }
    return {};
  }

  std::vector<store::campaign_row> rows_;
  std::vector<campaign_progress> progress_;
};

class one_campaign final : public page {
 public:
  explicit one_campaign(std::string name) : name_(std::move(name)) {}

  std::string title() const override { return "campaign " + name_; }
  std::string keys() const override { return "Enter its runs  H D K L switch"; }
  bool selects() const override { return false; }
  std::size_t rows() const override { return lines_.size(); }
  line row(std::size_t index, std::size_t width) const override {
    return fit(lines_[index], width);
  }
  std::unique_ptr<page> open(std::size_t) const override { return runs_page("campaign:" + name_); }
  std::optional<switch_target> target(std::size_t) const override {
    return switch_target{store::switch_scope::campaign, name_};
  }

  result<> load(const feed& from, const window& seen) override {
    SKEIN_TRY(row, from.state.campaign(name_));
    SKEIN_TRY(at, progress(from, row));
    lines_.clear();
    fact("state", schema::to_string(at.state), tone_of(at.state));
    if (!at.reason.empty()) fact("reason", at.reason);
    fact("tenant", at.tenant);
    fact("started", local_time(row.created_ms));
    fact("done", std::to_string(at.done) + " of " + std::to_string(at.total) + ", " +
                     std::to_string(at.succeeded) + " succeeded");
    add_pull_requests(from);
    add_waves(at, seen.width);
    SKEIN_CHECK(count_ends(from, at));
    add_burndown(row, at, from.now_ms, seen.width);
    lines_.push_back(line_of("runs by state", tone::strong));
    for (const auto& [state, count] : at.states) {
      line out;
      out.add("    ").add(padded(schema::to_string(state), 22), tone_of(state));
      out.add(std::to_string(count));
      lines_.push_back(std::move(out));
    }
    return {};
  }

 private:
  void fact(const char* name, std::string_view value, tone look = tone::plain) {
    line out;
    out.add(padded(name, 12), tone::dim).add(value, look);
    lines_.push_back(std::move(out));
  }
  /// What became of its pull requests; a fleet of an older version does not tell.
  void add_pull_requests(const feed& from) {
    const auto now = from.state.pull_request_figures(name_);
    if (!now || now->open + now->merged + now->closed == 0) return;
    line out;
    out.add(padded("reviews", 12), tone::dim)
        .add(std::to_string(now->open) + " open, " + std::to_string(now->merged) + " merged, " +
             std::to_string(now->closed) + " closed by people");
    if (now->failing_checks > 0) {
      out.add(", checks of " + std::to_string(now->failing_checks) + " fail", tone::bad);
    }
    lines_.push_back(std::move(out));
  }
  void add_waves(const campaign_progress& at, std::size_t width) {
    lines_.push_back(line_of("waves: done (#) and left (.)", tone::strong));
    const std::size_t room = width > 60 ? width - 52 : 8;
    for (std::size_t i = 0; i < at.waves.size(); ++i) {
      const auto& wave = at.waves[i];
      line out;
      out.add("  " + padded(std::to_string(i + 1), 4, true) + "  ")
          .add(padded(wave.state, 9), wave.state == "halted" ? tone::bad : tone::plain)
          .add(bar(wave.done, wave.total, room), tone::active)
          .add("  " + std::to_string(wave.done) + "/" + std::to_string(wave.total))
          .add("  ok " + std::to_string(wave.succeeded));
      if (wave.require_success > 0) {
        out.add("  needs " + percent_text(wave.require_success), tone::dim);
      }
      lines_.push_back(std::move(out));
    }
  }

  /// When its runs ended: as many as there are, so they are read only when there are more.
  result<> count_ends(const feed& from, const campaign_progress& at) {
    if (at.done == ended_) return {};
    auto found = from.state.ends(name_);
    // A fleet of an older version does not tell.
    if (!found && found.error().code == errc::unsupported) return {};
    SKEIN_CHECK(found);
    ends_ = std::move(*found);
    ended_ = at.done;
    return {};
  }
  void add_burndown(const store::campaign_row& row, const campaign_progress& at,
                    std::int64_t now_ms, std::size_t width) {
    const auto burnt =
        schedule::burn_down(static_cast<std::uint32_t>(at.total), row.created_ms, ends_,
                            at.done == at.total ? row.updated_ms : now_ms, chart_points);
    constexpr std::size_t indent = 4;
    const auto chart =
        burndown_chart(burnt, now_ms, std::min(width - std::min(width, indent), widest_chart),
                       chart_height);
    if (chart.empty()) return;
    auto pace = burndown_text(burnt, now_ms);
    if (!pace.empty() && pace.back() == '\n') pace.pop_back();
    line head = line_of("burndown: runs left", tone::strong);
    if (!pace.empty()) head.add("  " + pace, tone::dim);
    lines_.push_back(std::move(head));
    for (const auto& each : chart) lines_.push_back(line_of("    " + each, tone::active));
  }

  static constexpr std::size_t chart_points = 200;
  static constexpr std::size_t chart_height = 5;
  static constexpr std::size_t widest_chart = 100;

  std::string name_;
  std::vector<line> lines_;
  std::vector<std::int64_t> ends_;
  std::uint64_t ended_ = 0;
};

}  // namespace

std::unique_ptr<page> campaigns_page() {
  return std::make_unique<campaigns>();
}
std::unique_ptr<page> campaign_page(std::string name) {
  return std::make_unique<one_campaign>(std::move(name));
}

}  // namespace skein::cli::screen
