// What is wrong inside one document, addressed by keys and indices; document.cpp turns it into a
// place. Internal to schema/.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace skein::schema::detail {

/// Keys, and indices in decimal, from the root of the document.
using node_path = std::vector<std::string>;

struct fault {
  node_path path;
  bool at_key = false;  ///< the key at the end of the path is wrong, not its value
  std::string what;
  std::string expected;
};

/// No document needs more to be repaired.
inline constexpr std::size_t most_faults = 50;

/// Types, unknown and missing keys, ranges and words, by the JSON Schema called `name`.
[[nodiscard]] std::vector<fault> check_shape(const nlohmann::json& document, std::string_view name);

/// What a schema cannot say, or says in a way that no one understands: names, durations, keys that
/// exclude each other. `document` passed check_shape.
[[nodiscard]] std::vector<fault> check_meaning(const nlohmann::json& document,
                                               std::string_view name);

}  // namespace skein::schema::detail
