// What became of a campaign's pull requests, and whether that is a reason to slow down or to halt;
// and the figures of its burndown. Pure.
#pragma once

#include "runtime/store/reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace skein::schedule {

/// Shares are 0 … 1; 0 of a limit: none, 1 of a rate: never.
struct outcome_limits {
  std::uint32_t max_open_pull_requests = 0;
  std::uint32_t max_failing_checks = 0;  ///< open pull requests whose checks failed
  double max_failure_rate = 1;           ///< of the runs that ended
  double max_veto_rate = 1;              ///< of the pull requests that people have ended: closed
  std::uint32_t min_sample = 5;          ///< rates of fewer say nothing
};

struct outcome_figures {
  std::uint32_t ended = 0, failed = 0;  ///< runs; stopped by an operator is not failed
  std::uint32_t open = 0, failing_checks = 0, merged = 0, closed = 0;  ///< pull requests
  std::uint32_t in_flight = 0;  ///< admitted runs that may open one yet
};

enum class outcome_act {
  go_on,
  wait,  ///< admit nothing for now; it goes on by itself when pull requests are merged or closed
  halt   ///< a person has to look
};

struct outcome_decision {
  outcome_act act = outcome_act::go_on;
  std::string code;  ///< `failure_rate`, `veto_rate`, `failing_checks`, `open_pull_requests`
  std::string reason;
  std::uint32_t may_admit = UINT32_MAX;  ///< so many more until the open pull requests are enough
};

[[nodiscard]] outcome_decision judge_outcome(const outcome_limits& limits,
                                             const outcome_figures& figures);

/// Runs ended and failed, of the stored totals.
[[nodiscard]] outcome_figures count_runs(const std::vector<store::wave_totals>& totals);

struct burndown_point {
  std::int64_t at_ms = 0;
  std::uint32_t left = 0;
};

struct burndown {
  std::vector<burndown_point> points;   ///< at most as many as asked for; first and last are kept
  double per_hour = 0;                  ///< lately: over the last quarter of the time
  std::optional<std::int64_t> done_ms;  ///< at this pace; none: nothing moves
};

/// `ended_ms`: when each ended run ended, in any order. At most 1,000 points.
[[nodiscard]] burndown burn_down(std::uint32_t total, std::int64_t started_ms,
                                 std::vector<std::int64_t> ended_ms, std::int64_t now_ms,
                                 std::size_t points);

}  // namespace skein::schedule
