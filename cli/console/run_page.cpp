// Everything about one run, on five sides.
#include "cli/console/page.hpp"
#include "cli/console/text_block.hpp"
#include "cli/render/printable.hpp"
#include "cli/render/run_text.hpp"
#include "cli/render/time_text.hpp"
#include "cli/run_logs.hpp"
#include "cli/state_view.hpp"

#include <array>

namespace skein::cli::screen {

namespace {

enum class side { summary, calls, diff, findings, events };
constexpr std::array side_names{"summary", "calls and logs", "diff", "findings", "events"};
constexpr std::uint32_t most_events = 2000;

tone tone_of_verdict(schema::verdict_status status) {
  using enum schema::verdict_status;
  switch (status) {
    case passed:
      return tone::good;
    case failed:
    case timed_out:
    case error:
      return tone::bad;
    case failed_before:
      return tone::warn;
    case skipped:
      break;
  }
  return tone::dim;
}

class one_run final : public page {
 public:
  explicit one_run(std::string id) : id_(std::move(id)) {}

  std::string title() const override {
    std::string out = "run " + short_id(id_) + "  ";
    for (std::size_t i = 0; i < side_names.size(); ++i) {
      const bool here = i == static_cast<std::size_t>(side_);
      out +=
          std::string(i == 0 ? "" : " ") + (here ? "[" : " ") + side_names[i] + (here ? "]" : " ");
    }
    return out;
  }
  std::string keys() const override {
    return side_ == side::calls ? "Enter output  Tab next side  H D K L switch"
                                : "Tab next side  / search  H D K L switch";
  }
  bool selects() const override { return side_ == side::calls; }
  std::string nothing() const override {
    switch (side_) {
      case side::calls:
        return "nothing was called yet";
      case side::diff:
        return run_.state == schema::run_state::no_change ? "nothing was changed" : "no change yet";
      case side::findings:
        return "no findings";
      default:
        return "nothing yet";
    }
  }
  std::size_t rows() const override {
    switch (side_) {
      case side::calls:
        return calls_.size();
      case side::diff:
        return diff_.lines();
      default:
        return lines_.size();
    }
  }
  line row(std::size_t index, std::size_t width) const override {
    switch (side_) {
      case side::calls:
        return fit(line_of(calls_[index].title), width);
      case side::diff:
        return diff_.at(index, width);
      default:
        return fit(lines_[index], width);
    }
  }
  bool turn(int by) override {
    const int count = static_cast<int>(side_names.size());
    side_ = static_cast<side>((static_cast<int>(side_) + by + count) % count);
    lines_.clear();
    return true;
  }
  std::optional<switch_target> target(std::size_t) const override {
    return switch_target{store::switch_scope::run, id_};
  }
  std::unique_ptr<page> open(std::size_t index) const override {
    if (side_ != side::calls || index >= calls_.size()) return nullptr;
    return artifact_page(calls_[index].title, id_, calls_[index].ref);
  }

  result<> load(const feed& from, const window& seen) override {
    SKEIN_TRY(run, from.state.run(id_));
    run_ = std::move(run);
    switch (side_) {
      case side::summary:
        return load_summary(from, seen.width);
      case side::calls: {
        SKEIN_TRY(sections, log_sections(from.state, run_, {}));
        calls_ = std::move(sections);
        return {};
      }
      case side::diff:
        return load_diff(from);
      case side::findings:
        load_findings(seen.width);
        return {};
      case side::events:
        return load_events(from);
    }
    return {};
  }

 private:
  void fact(const char* name, std::string_view value, tone look = tone::plain) {
    if (value.empty()) return;
    line out;
    out.add(padded(name, 14), tone::dim).add(value, look);
    lines_.push_back(std::move(out));
  }
  void text(std::string_view words, std::size_t indent, std::size_t width,
            tone look = tone::plain) {
    for (auto& each : wrapped(words, indent, width, look)) lines_.push_back(std::move(each));
  }

  result<> load_summary(const feed& from, std::size_t width) {
    SKEIN_TRY(switches, from.state.switches());
    lines_.clear();
    const auto shown = shown_state(switches, run_);
    fact("state", schema::to_string(shown), tone_of(shown));
    fact("id", run_.id);
    fact("task", run_.task_name);
    fact("repository", run_.repo.url);
    fact("campaign",
         run_.campaign.empty() ? "" : run_.campaign + ", wave " + std::to_string(run_.wave + 1));
    fact("tenant", run_.tenant + ", submitted by " + run_.submitter);
    fact("risk", std::string(schema::to_string(run_.risk)) + (run_.dry_run ? ", dry run" : ""));
    fact("attempt", std::to_string(run_.attempt) + ", " + std::to_string(run_.failed_attempts) +
                        " failed, " + std::to_string(run_.crashes) + " crashed");
    fact("submitted", local_time(run_.created_ms));
    if (run_.diff) fact("change", change_size(*run_.diff));
    if (run_.published) {
      fact("branch", run_.published->branch);
      fact("address", run_.published->url, tone::strong);
    }
    fact("used", usage_words());
    add_stages();
    add_verdicts(width);
    return add_reasons(from, width);
  }

  std::string usage_words() const {
    const auto& used = run_.used;
    std::string out = std::to_string(used.tool_calls) + " calls, " + duration_text(used.wall_ms);
    const auto tokens = used.tokens_in + used.tokens_out;
    if (tokens > 0) out += ", " + std::to_string(tokens) + " tokens";
    if (used.usd > 0) {
      std::array<char, 32> money{};
      (void)std::snprintf(money.data(), money.size(), ", $%.2f", used.usd);
      out += money.data();
    }
    return out;
  }

  void add_stages() {
    lines_.push_back(line_of("stages", tone::strong));
    for (const auto each : schema::all_stages) {
      const auto took = run_.timings[static_cast<std::size_t>(each)];
      const bool here = schema::state_of(each) == run_.state;
      line out;
      out.add(here ? "  > " : "    ", tone::active)
          .add(padded(schema::to_string(each), 10), here ? tone::active : tone::plain)
          .add(took > 0 ? duration_text(took)
               : here   ? "now"
                        : "-",
               tone::dim);
      lines_.push_back(std::move(out));
    }
  }

  void add_verdicts(std::size_t width) {
    if (run_.verdicts.empty()) return;
    lines_.push_back(line_of("verifiers", tone::strong));
    for (const auto& each : run_.verdicts) {
      line out;
      out.add("    ")
          .add(padded(schema::to_string(each.status), 15), tone_of_verdict(each.status))
          .add(each.name)
          .add(each.required ? "" : " (not required)", tone::dim)
          .add(" " + duration_text(each.duration_ms), tone::dim);
      lines_.push_back(std::move(out));
      if (each.status != schema::verdict_status::passed) text(each.excerpt, 6, width, tone::dim);
    }
  }

  result<> add_reasons(const feed& from, std::size_t width) {
    SKEIN_TRY(reasons, from.why(run_));
    lines_.push_back(line_of("why", tone::strong));
    for (const auto& each : reasons) {
      text(each.message, 4, width);
      if (!each.remedy.empty()) text("next: " + each.remedy, 6, width, tone::dim);
    }
    return {};
  }

  result<> load_diff(const feed& from) {
    if (run_.patch_ref == diff_of_) return {};
    SKEIN_TRY(patch, from.artifact(id_, run_.patch_ref));
    diff_ = text_block(std::move(patch), text_block::kind::diff);
    diff_of_ = run_.patch_ref;
    return {};
  }

  void load_findings(std::size_t width) {
    lines_.clear();
    for (const auto& each : run_.findings) {
      line out;
      out.add(padded(each.severity, 9), each.severity == "error" ? tone::bad : tone::warn)
          .add(padded(each.action, 10), tone::dim)
          .add(each.rule, tone::strong);
      if (!each.path.empty()) out.add("  " + each.path + ":" + std::to_string(each.line));
      lines_.push_back(std::move(out));
      text(each.message, 4, width);
    }
  }

  result<> load_events(const feed& from) {
    SKEIN_TRY(events, from.state.events(id_, 0, most_events));
    lines_.clear();
    for (const auto& each : events) {
      line out;
      out.add(local_time(each.at_ms) + "  ", tone::dim)
          .add(padded(each.kind, 26))
          .add(each.by == "system" ? "" : "by " + each.by + " ", tone::strong)
          .add(each.payload == "{}" ? "" : each.payload.substr(0, 400), tone::dim);
      lines_.push_back(std::move(out));
    }
    if (events.size() == most_events) {
      lines_.push_back(line_of("… all of them: skein trace " + short_id(id_), tone::warn));
    }
    return {};
  }

  std::string id_;
  side side_ = side::summary;
  schema::run run_;
  std::vector<line> lines_;
  std::vector<log_section> calls_;
  text_block diff_;
  std::string diff_of_;
};

}  // namespace

std::unique_ptr<page> run_page(std::string id) {
  return std::make_unique<one_run>(std::move(id));
}

}  // namespace skein::cli::screen
