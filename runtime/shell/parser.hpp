// Text → syntax tree. Strict where a shell is lenient: what a shell would read on from elsewhere
// (open quotes, here-documents without an end) and what shells disagree about without a mark for it
// in the tree is an error.
#pragma once

#include "runtime/shell/syntax.hpp"
#include "schema/error.hpp"

#include <cstddef>
#include <string_view>

namespace skein::shell {

struct parse_limits {
  std::size_t max_bytes = 64U << 10;
  std::size_t max_depth = 40;      ///< constructs inside each other
  std::size_t max_nodes = 20'000;  ///< parts, words and commands
};

/// `invalid` says what is not understood and at which byte. Linear in the text times the depth of
/// backquotes; refuses NUL and other control characters, broken UTF-8, and characters that are
/// invisible or look like spaces, since people and shells see them differently.
[[nodiscard]] result<script> parse(std::string_view text, const parse_limits& limits = {});

}  // namespace skein::shell
