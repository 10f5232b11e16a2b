// How a campaign burns down: runs left over time, the pace, and when it may be done.
#pragma once

#include "runtime/schedule/outcome.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace skein::cli {

/// One line; empty when no run has ended yet.
[[nodiscard]] std::string burndown_text(const schedule::burndown& of, std::int64_t now_ms);
/// `points` of `at` and `left`, `perHour`, `doneAt` (null: nobody can say).
[[nodiscard]] nlohmann::json to_json(const schedule::burndown& of);

}  // namespace skein::cli
