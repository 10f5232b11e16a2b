// JSON from outside: parsed within bounds, and looked at without trusting its shape.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skein::model {

/// nullopt: not JSON in UTF-8, nested deeper than 64, or of more than half a million values.
[[nodiscard]] std::optional<nlohmann::json> read_json(std::string_view text);

/// One line, for sending; broken UTF-8 is replaced.
[[nodiscard]] std::string write_json(const nlohmann::json& value);

/// The member, or null when there is none or `object` is no object.
[[nodiscard]] const nlohmann::json& member(const nlohmann::json& object, const char* key);
/// The member's text, or nothing when it is something else.
[[nodiscard]] std::string_view text_of(const nlohmann::json& object, const char* key);
/// The member when it is a whole number from 0 to a billion.
[[nodiscard]] std::optional<std::uint64_t> count_of(const nlohmann::json& object, const char* key);

}  // namespace skein::model
