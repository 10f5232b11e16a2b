#include "cli/watch/live_block.hpp"

#include "cli/output.hpp"
#include "cli/render/printable.hpp"

#include <algorithm>

namespace skein::cli {

namespace {

constexpr const char* hide_cursor = "\x1b[?25l";
constexpr const char* show_cursor = "\x1b[?25h";
constexpr const char* clear_rest_of_line = "\x1b[K";
constexpr const char* clear_below = "\x1b[J";
// Terminals tell of a new size late. What is drawn meanwhile for the old one must not take more
// rows than it has lines; then the rows to go up are those of the last picture as it wraps at the
// new width, whichever of the pictures the terminal wrapped.
constexpr const char* no_wrap = "\x1b[?7l";
constexpr const char* wrap = "\x1b[?7h";

/// Columns of a line that holds colours and nothing else of a terminal's language.
std::size_t visible_width(const std::string& line) {
  std::string plain;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b') {
      i = line.find('m', i);
      if (i == std::string::npos) break;
    } else {
      plain += line[i];
    }
  }
  return columns(plain);
}

}  // namespace

std::string block_update(const std::vector<std::size_t>& before,
                         const std::vector<std::string>& above,
                         const std::vector<std::string>& lines, std::size_t columns) {
  std::size_t up = 0;
  for (const std::size_t width : before) {
    up += columns == 0 ? 1 : std::max<std::size_t>(1, (width + columns - 1) / columns);
  }
  std::string out = "\r";
  if (up > 0) out += "\x1b[" + std::to_string(up) + "A";
  for (const auto& line : above) out += line + clear_rest_of_line + "\n";
  if (!lines.empty()) {
    out += no_wrap;
    for (const auto& line : lines) out += line + clear_rest_of_line + "\n";
    out += wrap;
  }
  return out + clear_below;
}

live_block::live_block(int descriptor) : descriptor_(descriptor) {
  write_all(descriptor_, hide_cursor);
}

live_block::~live_block() {
  close();
}

void live_block::draw(const std::vector<std::string>& above,
                      const std::vector<std::string>& lines) {
  if (!open_) return;
  const std::string next =
      block_update(widths_, above, lines, size_of_terminal(descriptor_).columns);
  widths_.clear();
  for (const auto& line : lines) widths_.push_back(visible_width(line));
  // The same picture again would only cost the terminal time.
  if (next == last_ && above.empty()) return;
  last_ = next;
  write_all(descriptor_, next);
}

void live_block::close() {
  if (!open_) return;
  open_ = false;
  write_all(descriptor_,
            block_update(widths_, {}, {}, size_of_terminal(descriptor_).columns) + show_cursor);
}

}  // namespace skein::cli
