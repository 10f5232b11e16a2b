#include "cli/render/printable.hpp"

#include "schema/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace skein::cli {

namespace {

struct range {
  std::uint32_t first;
  std::uint32_t last;
};

/// Zero columns (Unicode 15, the blocks that matter in names and logs).
constexpr std::array combining{range{0x0300, 0x036f}, range{0x0483, 0x0489}, range{0x0591, 0x05bd},
                               range{0x064b, 0x065f}, range{0x1ab0, 0x1aff}, range{0x1dc0, 0x1dff},
                               range{0x20d0, 0x20ff}, range{0xfe00, 0xfe0f}, range{0xfe20, 0xfe2f}};
/// Two columns (East Asian Width W and F).
constexpr std::array wide{range{0x1100, 0x115f},   range{0x2e80, 0x303e},   range{0x3041, 0x4dbf},
                          range{0x4e00, 0xa4cf},   range{0xac00, 0xd7a3},   range{0xf900, 0xfaff},
                          range{0xfe30, 0xfe6f},   range{0xff00, 0xff60},   range{0xffe0, 0xffe6},
                          range{0x1f300, 0x1f64f}, range{0x1f680, 0x1f6ff}, range{0x1f900, 0x1f9ff},
                          range{0x20000, 0x3fffd}};
/// What reorders the text around it, or shows as nothing.
constexpr std::array deceptive{range{0x061c, 0x061c}, range{0x200b, 0x200f},
                               range{0x2028, 0x202e}, range{0x2060, 0x206f},
                               range{0xfeff, 0xfeff}, range{0xe0000, 0xe0fff}};

template <std::size_t Count>
bool within(const std::array<range, Count>& ranges, std::uint32_t point) {
  return std::any_of(ranges.begin(), ranges.end(), [point](const range& each) {
    return point >= each.first && point <= each.last;
  });
}

std::uint32_t decode(std::string_view sequence) {
  const auto byte = [&sequence](std::size_t index) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(sequence[index]));
  };
  switch (sequence.size()) {
    case 1:
      return byte(0);
    case 2:
      return (byte(0) & 0x1fU) << 6U | (byte(1) & 0x3fU);
    case 3:
      return (byte(0) & 0x0fU) << 12U | (byte(1) & 0x3fU) << 6U | (byte(2) & 0x3fU);
    default:
      return (byte(0) & 0x07U) << 18U | (byte(1) & 0x3fU) << 12U | (byte(2) & 0x3fU) << 6U |
             (byte(3) & 0x3fU);
  }
}

std::string escaped(std::uint32_t point) {
  if (point == '\n') return "\\n";
  if (point == '\r') return "\\r";
  if (point == '\t') return "\\t";
  char text[16];
  std::snprintf(text, sizeof text, point < 0x80 ? "\\x%02x" : "\\u{%x}", point);
  return text;
}

std::string visible(std::string_view text, bool keep_lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = schema::detail::utf8_length(text);
    if (length == 0) {
      char byte[8];
      std::snprintf(byte, sizeof byte, "\\x%02x", static_cast<unsigned char>(text.front()));
      out += byte;
      text.remove_prefix(1);
      continue;
    }
    const std::string_view sequence = text.substr(0, length);
    text.remove_prefix(length);
    const std::uint32_t point = decode(sequence);
    const bool kept = keep_lines && (point == '\n' || point == '\t');
    const bool control = point < 0x20 || (point >= 0x7f && point < 0xa0);
    if (!kept && (control || within(deceptive, point))) {
      out += escaped(point);
    } else {
      out += sequence;
    }
  }
  return out;
}

struct character {
  std::string_view bytes;
  std::size_t width;
};

character next_character(std::string_view text) noexcept {
  const std::size_t length = std::max<std::size_t>(schema::detail::utf8_length(text), 1);
  const std::string_view sequence = text.substr(0, length);
  const std::uint32_t point = decode(sequence);
  return {sequence, within(combining, point) ? 0U : within(wide, point) ? 2U : 1U};
}

}  // namespace

std::string printable(std::string_view text) {
  return visible(text, false);
}

std::string printable_lines(std::string_view text) {
  return visible(text, true);
}

std::size_t columns(std::string_view text) noexcept {
  std::size_t width = 0;
  while (!text.empty()) {
    const character next = next_character(text);
    width += next.width;
    text.remove_prefix(next.bytes.size());
  }
  return width;
}

std::string cut(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    const character next = next_character(text);
    if (used + next.width > width - 1) break;
    out += next.bytes;
    used += next.width;
    text.remove_prefix(next.bytes.size());
  }
  return out + "…";
}

std::string cut_front(std::string_view text, std::size_t width) {
  std::size_t whole = columns(text);
  if (whole <= width) return std::string(text);
  if (width == 0) return {};
  while (!text.empty() && whole > width - 1) {
    const character next = next_character(text);
    whole -= next.width;
    text.remove_prefix(next.bytes.size());
  }
  return "…" + std::string(text);
}

std::string padded(std::string_view text, std::size_t width, bool right) {
  const std::size_t used = columns(text);
  const std::string space(used < width ? width - used : 0, ' ');
  return right ? space + std::string(text) : std::string(text) + space;
}

}  // namespace skein::cli
