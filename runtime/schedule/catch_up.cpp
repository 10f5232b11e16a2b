#include "runtime/schedule/catch_up.hpp"

#include <algorithm>

namespace skein::schedule {

result<when_missed> parse_when_missed(std::string_view text) {
  if (text == "skip") return when_missed::skip;
  if (text == "once") return when_missed::once;
  if (text == "all") return when_missed::all;
  return error{errc::invalid, "not a whenMissed: " + std::string{text.substr(0, 32)},
               "skip, once or all"};
}

namespace {

std::optional<sys_seconds> next_after(const cron& times, const time_zone& zone, sys_seconds after) {
  const auto found = times.next_times(zone, after, 1);
  if (found.empty()) return std::nullopt;
  return found.front();
}

/// Due times in (after, now]. Of more than `most_counted`, those nearest to `now` are kept, because
/// they are the ones that may still fire.
std::vector<sys_seconds> due_times(const cron& times, const time_zone& zone, sys_seconds after,
                                   sys_seconds now) {
  auto from = after;
  for (;;) {
    auto due = times.next_times(zone, from, most_counted);
    const auto end = std::upper_bound(due.begin(), due.end(), now);
    const bool all = end != due.end() || due.size() < most_counted;
    due.erase(end, due.end());
    if (all) return due;
    // Half-way to the present: a few rounds bring any past near enough.
    const auto middle = from + (now - from) / 2;
    if (middle == from) return due;
    from = middle;
  }
}

}  // namespace

timetable_step step(const cron& times, const time_zone& zone, when_missed policy,
                    const timetable_memory& memory, sys_seconds now) {
  timetable_step out;
  out.considered_until = memory.considered_until;
  if (memory.considered_until > now) {
    out.clock_moved_back = true;
    if (memory.considered_until - now > most_clock_correction) out.considered_until = now;
    out.look_again = next_after(times, zone, out.considered_until);
    return out;
  }
  const auto due = due_times(times, zone, memory.considered_until, now);
  out.look_again = next_after(times, zone, now);
  if (due.empty()) {
    out.considered_until = now;
    return out;
  }
  const bool on_time = now - due.back() <= on_time_within;
  if (memory.running) {
    // With skip the times that pass meanwhile are gone; else they are caught up on afterwards.
    if (policy != when_missed::skip) return out;
    out.given_up = due.size();
    out.considered_until = now;
    return out;
  }
  if (policy == when_missed::all) {
    const auto kept = std::min(due.size(), most_caught_up);
    out.given_up = due.size() - kept;
    out.fire = due[due.size() - kept];
    out.considered_until = *out.fire;
    if (kept > 1) out.look_again = now;
    return out;
  }
  out.considered_until = now;
  if (policy == when_missed::once || on_time) out.fire = due.back();
  out.given_up = due.size() - (out.fire ? 1 : 0);
  return out;
}

}  // namespace skein::schedule
