// How a campaign burns down, drawn with characters that every terminal has. Pure.
#pragma once

#include "runtime/schedule/outcome.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace skein::cli {

/// Columns of runs left over time, `height` lines of them and two for the axis, none wider than
/// `width`. Empty when no run has ended yet, or when there is no room (under 24 x 2).
[[nodiscard]] std::vector<std::string> burndown_chart(const schedule::burndown& of,
                                                      std::int64_t now_ms, std::size_t width,
                                                      std::size_t height);

}  // namespace skein::cli
