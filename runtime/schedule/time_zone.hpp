// Local time and instants in a named zone, by the system's tz database. The only file that knows
// the library behind it.
#pragma once

#include "schema/error.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace date {
class time_zone;
}

namespace skein::schedule {

using std::chrono::sys_seconds;
using local_seconds = std::chrono::local_time<std::chrono::seconds>;
using local_day = std::chrono::local_days;

/// A value that stays good for the life of the process. Daylight saving is known until 2037; later
/// years have the standard time.
class time_zone {
 public:
  time_zone() = default;  ///< UTC; needs no database

  /// `Europe/Berlin`; empty and `UTC` are UTC. `invalid`: there is no such zone; `unavailable`: the
  /// machine has no tz database. Blocking: reads files, once for each zone.
  [[nodiscard]] static result<time_zone> find(const std::string& name);

  /// A local time that the clocks skip is the first instant after the gap; one that they show
  /// twice is the earlier.
  [[nodiscard]] sys_seconds instant_of(local_seconds local) const;
  [[nodiscard]] local_seconds local_of(sys_seconds instant) const;
  [[nodiscard]] std::string name() const;

 private:
  explicit time_zone(const date::time_zone* zone) : zone_(zone) {}

  const date::time_zone* zone_ = nullptr;  ///< of the library's database; null: UTC
};

}  // namespace skein::schedule
