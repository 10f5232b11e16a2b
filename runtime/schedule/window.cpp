#include "runtime/schedule/window.hpp"

#include <string>

namespace skein::schedule {

namespace {

using std::chrono::minutes;

/// `HH:MM`; -1: it is not.
int minute_of_day(std::string_view text) {
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (text.size() != 5 || !digit(0) || !digit(1) || text[2] != ':' || !digit(3) || !digit(4)) {
    return -1;
  }
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  return minute > 59 || hour * 60 + minute > 24 * 60 ? -1 : hour * 60 + minute;
}

}  // namespace

result<window> window::parse(std::string_view text) {
  const error wrong{errc::invalid, "not a window of the day: " + std::string{text.substr(0, 32)},
                    "HH:MM-HH:MM such as 01:00-06:00"};
  if (text.size() != 11 || text[5] != '-') return wrong;
  const int from = minute_of_day(text.substr(0, 5));
  const int until = minute_of_day(text.substr(6));
  if (from < 0 || until < 0 || from == 24 * 60 || from == until) return wrong;
  window made;
  made.from_ = minutes{from};
  made.until_ = minutes{until};
  return made;
}

bool window::contains(const time_zone& zone, sys_seconds instant) const {
  const auto local = zone.local_of(instant);
  const auto of_day = local - std::chrono::floor<std::chrono::days>(local);
  if (from_ < until_) return of_day >= from_ && of_day < until_;
  return of_day >= from_ || of_day < until_;
}

std::optional<sys_seconds> window::next_open(const time_zone& zone, sys_seconds instant) const {
  using std::chrono::days;
  if (contains(zone, instant)) return instant;
  const auto today = std::chrono::floor<days>(zone.local_of(instant));
  for (int ahead = 0; ahead < 8; ++ahead) {
    const auto opens = zone.instant_of(today + days{ahead} + from_);
    // The clocks may skip all of it.
    if (opens > instant && contains(zone, opens)) return opens;
  }
  return std::nullopt;
}

}  // namespace skein::schedule
