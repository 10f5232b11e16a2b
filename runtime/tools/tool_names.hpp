// Names of tools: which look alike, and where a text mentions one.
#pragma once

#include <string>
#include <string_view>

namespace skein::tools {

/// Under this, names that a person or a model takes for one another are equal.
[[nodiscard]] std::string look_of_name(std::string_view name);

/// True when the text has the name as a word of its own. Names that are ordinary words (`search`)
/// are never mentioned.
[[nodiscard]] bool mentions(std::string_view text, std::string_view name);

}  // namespace skein::tools
