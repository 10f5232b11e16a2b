// YAML text as a tree of values with their places. Stricter than YAML: no tags, no merge keys, no
// duplicate keys, text keys only, `true` and `false` as the only booleans, and bounds on
// everything.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::schema::detail {

/// Line and column count from 1; the column in bytes.
struct place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct yaml_node {
  enum class shape { scalar, list, map };
  struct key {
    std::string text;
    place at;
  };

  shape form = shape::scalar;
  place at;
  nlohmann::json scalar;         ///< null, boolean, integer, number or text
  std::vector<key> keys;         ///< map: parallel to items
  std::vector<yaml_node> items;  ///< list or map

  [[nodiscard]] nlohmann::json to_json() const;
};

struct yaml_fault {
  place at;
  std::string what;
  std::string expected;
};

struct yaml_limits {
  std::size_t max_text_bytes = 0;  ///< of scalars, after alias expansion
  std::uint32_t max_depth = 0;
  std::uint32_t max_nodes = 0;
};

struct yaml_documents {
  std::vector<yaml_node> documents;  ///< empty ones are left out
  std::optional<yaml_fault> fault;   ///< reading stops at the first
};

/// `text` is UTF-8 without control characters. Never throws; memory is proportional to the limits
/// and the text.
[[nodiscard]] yaml_documents read_yaml(std::string_view text, const yaml_limits& limits);

/// The value of an unquoted scalar: YAML 1.2's core schema, less what looks like something else
/// (leading zeros, hexadecimal, `yes`), which stays text.
[[nodiscard]] nlohmann::json plain_scalar(const std::string& text);

}  // namespace skein::schema::detail
