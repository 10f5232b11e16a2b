// Single facts out of JSON that came from outside: absent or of another type reads as empty, never
// throws. Not a validator: the caller checks what it cannot do without.
#pragma once

#include "runtime/forge/forge.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skein::forge {

/// Nothing when the text is not JSON or nests deeper than 64 levels.
[[nodiscard]] std::optional<nlohmann::json> parse_json(std::string_view text);

/// The member if it is an object, else an empty one.
[[nodiscard]] const nlohmann::json& object_in(const nlohmann::json& from, const char* key);
/// The member if it is an array, else an empty one.
[[nodiscard]] const nlohmann::json& array_in(const nlohmann::json& from, const char* key);
[[nodiscard]] std::string text_in(const nlohmann::json& from, const char* key);
[[nodiscard]] std::int64_t number_in(const nlohmann::json& from, const char* key);
[[nodiscard]] bool flag_in(const nlohmann::json& from, const char* key);

/// 40 or 64 lower-case hexadecimal digits.
[[nodiscard]] bool is_commit(std::string_view text);

/// Seconds since 1970 of `2026-11-23T13:46:11Z`; 0 when it is none.
[[nodiscard]] std::int64_t time_in(const nlohmann::json& from, const char* key);

/// What a check run or suite says; a conclusion that is not known counts as failed.
[[nodiscard]] check_state check_run_state(std::string_view status, std::string_view conclusion);
[[nodiscard]] check_state commit_status_state(std::string_view state);

}  // namespace skein::forge
