// Small readings of one statement: bracket groups, operands, operators. Not a parser of any
// language. `text` and `code` always have the same length, strings blanked in `code`.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skein::diff {

struct span {
  std::size_t begin = 0;
  std::size_t end = 0;
  [[nodiscard]] bool empty() const noexcept { return begin >= end; }
  [[nodiscard]] std::string_view of(std::string_view text) const {
    return empty() ? std::string_view{} : text.substr(begin, end - begin);
  }
};

[[nodiscard]] bool is_word_byte(char c) noexcept;

/// The position of the bracket that closes the one at `open`, or npos.
[[nodiscard]] std::size_t closing_bracket(std::string_view code, std::size_t open);

/// The parts of `within` between top-level `separator`s; an empty span has none.
[[nodiscard]] std::vector<span> split_top(std::string_view code, span within, char separator);

/// Without white space and brackets around it.
[[nodiscard]] span stripped(std::string_view code, span within);
[[nodiscard]] span trimmed_span(std::string_view code, span within);

/// The first top-level occurrence of a word or operator; npos without one. A word must stand alone.
[[nodiscard]] std::size_t find_top(std::string_view code, span within, std::string_view what);

struct link {
  std::string name;       ///< canonical
  span arguments;         ///< between the brackets
  bool called = false;    ///< with brackets
  bool dotted = false;    ///< a member of what stands before
  bool followed = false;  ///< something stands behind it without brackets: `eq 3`
};

/// The names at the top level of a statement, with what they are called with.
[[nodiscard]] std::vector<link> links_of(std::string_view code);

}  // namespace skein::diff
