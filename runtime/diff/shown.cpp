// See shown.hpp.
#include "runtime/diff/shown.hpp"

#include "schema/text.hpp"

#include <array>
#include <cstdio>

namespace skein::diff {

decoded decode(std::string_view text) noexcept {
  const std::size_t length = schema::detail::utf8_length(text);
  if (length == 0) return {static_cast<unsigned char>(text[0]), 0};
  if (length == 1) return {static_cast<unsigned char>(text[0]), 1};
  constexpr std::array<unsigned, 5> masks{0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t code = static_cast<unsigned char>(text[0]) & masks[length];
  for (std::size_t i = 1; i < length; ++i) {
    code = code << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return {code, length};
}

hidden hidden_kind(char32_t code) noexcept {
  if ((code < 0x20 && code != '\t' && code != '\f') || (code >= 0x7F && code < 0xA0)) {
    return hidden::control;
  }
  if (code < 0xAD) return hidden::no;
  if ((code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0x200E ||
      code == 0x200F || code == 0x061C) {
    return hidden::direction;
  }
  if (code == 0xAD || code == 0x034F || code == 0x115F || code == 0x1160 || code == 0x17B4 ||
      code == 0x17B5 || (code >= 0x180B && code <= 0x180E) || (code >= 0x200B && code <= 0x200D) ||
      (code >= 0x2028 && code <= 0x2029) || (code >= 0x2060 && code <= 0x2065) ||
      (code >= 0x206A && code <= 0x206F) || code == 0x3164 || code == 0xFEFF || code == 0xFFA0 ||
      (code >= 0xFFF9 && code <= 0xFFFB) || (code >= 0xE0000 && code <= 0xE0FFF)) {
    return hidden::invisible;
  }
  return hidden::no;
}

std::string shown(std::string_view text, std::size_t longest) {
  const auto first = text.find_first_not_of(" \t\r\n");
  text = first == std::string_view::npos ? std::string_view{} : text.substr(first);
  const auto last = text.find_last_not_of(" \t\r\n");
  text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  std::string out;
  bool space = false;
  std::array<char, 16> escape{};
  while (!text.empty()) {
    if (out.size() >= longest) return out + "…";
    const decoded next = decode(text);
    const std::string_view bytes = text.substr(0, next.length == 0 ? 1 : next.length);
    text.remove_prefix(bytes.size());
    if (bytes == " " || bytes == "\t" || bytes == "\n" || bytes == "\r") {
      if (!space) out += ' ';
      space = true;
      continue;
    }
    space = false;
    if (next.length == 0 || (next.code < 0x100 && hidden_kind(next.code) == hidden::control)) {
      std::snprintf(escape.data(), escape.size(), "\\x%02x", static_cast<unsigned>(next.code));
      out += escape.data();
    } else if (hidden_kind(next.code) != hidden::no) {
      std::snprintf(escape.data(), escape.size(), "\\u{%x}", static_cast<unsigned>(next.code));
      out += escape.data();
    } else {
      out += bytes;
    }
  }
  return out;
}

}  // namespace skein::diff
