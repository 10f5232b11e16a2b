#include "cli/render/table.hpp"

#include "cli/render/printable.hpp"

#include <algorithm>
#include <numeric>

namespace skein::cli {

namespace {

constexpr std::size_t gap = 2;
/// A column that gives is not made narrower than this.
constexpr std::size_t least = 8;

std::string fitted(const column& how, const std::string& text, std::size_t width) {
  return how.give == squeeze::front ? cut_front(text, width) : cut(text, width);
}

}  // namespace

void table::add(std::vector<cell> row) {
  row.resize(columns_.size());
  for (cell& each : row) each.text = printable(each.text);
  rows_.push_back(std::move(row));
}

std::vector<std::size_t> table::widths(std::size_t width) const {
  std::vector<std::size_t> out;
  for (const column& each : columns_) out.push_back(cli::columns(each.title));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = std::max(out[i], cli::columns(row[i].text));
    }
  }
  if (width == 0 || columns_.empty()) return out;
  const std::size_t gaps = gap * (columns_.size() - 1);
  std::size_t total = std::accumulate(out.begin(), out.end(), gaps);
  // The widest column that may give loses a column at a time, so that narrow ones stay whole.
  while (total > width) {
    std::size_t widest = columns_.size();
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (columns_[i].give == squeeze::never || out[i] <= least) continue;
      if (widest == columns_.size() || out[i] > out[widest]) widest = i;
    }
    if (widest == columns_.size()) break;
    --out[widest];
    --total;
  }
  return out;
}

std::string table::text(std::size_t width, const style& look) const {
  const auto sizes = widths(width);
  std::string out;
  const auto add_line = [&](auto&& text_at, auto&& tone_at) {
    // Spaces are written only before something, so that no line ends in them.
    std::size_t spaces = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string part = fitted(columns_[i], text_at(i), sizes[i]);
      const std::size_t used = cli::columns(part);
      const std::size_t fill = sizes[i] - std::min(used, sizes[i]);
      const std::size_t before = columns_[i].right ? fill : 0;
      if (part.empty()) {
        spaces += sizes[i] + gap;
        continue;
      }
      out += std::string(spaces + before, ' ') + look.paint(tone_at(i), part);
      spaces = fill - before + gap;
    }
    out += "\n";
  };
  add_line([this](std::size_t i) { return columns_[i].title; },
           [](std::size_t) { return tone::dim; });
  for (const auto& row : rows_) {
    add_line([&row](std::size_t i) { return row[i].text; },
             [&row](std::size_t i) { return row[i].look; });
  }
  return out;
}

}  // namespace skein::cli
