// File names as they stand in the headers of a patch. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace skein::diff {

/// Takes one C-quoted name (`"a/\303\244"`) from the front of `rest`; nullopt when it is not closed
/// or has an unknown escape.
[[nodiscard]] std::optional<std::string> take_quoted(std::string_view& rest);

/// The name behind `--- `, `+++ `, `rename from ` and the like. A tab ends a plain name (what
/// follows is a time). nullopt: a malformed quotation.
[[nodiscard]] std::optional<std::string> header_name(std::string_view text);

/// The two names behind `diff --git `, with their prefixes. Names with spaces are ambiguous there:
/// nullopt unless both are the same name.
[[nodiscard]] std::optional<std::pair<std::string, std::string>> git_names(std::string_view text);

/// Takes the prefixes off a pair of names (`a/` and `b/`, or git's mnemonic ones); `/dev/null`
/// becomes empty.
void strip_prefixes(std::string& old_name, std::string& new_name);

}  // namespace skein::diff
