#include "runtime/schedule/time_zone.hpp"

#include <date/tz.h>

#include <algorithm>
#include <exception>

namespace skein::schedule {

namespace {

constexpr std::size_t longest_name = 64;

bool looks_like_zone(const std::string& name) {
  return name.size() <= longest_name && std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '/' || c == '_' || c == '+' || c == '-';
         });
}

}  // namespace

result<time_zone> time_zone::find(const std::string& name) {
  if (name.empty() || name == "UTC" || name == "Etc/UTC") return time_zone{};
  if (!looks_like_zone(name)) {
    return error{errc::invalid, "not a time zone name", "a name such as Europe/Berlin"};
  }
  try {
    (void)date::get_tzdb();
  } catch (const std::exception& failed) {
    return error{errc::unavailable,
                 "time zone " + name + ": no time zone database: " + failed.what(),
                 "install the package tzdata"};
  }
  try {
    const auto* zone = date::locate_zone(name);
    // Reads its file now, so that later look-ups cannot fail.
    (void)zone->get_info(sys_seconds{});
    return time_zone{zone};
  } catch (const std::exception&) {
    return error{errc::invalid, "there is no time zone " + name, "a name such as Europe/Berlin"};
  }
}

sys_seconds time_zone::instant_of(local_seconds local) const {
  const date::local_seconds there{local.time_since_epoch()};
  if (zone_ == nullptr) return sys_seconds{there.time_since_epoch()};
  const auto told = zone_->get_info(there);
  if (told.result == date::local_info::nonexistent) return told.first.end;
  return sys_seconds{there.time_since_epoch() - told.first.offset};
}

local_seconds time_zone::local_of(sys_seconds instant) const {
  if (zone_ == nullptr) return local_seconds{instant.time_since_epoch()};
  return local_seconds{instant.time_since_epoch() + zone_->get_info(instant).offset};
}

std::string time_zone::name() const {
  return zone_ == nullptr ? "UTC" : zone_->name();
}

}  // namespace skein::schedule
