// A daily window such as 01:00-06:00 in a time zone. Pure: the clock is an argument.
#pragma once

#include "runtime/schedule/time_zone.hpp"
#include "schema/error.hpp"

#include <optional>
#include <string_view>

namespace skein::schedule {

class window {
 public:
  /// `HH:MM-HH:MM`; the end is not in it. An end before the start is on the next day; `24:00` is
  /// midnight at the end. `invalid`: anything else, and a window without length.
  [[nodiscard]] static result<window> parse(std::string_view text);

  /// By the clock on the wall: a time that is shown twice is in the window both times.
  [[nodiscard]] bool contains(const time_zone& zone, sys_seconds instant) const;
  /// `instant` itself when it is in the window; none only when the clocks skip the window on each
  /// of the next days.
  [[nodiscard]] std::optional<sys_seconds> next_open(const time_zone& zone,
                                                     sys_seconds instant) const;

 private:
  std::chrono::minutes from_{0}, until_{0};  ///< of the day
};

}  // namespace skein::schedule
