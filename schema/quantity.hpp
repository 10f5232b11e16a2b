// Durations, sizes and shares as people write them (`1h30m`, `8MiB`, `80%`), and the one form in
// which they are frozen.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skein::schema {

/// `30s`, `1h30m`, `1.5h`, `500ms`; a plain number is seconds. Units: d h m s ms, each at most once
/// and falling. nullopt for anything else and beyond 3,650 days.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// A JSON number of seconds, or text.
[[nodiscard]] std::optional<std::chrono::milliseconds> duration_of(const nlohmann::json& value);
/// In the largest of h, m, s, ms that is exact: `90m`, `30s`, `1500ms`; `0s`.
[[nodiscard]] std::string format_duration(std::chrono::milliseconds value);

/// `1MiB`, `200KB`, `1.5GiB`, `512B`; a plain number is bytes. nullopt for anything else and from
/// 2^53 bytes on.
[[nodiscard]] std::optional<std::uint64_t> parse_bytes(std::string_view text);
[[nodiscard]] std::optional<std::uint64_t> bytes_of(const nlohmann::json& value);

/// `25%` as 25; 0 to 100. nullopt for anything else.
[[nodiscard]] std::optional<double> parse_percent(std::string_view text);
/// The shortest text that parse_percent reads back to the same value.
[[nodiscard]] std::string format_percent(double value);
/// A JSON number from 0 to 1, or text such as `80%`; as 0 to 1.
[[nodiscard]] std::optional<double> share_of(const nlohmann::json& value);

}  // namespace skein::schema
