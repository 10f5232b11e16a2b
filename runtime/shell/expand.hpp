// From a word of the tree to the words that a command gets. Internal to the folder.
#pragma once

#include "runtime/shell/analysis.hpp"

namespace skein::shell::detail {

struct expanded_word {
  std::vector<argument> arguments;  ///< more than one by braces
  bool differs = false;             ///< sh and bash make different words of it
  bool assigns = false;             ///< an expansion in it changes a variable
};

/// Never empty.
[[nodiscard]] expanded_word expand(const word& value);

/// Without pathname, tilde and brace expansion: the value of an assignment or a here-document.
[[nodiscard]] argument value_of(const word& value);

}  // namespace skein::shell::detail
