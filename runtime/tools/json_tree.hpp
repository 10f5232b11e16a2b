// JSON text as the tree that YAML is read into, with the place of every value. Not a second YAML
// reader: JSON has escapes (surrogate pairs, control characters) that YAML readers refuse.
#pragma once

#include "schema/yaml_tree.hpp"

#include <string_view>

namespace skein::tools {

/// One JSON value. `text` is UTF-8. Never throws, does not recurse; a key that comes twice, what is
/// nested or large beyond `limits` and what is no JSON is a fault.
[[nodiscard]] schema::detail::yaml_documents read_json(std::string_view text,
                                                       const schema::detail::yaml_limits& limits);

}  // namespace skein::tools
