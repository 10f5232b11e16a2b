#include "cli/console/prompt.hpp"

#include "cli/console/keys.hpp"
#include "cli/render/printable.hpp"

#include <algorithm>

namespace skein::cli::screen {

namespace {

constexpr std::size_t most_bytes = 500;

void append_utf8(std::string& to, int code) {
  const auto value = static_cast<unsigned>(code);
  const auto byte = [&to](unsigned bits) { to += static_cast<char>(bits); };
  if (value < 0x80) return byte(value);
  if (value < 0x800) {
    byte(0xC0U | (value >> 6));
  } else if (value < 0x10000) {
    byte(0xE0U | (value >> 12));
    byte(0x80U | ((value >> 6) & 0x3FU));
  } else {
    byte(0xF0U | (value >> 18));
    byte(0x80U | ((value >> 12) & 0x3FU));
    byte(0x80U | ((value >> 6) & 0x3FU));
  }
  byte(0x80U | (value & 0x3FU));
}

void drop_last(std::string& from) {
  while (!from.empty()) {
    const auto last = static_cast<unsigned char>(from.back());
    from.pop_back();
    if ((last & 0xC0U) != 0x80U) return;
  }
}

}  // namespace

prompt::end prompt::key(int pressed) {
  if (pressed == key_enter) return end::entered;
  if (pressed == key_escape) return end::given_up;
  if (pressed == key_backspace) {
    drop_last(typed_);
  } else if (pressed == key_ctrl_u) {
    typed_.clear();
  } else if (pressed >= ' ' && pressed < key_first && pressed != 127 &&
             typed_.size() < most_bytes) {
    append_utf8(typed_, pressed);
  }
  return end::open;
}

line prompt::shown(std::size_t width) const {
  line out = line_of(question_ + " ", tone::strong);
  const std::size_t used = columns(plain(out));
  const std::size_t room = width > used + 2 ? width - used - 1 : 1;
  out.pieces.push_back({cut_front(printable(typed_), room), tone::plain});
  return out;
}

std::size_t prompt::cursor(std::size_t width) const {
  return std::min(columns(plain(shown(width))), width == 0 ? 0 : width - 1);
}

}  // namespace skein::cli::screen
