#include "cli/render/time_text.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace skein::cli {

namespace {

std::string two_units(std::int64_t large, const char* large_name, std::int64_t small,
                      const char* small_name) {
  char text[48];
  std::snprintf(text, sizeof text, "%lld%s%02lld%s", static_cast<long long>(large), large_name,
                static_cast<long long>(small), small_name);
  return text;
}

std::string formatted(std::int64_t unix_ms, const char* format, bool local) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  if ((local ? localtime_r(&seconds, &parts) : gmtime_r(&seconds, &parts)) == nullptr) return {};
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

}  // namespace

std::string duration_text(std::int64_t ms) {
  ms = std::max<std::int64_t>(ms, 0);
  if (ms > 0 && ms < 100) return std::to_string(ms) + "ms";
  const std::int64_t seconds = ms / 1000;
  if (seconds < 10) {
    char text[48];
    std::snprintf(text, sizeof text, "%lld.%llds", static_cast<long long>(seconds),
                  static_cast<long long>(ms % 1000 / 100));
    return text;
  }
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) return two_units(seconds / 60, "m", seconds % 60, "s");
  if (seconds < 86'400) return two_units(seconds / 3600, "h", seconds / 60 % 60, "m");
  return two_units(seconds / 86'400, "d", seconds / 3600 % 24, "h");
}

std::string local_time(std::int64_t unix_ms) {
  return unix_ms <= 0 ? std::string() : formatted(unix_ms, "%Y-%m-%d %H:%M:%S", true);
}

std::string utc_time(std::int64_t unix_ms) {
  if (unix_ms <= 0) return {};
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(unix_ms % 1000));
  return formatted(unix_ms, "%Y-%m-%dT%H:%M:%S", false) + fraction;
}

}  // namespace skein::cli
