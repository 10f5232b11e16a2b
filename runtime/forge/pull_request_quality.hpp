// How much a reviewer can rely on a change, as a score with its reasons (T10.8). Counts facts that
// the platform measured; nothing an agent said. Pure.
#pragma once

#include "schema/run.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace skein::forge {

struct quality_reason {
  int points = 0;  ///< negative: taken away
  std::string text;
};
struct quality {
  std::uint32_t score = 100;  ///< 0 to 100
  std::vector<quality_reason> reasons;
};

[[nodiscard]] quality judge_quality(const schema::run& run, std::uint32_t unowned_paths);

/// Markdown lines for the body.
[[nodiscard]] std::string describe_quality(const quality& judged);

}  // namespace skein::forge
