// Figures as a Prometheus scrape, text format 0.0.4. Every name is promised in docs/operations.md.
#pragma once

#include "runtime/metrics/figures.hpp"

#include <string>

namespace skein::metrics {

/// What is known beside the database.
struct surroundings {
  std::string version;
  std::uint32_t cells = 0;  ///< as configured
  bool fleet_healthy = false;
  std::int64_t started_s = 0;  ///< Unix seconds
  double gather_seconds = 0;   ///< how long the figures took to read
};

[[nodiscard]] std::string exposition(const figures& of, const surroundings& around);

inline constexpr const char* exposition_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace skein::metrics
