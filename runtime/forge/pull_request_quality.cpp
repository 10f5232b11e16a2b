// See pull_request_quality.hpp.
#include "runtime/forge/pull_request_quality.hpp"

#include <algorithm>

namespace skein::forge {
namespace {

using schema::verdict_status;

class score_card {
 public:
  void take(int points, std::string text) {
    left_ -= points;
    judged_.reasons.push_back({-points, std::move(text)});
  }
  void note(std::string text) { judged_.reasons.push_back({0, std::move(text)}); }
  quality finished() && {
    judged_.score = static_cast<std::uint32_t>(std::clamp(left_, 0, 100));
    return std::move(judged_);
  }

 private:
  int left_ = 100;
  quality judged_;
};

std::string of(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

void weigh_verdicts(const schema::run& run, score_card& card) {
  std::size_t passed = 0;
  std::size_t flaky = 0;
  std::size_t optional_failed = 0;
  std::size_t broken_before = 0;
  std::size_t required_open = 0;
  for (const auto& verdict : run.verdicts) {
    if (verdict.flaky) ++flaky;
    if (verdict.status == verdict_status::passed) {
      ++passed;
    } else if (verdict.status == verdict_status::failed_before) {
      ++broken_before;
    } else if (verdict.required) {
      ++required_open;
    } else if (verdict.status != verdict_status::skipped) {
      ++optional_failed;
    }
  }
  if (passed > 0) card.note(of(passed, "verifier") + " passed");
  if (passed == 0) card.take(40, "no verifier passed");
  if (required_open > 0) card.take(50, of(required_open, "required verifier") + " did not pass");
  if (optional_failed > 0) card.take(10, of(optional_failed, "optional verifier") + " failed");
  if (broken_before > 0) card.take(15, of(broken_before, "verifier") + " failed before the change");
  if (flaky > 0) card.take(10, of(flaky, "verifier") + " needed a second try");
}

void weigh_size(const schema::run& run, score_card& card) {
  if (!run.diff) return;
  const std::uint64_t lines = std::uint64_t{run.diff->insertions} + run.diff->deletions;
  if (run.diff->files > 50 || lines > 2000) {
    card.take(20, "the change is very large");
  } else if (run.diff->files > 20 || lines > 500) {
    card.take(10, "the change is large");
  } else {
    card.note("the change is small");
  }
}

void weigh_findings(const schema::run& run, score_card& card) {
  std::size_t errors = 0;
  std::size_t warnings = 0;
  for (const auto& finding : run.findings) {
    if (finding.severity == "error") ++errors;
    if (finding.severity == "warning") ++warnings;
  }
  const auto bounded = [](std::size_t count, int each, int most) {
    return count > static_cast<std::size_t>(most / each) ? most : static_cast<int>(count) * each;
  };
  if (errors > 0) card.take(bounded(errors, 15, 45), of(errors, "serious finding"));
  if (warnings > 0) card.take(bounded(warnings, 5, 20), of(warnings, "warning"));
}

}  // namespace

quality judge_quality(const schema::run& run, std::uint32_t unowned_paths) {
  score_card card;
  weigh_verdicts(run, card);
  weigh_size(run, card);
  weigh_findings(run, card);
  if (run.risk == schema::risk_level::high) card.take(15, "risk is high");
  if (run.failed_attempts > 0) {
    card.take(5, of(run.failed_attempts, "attempt") + " failed before this one");
  }
  if (unowned_paths > 0) card.take(5, of(unowned_paths, "changed file") + " without an owner");
  return std::move(card).finished();
}

std::string describe_quality(const quality& judged) {
  std::string out = "### Quality: " + std::to_string(judged.score) + " of 100\n\n";
  for (const auto& reason : judged.reasons) {
    out += "- " + reason.text;
    if (reason.points != 0) out += " (" + std::to_string(reason.points) + ")";
    out += "\n";
  }
  return out;
}

}  // namespace skein::forge
