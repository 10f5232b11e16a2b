// A line of the console before it reaches a terminal: pieces of printable text, each with a tone.
// Knows nothing of ncurses and nothing of fleets.
#pragma once

#include "cli/render/style.hpp"
#include "cli/render/table.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace skein::cli::screen {

struct piece {
  std::string text;  ///< printable
  tone look = tone::plain;
};

struct line {
  std::vector<piece> pieces;
  bool chosen = false;  ///< the one that keys act on

  /// Any text: it is made printable.
  line& add(std::string_view text, tone look = tone::plain);
  [[nodiscard]] bool empty() const noexcept { return pieces.empty(); }
};

[[nodiscard]] line line_of(std::string_view text, tone look = tone::plain);

/// Without tones.
[[nodiscard]] std::string plain(const line& of);
/// At most `width` columns wide.
[[nodiscard]] line fit(line of, std::size_t width);

/// A column of a list that is as wide as the terminal: a fixed width, or a share of what is left.
struct grid_column {
  const char* title = "";
  std::size_t width = 0;  ///< at least, with `grow`
  unsigned grow = 0;
  bool right = false;
  bool front = false;  ///< cut at the front
};

[[nodiscard]] line grid_heading(std::span<const grid_column> columns, std::size_t width);
[[nodiscard]] line grid_row(std::span<const grid_column> columns, const std::vector<cell>& cells,
                            std::size_t width);

/// Words of printable text on lines of at most `width` columns, each after `indent` spaces.
[[nodiscard]] std::vector<line> wrapped(std::string_view text, std::size_t indent,
                                        std::size_t width, tone look = tone::plain);

}  // namespace skein::cli::screen
