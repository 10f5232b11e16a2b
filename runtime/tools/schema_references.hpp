// Schemas without references: each `#/…` replaced by what it leads to. Internal to runtime/tools.
#pragma once

#include "schema/error.hpp"

#include <nlohmann/json.hpp>

namespace skein::tools {

/// Also takes out what only annotates ($id, $schema, format, titles, examples, definitions) and
/// checks what valijson would divide by or recurse over. Bounded: at most 5000 parts, 40 levels.
[[nodiscard]] result<> resolve_references(const nlohmann::json& schema, nlohmann::json& into);

}  // namespace skein::tools
