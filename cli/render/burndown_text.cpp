#include "cli/render/burndown_text.hpp"

#include "cli/render/time_text.hpp"

#include <cstdio>

namespace skein::cli {

std::string burndown_text(const schedule::burndown& of, std::int64_t now_ms) {
  if (of.points.size() < 2) return {};
  const auto total = of.points.front().left;
  const auto left = of.points.back().left;
  if (left == 0 || left == total) return {};
  char pace[48];
  std::snprintf(pace, sizeof pace, "%.*f runs an hour lately", of.per_hour < 10 ? 1 : 0,
                of.per_hour);
  std::string out = std::to_string(left) + " of " + std::to_string(total) + " runs left; " + pace;
  if (of.done_ms && *of.done_ms > now_ms) {
    out += "; about " + duration_text(*of.done_ms - now_ms) + " to go";
  }
  return out + "\n";
}

nlohmann::json to_json(const schedule::burndown& of) {
  auto points = nlohmann::json::array();
  for (const auto& each : of.points) {
    points.push_back({{"at", utc_time(each.at_ms)}, {"left", each.left}});
  }
  return {{"points", std::move(points)},
          {"perHour", of.per_hour},
          {"doneAt", of.done_ms ? nlohmann::json(utc_time(*of.done_ms)) : nullptr}};
}

}  // namespace skein::cli
