// Times for people. Scripts get milliseconds and RFC 3339.
#pragma once

#include <cstdint>
#include <string>

namespace skein::cli {

/// Two units at most: `72ms`, `0.4s`, `12s`, `3m05s`, `2h10m`, `3d4h`.
[[nodiscard]] std::string duration_text(std::int64_t ms);

/// Local time, `2024-05-01 13:45:09`; empty for 0.
[[nodiscard]] std::string local_time(std::int64_t unix_ms);

/// UTC with milliseconds, RFC 3339.
[[nodiscard]] std::string utc_time(std::int64_t unix_ms);

}  // namespace skein::cli
