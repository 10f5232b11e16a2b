// A table of text: columns lined up, cut to a terminal's width where it has to be. Knows nothing of
// what it shows.
#pragma once

#include "cli/render/style.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace skein::cli {

/// What may happen to a column when the line is too long for the terminal.
enum class squeeze { never, end, front };

struct column {
  std::string title;
  squeeze give = squeeze::never;
  bool right = false;
};

struct cell {
  cell(std::string shown = {}, tone how = tone::plain) : text(std::move(shown)), look(how) {}
  cell(std::string_view shown) : cell(std::string(shown)) {}
  cell(const char* shown) : cell(std::string(shown)) {}
  std::string text;  ///< any text: the table makes it printable
  tone look = tone::plain;
};

class table {
 public:
  explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}

  /// Missing cells are empty.
  void add(std::vector<cell> row);
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }

  /// Lines ending in a line break, header first. `width` 0: nothing is cut.
  [[nodiscard]] std::string text(std::size_t width, const style& look) const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths(std::size_t width) const;

  std::vector<column> columns_;
  std::vector<std::vector<cell>> rows_;
};

}  // namespace skein::cli
