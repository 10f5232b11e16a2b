// One side of a changed file as the compiler would see it: code, strings and comments apart. Token
// level, by the language's table; no parser.
#pragma once

#include "runtime/diff/change.hpp"
#include "runtime/diff/table_content.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace skein::diff {

struct side_line {
  std::uint32_t number = 0;    ///< in the file; 0: the heading of a hunk
  bool changed = false;        ///< only this side has it
  std::size_t text_begin = 0;  ///< into code and text
  std::size_t comment_begin = 0;
};

struct side_hunk {
  std::size_t first = 0;  ///< into lines
  std::size_t end = 0;
  bool ends_open = false;  ///< inside a comment or a string of several lines
};

/// `code` and `text` have the same length: in `code` the content of strings is `_`. Comments are
/// only in `comment`. Each line ends with '\n' in all three.
struct source_side {
  std::string code;
  std::string text;
  std::string comment;
  std::vector<side_line> lines;
  std::vector<side_hunk> hunks;

  [[nodiscard]] const std::string& of(channel in) const noexcept {
    return in == channel::code ? code : in == channel::text ? text : comment;
  }
  /// The line that the byte is in.
  [[nodiscard]] std::size_t line_at(channel in, std::size_t offset) const noexcept;
  [[nodiscard]] std::size_t begin_of(channel in, std::size_t line) const noexcept;
  [[nodiscard]] std::string_view line_text(std::size_t line) const noexcept;
  [[nodiscard]] std::string_view line_code(std::size_t line) const noexcept;
  [[nodiscard]] std::size_t hunk_of(std::size_t line) const noexcept;
};

/// `as` null: everything is code. `new_side`: context and added lines, else context and removed.
[[nodiscard]] source_side read_side(const changed_file& file, const language* as, bool new_side);

}  // namespace skein::diff
