#include "runtime/schedule/outcome.hpp"

#include <algorithm>
#include <cstdio>

namespace skein::schedule {

namespace {

std::string percent(double share) {
  char text[24];
  std::snprintf(text, sizeof text, "%.0f%%", share * 100);
  return text;
}

std::string of(std::uint32_t part, std::uint32_t whole) {
  return std::to_string(part) + " of " + std::to_string(whole);
}

bool above(std::uint32_t part, std::uint32_t whole, double limit, std::uint32_t sample) {
  // A little slack, so that 0.2 of 5 is 1 whatever the last bit of the product says.
  return whole > 0 && whole >= sample &&
         static_cast<double>(part) > limit * static_cast<double>(whole) + 1e-9;
}

}  // namespace

outcome_decision judge_outcome(const outcome_limits& limits, const outcome_figures& figures) {
  if (above(figures.failed, figures.ended, limits.max_failure_rate, limits.min_sample)) {
    return {outcome_act::halt, "failure_rate",
            of(figures.failed, figures.ended) + " runs failed, at most " +
                percent(limits.max_failure_rate) + " may",
            0};
  }
  const auto answered = figures.merged + figures.closed;
  if (above(figures.closed, answered, limits.max_veto_rate, limits.min_sample)) {
    return {outcome_act::halt, "veto_rate",
            of(figures.closed, answered) +
                " answered pull requests were closed unmerged, at most " +
                percent(limits.max_veto_rate) + " may be",
            0};
  }
  if (limits.max_failing_checks > 0 && figures.failing_checks > limits.max_failing_checks) {
    return {outcome_act::halt, "failing_checks",
            std::to_string(figures.failing_checks) +
                " open pull requests have failing checks, at most " +
                std::to_string(limits.max_failing_checks) + " may",
            0};
  }
  if (limits.max_open_pull_requests == 0) return {};
  // Each admitted run may open one: so many may not be admitted that the limit would be passed.
  const auto coming = std::uint64_t{figures.open} + figures.in_flight;
  if (coming >= limits.max_open_pull_requests) {
    return {outcome_act::wait, "open_pull_requests",
            std::to_string(figures.open) + " pull requests are open and " +
                std::to_string(figures.in_flight) + " runs may open one, at most " +
                std::to_string(limits.max_open_pull_requests) + " may be",
            0};
  }
  return {outcome_act::go_on,
          {},
          {},
          static_cast<std::uint32_t>(limits.max_open_pull_requests - coming)};
}

outcome_figures count_runs(const std::vector<store::wave_totals>& totals) {
  outcome_figures out;
  for (const auto& wave : totals) {
    for (const auto& [state, count] : wave.states) {
      // What an operator stopped says nothing about the change.
      if (!schema::is_final(state) || state == schema::run_state::killed) continue;
      out.ended += count;
      if (!schema::is_success(state)) out.failed += count;
    }
  }
  return out;
}

burndown burn_down(std::uint32_t total, std::int64_t started_ms, std::vector<std::int64_t> ended_ms,
                   std::int64_t now_ms, std::size_t points) {
  constexpr std::size_t most_points = 1000;
  points = std::clamp<std::size_t>(points, 2, most_points);
  now_ms = std::max(now_ms, started_ms);
  // A clock that was set meanwhile must not put an end before the start or behind the present.
  for (auto& at : ended_ms) at = std::clamp(at, started_ms, now_ms);
  std::sort(ended_ms.begin(), ended_ms.end());
  const auto left_at = [&](std::int64_t at_ms) {
    const auto done = static_cast<std::uint32_t>(
        std::upper_bound(ended_ms.begin(), ended_ms.end(), at_ms) - ended_ms.begin());
    return done >= total ? 0 : total - done;
  };
  burndown out;
  const auto span = static_cast<double>(now_ms - started_ms);
  const auto last = static_cast<double>(points - 1);
  out.points.push_back({started_ms, total});
  for (std::size_t i = 1; i < points && span > 0; ++i) {
    const auto at_ms =
        i + 1 == points
            ? now_ms
            : started_ms + static_cast<std::int64_t>(span * static_cast<double>(i) / last);
    if (at_ms > out.points.back().at_ms) out.points.push_back({at_ms, left_at(at_ms)});
  }
  const auto left = left_at(now_ms);
  const auto lately = now_ms - static_cast<std::int64_t>(span / 4);
  const auto recent = static_cast<double>(
      ended_ms.end() - std::upper_bound(ended_ms.begin(), ended_ms.end(), lately));
  if (now_ms > lately) out.per_hour = recent * 3'600'000 / static_cast<double>(now_ms - lately);
  if (left == 0) {
    out.done_ms = ended_ms.empty() ? now_ms : ended_ms.back();
  } else if (out.per_hour > 0) {
    out.done_ms = now_ms + static_cast<std::int64_t>(left / out.per_hour * 3'600'000);
  }
  return out;
}

}  // namespace skein::schedule
