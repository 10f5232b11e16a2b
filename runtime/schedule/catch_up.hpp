// What a timetable does at an instant: fire, catch up on what was missed, or leave it. Pure.
#pragma once

#include "runtime/schedule/cron.hpp"

#include <optional>

namespace skein::schedule {

enum class when_missed {
  skip,  ///< what was missed is gone
  once,  ///< the latest missed time fires once
  all    ///< each missed time fires, the oldest first, at most `most_caught_up` of them
};
[[nodiscard]] result<when_missed> parse_when_missed(std::string_view text);

/// Later than this is missed, not on time.
constexpr std::chrono::seconds on_time_within{120};
constexpr std::size_t most_caught_up = 100;
/// A `considered_until` this far ahead of the clock was written by a wrong clock.
constexpr std::chrono::hours most_clock_correction{26};

/// What is stored of a timetable between two looks.
struct timetable_memory {
  /// Everything up to here was fired or given up; a new timetable begins with the present.
  sys_seconds considered_until;
  bool running = false;  ///< the campaign it started last is not over
};

struct timetable_step {
  std::optional<sys_seconds> fire;  ///< start the campaign now, for this time
  std::uint64_t given_up = 0;       ///< times that will never fire; counted to `most_counted`
  /// Store this together with the start: a crash between them would fire twice or never.
  sys_seconds considered_until;
  std::optional<sys_seconds> look_again;  ///< the next time, or the present for more to catch up
  bool clock_moved_back = false;
};
constexpr std::uint64_t most_counted = 1000;

/// One start at a time: while the campaign runs nothing fires; what comes due meanwhile is missed.
/// A clock set back fires nothing twice; one set forward is a downtime.
[[nodiscard]] timetable_step step(const cron& times, const time_zone& zone, when_missed policy,
                                  const timetable_memory& memory, sys_seconds now);

}  // namespace skein::schedule
