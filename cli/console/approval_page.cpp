// One change that waits for a person, with everything that the answer is about. The change is the
// one that was read first: when another takes its place, the page says so instead of swapping it
// under the reader's eyes.
#include "cli/console/page.hpp"
#include "cli/console/text_block.hpp"
#include "cli/render/printable.hpp"
#include "cli/render/run_text.hpp"
#include "cli/render/time_text.hpp"

namespace skein::cli::screen {

namespace {

class one_approval final : public page {
 public:
  explicit one_approval(schema::approval what) : what_(std::move(what)) {}

  std::string title() const override { return "approval of run " + short_id(what_.run_id); }
  std::string keys() const override { return "a approve  d deny  Enter the run  / search"; }
  bool selects() const override { return false; }
  std::size_t rows() const override { return lines_.size() + diff_.lines(); }
  line row(std::size_t index, std::size_t width) const override {
    if (index < lines_.size()) return fit(lines_[index], width);
    return diff_.at(index - lines_.size(), width);
  }
  const schema::approval* approval(std::size_t) const override { return &what_; }
  std::optional<switch_target> target(std::size_t) const override {
    return switch_target{store::switch_scope::run, what_.run_id};
  }
  std::unique_ptr<page> open(std::size_t) const override { return run_page(what_.run_id); }

  result<> load(const feed& from, const window& seen) override {
    SKEIN_TRY(run, from.state.run(what_.run_id));
    store::approval_filter mine;
    mine.run_id = what_.run_id;
    SKEIN_TRY(found, from.state.approvals(mine));
    bool replaced = true;
    for (const auto& each : found) {
      if (each.diff_sha256 != what_.diff_sha256) continue;
      what_ = each;
      replaced = false;
    }
    if (!have_diff_ && run.diff && run.diff->sha256 == what_.diff_sha256) {
      SKEIN_TRY(patch, from.artifact(run.id, run.patch_ref));
      diff_ = text_block(std::move(patch), text_block::kind::diff);
      have_diff_ = true;
    }
    say(run, replaced, from.now_ms, seen.width);
    return {};
  }

 private:
  void text(std::string_view words, std::size_t indent, std::size_t width,
            tone look = tone::plain) {
    for (auto& each : wrapped(words, indent, width, look)) lines_.push_back(std::move(each));
  }
  void fact(const char* name, std::string_view value, tone look = tone::plain) {
    line out;
    out.add(padded(name, 12), tone::dim).add(value, look);
    lines_.push_back(std::move(out));
  }

  void say(const schema::run& run, bool replaced, std::int64_t now_ms, std::size_t width) {
    lines_.clear();
    const bool open = what_.state == schema::approval_state::pending;
    if (replaced) {
      text("this change is not asked about any more: go back and open it again", 0, width,
           tone::bad);
    }
    fact("state", schema::to_string(what_.state), open ? tone::warn : tone::plain);
    fact("repository", what_.repo_url);
    fact("submitter", what_.submitter);
    fact("risk", schema::to_string(what_.risk),
         what_.risk == schema::risk_level::high ? tone::bad : tone::plain);
    fact("needed", std::to_string(what_.required) + " yes");
    if (open) fact("waits", duration_text(now_ms - what_.created_ms));
    if (open && what_.expires_ms > now_ms && what_.expires_ms - now_ms < 366LL * 86'400'000) {
      fact("time left", duration_text(what_.expires_ms - now_ms));
    }
    for (const auto& vote : what_.votes) {
      fact(vote.approve ? "yes" : "no", vote.by + (vote.reason.empty() ? "" : ": " + vote.reason),
           vote.approve ? tone::good : tone::bad);
    }
    lines_.push_back(line_of("why it is asked", tone::strong));
    for (const auto& each : what_.why) text(each, 4, width);
    if (!run.findings.empty()) lines_.push_back(line_of("findings", tone::strong));
    for (const auto& each : run.findings) {
      text(each.severity + " " + each.rule + " " + each.path + ":" + std::to_string(each.line) +
               " " + each.message,
           4, width, each.severity == "error" ? tone::bad : tone::warn);
    }
    line change = line_of("change", tone::strong);
    if (run.diff) change.add("  " + change_size(*run.diff));
    lines_.push_back(std::move(change));
    if (what_.diff_sha256 == run.task_sha256) {
      text("nothing has run yet: the question is whether its task may begin", 4, width);
    } else if (!have_diff_) {
      text("the change cannot be shown: another one took its place", 4, width, tone::bad);
    }
  }

  schema::approval what_;
  std::vector<line> lines_;
  text_block diff_;
  bool have_diff_ = false;
};

}  // namespace

std::unique_ptr<page> approval_page(schema::approval what) {
  return std::make_unique<one_approval>(std::move(what));
}

}  // namespace skein::cli::screen
