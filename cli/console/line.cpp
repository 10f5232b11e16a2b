#include "cli/console/line.hpp"

#include "cli/render/printable.hpp"

#include <algorithm>

namespace skein::cli::screen {

namespace {

constexpr std::size_t gap = 2;

std::vector<std::size_t> widths_of(std::span<const grid_column> columns, std::size_t width) {
  std::vector<std::size_t> out;
  std::size_t used = 0;
  unsigned shares = 0;
  for (const auto& each : columns) {
    const std::size_t before = used == 0 ? 0 : gap;
    // What does not fit any more is left out, from the right.
    const std::size_t room = width > used + before ? width - used - before : 0;
    const std::size_t least = each.grow > 0 ? std::max<std::size_t>(each.width, 1) : each.width;
    const std::size_t mine = std::min(least, room);
    out.push_back(mine);
    if (mine == 0) continue;
    used += before + mine;
    shares += each.grow;
  }
  const std::size_t left = width > used ? width - used : 0;
  if (shares == 0) return out;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (out[i] > 0) out[i] += left * columns[i].grow / shares;
  }
  return out;
}

std::vector<std::string> words_of(const std::string& text, std::size_t room) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = std::min(text.find(' ', at), text.size());
    std::string word = text.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    if (columns(word) > room) word = cut(word, room);
    out.push_back(std::move(word));
  }
  return out;
}

}  // namespace

line& line::add(std::string_view text, tone look) {
  if (!text.empty()) pieces.push_back({printable(text), look});
  return *this;
}

line line_of(std::string_view text, tone look) {
  line out;
  out.add(text, look);
  return out;
}

std::string plain(const line& of) {
  std::string out;
  for (const auto& each : of.pieces) out += each.text;
  return out;
}

line fit(line of, std::size_t width) {
  std::size_t used = 0;
  for (std::size_t i = 0; i < of.pieces.size(); ++i) {
    auto& each = of.pieces[i];
    const auto wide = columns(each.text);
    if (used + wide <= width) {
      used += wide;
      continue;
    }
    each.text = cut(each.text, width - used);
    of.pieces.resize(i + 1);
    break;
  }
  return of;
}

line grid_heading(std::span<const grid_column> columns, std::size_t width) {
  std::vector<cell> titles;
  for (const auto& each : columns) titles.emplace_back(each.title, tone::dim);
  return grid_row(columns, titles, width);
}

line grid_row(std::span<const grid_column> columns, const std::vector<cell>& cells,
              std::size_t width) {
  const auto widths = widths_of(columns, width);
  line out;
  for (std::size_t i = 0; i < columns.size() && i < cells.size(); ++i) {
    if (widths[i] == 0) continue;
    const auto text = printable(cells[i].text);
    const auto shown = columns[i].front ? cut_front(text, widths[i]) : cut(text, widths[i]);
    if (!out.pieces.empty()) out.pieces.push_back({std::string(gap, ' '), tone::plain});
    out.pieces.push_back({padded(shown, widths[i], columns[i].right), cells[i].look});
  }
  return out;
}

std::vector<line> wrapped(std::string_view text, std::size_t indent, std::size_t width, tone look) {
  std::vector<line> out;
  const std::size_t room = width > indent + 10 ? width - indent : 10;
  const std::string margin(indent, ' ');
  std::string now;
  const auto flush = [&] {
    if (!now.empty()) out.push_back(line_of(margin + now, look));
    now.clear();
  };
  for (auto& word : words_of(printable(text), room)) {
    if (!now.empty() && columns(now) + 1 + columns(word) > room) flush();
    now += (now.empty() ? "" : " ") + word;
  }
  flush();
  return out;
}

}  // namespace skein::cli::screen
