// JSON and YAML for programs. The same value in both.
#pragma once

#include "cli/invocation.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace skein::cli {

[[nodiscard]] inline bool is_structured(output_format format) noexcept {
  return format == output_format::json || format == output_format::yaml;
}

/// Ends in a line break. Broken UTF-8 is replaced; control characters are escaped, also those (DEL
/// and C1) that JSON would let through, because the text may be read on a terminal.
[[nodiscard]] std::string json_text(const nlohmann::json& value);

/// Block style YAML 1.2 that every YAML reader takes for the same value: text that could be read as
/// anything else is in double quotes.
[[nodiscard]] std::string yaml_text(const nlohmann::json& value);

/// One of the two.
[[nodiscard]] std::string structured_text(const nlohmann::json& value, output_format format);

}  // namespace skein::cli
