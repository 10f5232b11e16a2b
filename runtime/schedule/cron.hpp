// Five-field cron expressions and when they fire. Pure: the clock is an argument.
#pragma once

#include "runtime/schedule/time_zone.hpp"
#include "schema/error.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace skein::schedule {

/// `minute hour day-of-month month day-of-week`: numbers, names (`jan`, `mon`), lists, ranges and
/// steps (`*/15`, `9-17/2`); 0 and 7 are Sunday. `@yearly @annually @monthly @weekly @daily
/// @midnight @hourly`. When both days are restricted, either is enough (a field that begins with
/// `*` does not restrict). Not supported: seconds, `?`, `L`, `W`, `#`, `@reboot`.
class cron {
 public:
  /// `invalid` names the column and what was expected, also for one that can never fire.
  [[nodiscard]] static result<cron> parse(std::string_view text);

  /// The first `n` (at most 1,000) instants after `after`, rising. A time that the clocks skip
  /// fires at the first instant after the gap, times that fall together fire once, and of a time
  /// that the clocks show twice only the earlier fires. Looks 41 years ahead; nothing for an
  /// `after` before 1970 or beyond the year 9000.
  [[nodiscard]] std::vector<sys_seconds> next_times(const time_zone& zone, sys_seconds after,
                                                    std::size_t n) const;

  friend bool operator==(const cron&, const cron&) = default;

 private:
  [[nodiscard]] bool fires_on(local_day day) const;
  [[nodiscard]] bool ever_fires() const;

  /// Bit i: the value i is meant.
  std::uint64_t minutes_ = 0, hours_ = 0, days_ = 0, months_ = 0, weekdays_ = 0;
  bool any_day_ = false, any_weekday_ = false;
};

}  // namespace skein::schedule
