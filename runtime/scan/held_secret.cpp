// The forms of held secrets. See held_secret.hpp.
#include "runtime/scan/held_secret.hpp"

#include "runtime/scan/entropy.hpp"

#include <algorithm>
#include <array>

namespace skein::scan {
namespace {

constexpr std::size_t least_folded = 8;
constexpr std::size_t least_of_letters = 16;
constexpr std::size_t least_part = 10;
constexpr std::size_t least_canary_to_part = 16;
constexpr std::size_t longest_canary_to_part = 256;
constexpr std::size_t least_line = 24;

constexpr std::string_view base64_letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base32_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// What stays the same of `bytes` in an encoding of `bits` a letter, with `before` unknown bytes in
/// front of them and anything behind.
std::string aligned(std::string_view bytes, std::size_t before, unsigned bits,
                    std::string_view letters) {
  const std::size_t first = (before * 8 + bits - 1) / bits;
  std::size_t unknown =
      first * bits - before * 8;  // of the first byte, belonging to a letter before
  std::string out;
  out.reserve(bytes.size() * 8 / bits);
  std::uint32_t pending = 0;
  unsigned ready = 0;
  for (const char c : bytes) {
    pending = pending << 8U | static_cast<unsigned char>(c);
    ready += 8 - static_cast<unsigned>(unknown);
    unknown = 0;
    while (ready >= bits) {
      ready -= bits;
      out += letters[pending >> ready & ((1U << bits) - 1)];
    }
  }
  return out;
}

std::vector<std::string> base64_of(std::string_view bytes) {
  std::vector<std::string> out;
  for (std::size_t before = 0; before < 3; ++before) {
    out.push_back(aligned(bytes, before, 6, base64_letters));
  }
  return out;
}

std::vector<std::string> base32_of(std::string_view bytes) {
  std::vector<std::string> out;
  for (std::size_t before = 0; before < 5; ++before) {
    out.push_back(aligned(bytes, before, 5, base32_letters));
  }
  return out;
}

std::string codes_of(std::string_view bytes, unsigned base, std::size_t width) {
  std::string out;
  out.reserve(bytes.size() * 3);
  for (const char c : bytes) {
    std::array<char, 3> code{'0', '0', '0'};
    std::size_t digits = 0;
    auto value = static_cast<unsigned>(static_cast<unsigned char>(c));
    for (; value > 0 || digits == 0; value /= base) {
      code[code.size() - ++digits] = "0123456789abcdef"[value % base];
    }
    out.append(code.end() - static_cast<std::ptrdiff_t>(std::max(digits, width)), code.end());
  }
  return out;
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

std::string rot13(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (!is_letter(c)) continue;
    const char first = c >= 'a' ? 'a' : 'A';
    c = static_cast<char>(first + (c - first + 13) % 26);
  }
  return out;
}

std::string reversed(std::string_view text) {
  return {text.rbegin(), text.rend()};
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(space);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

/// Not the value itself: what programs make of it, one after another.
std::vector<std::string> encoded(std::string_view value) {
  std::vector<std::string> out;
  const auto add_all = [&](const std::vector<std::string>& more) {
    out.insert(out.end(), more.begin(), more.end());
  };
  const std::string backwards = reversed(value);
  const std::string hex = codes_of(value, 16, 2);
  out.push_back(hex);
  out.push_back(reversed(hex));
  out.push_back(codes_of(backwards, 16, 2));
  out.push_back(codes_of(value, 10, 0));
  out.push_back(codes_of(value, 10, 3));
  out.push_back(codes_of(value, 8, 3));
  add_all(base32_of(value));
  add_all(base64_of(backwards));
  for (const std::string& text : {hex, upper(hex)}) add_all(base64_of(text));
  for (const std::string& once : base64_of(value)) {
    out.push_back(once);
    out.push_back(reversed(once));
    out.push_back(codes_of(once, 16, 2));
    add_all(base64_of(once));
  }
  return out;
}

/// Every stretch of two fifths of the length: half of what was planted, with room for the
/// punctuation that folding took away.
void add_parts(const std::string& whole, std::vector<std::string>& out) {
  const std::size_t length = std::max(least_part, (whole.size() * 2 + 4) / 5);
  for (std::size_t at = 0; at + length <= whole.size(); ++at) {
    out.push_back(whole.substr(at, length));
  }
}

void add_lines(std::string_view value, std::vector<std::string>& out) {
  while (value.find('\n') != std::string_view::npos) {
    const std::string_view line = value.substr(0, value.find('\n'));
    value.remove_prefix(line.size() + 1);
    if (line.size() >= least_line && is_beyond_guessing(line)) out.push_back(folded(line));
  }
}

}  // namespace

std::string folded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_letter(c) || is_digit(c)) out += static_cast<char>(is_letter(c) ? c | 0x20 : c);
  }
  return out;
}

bool is_plain(std::string_view value) {
  const std::string fold = folded(trimmed(value));
  if (fold.size() >= least_of_letters) return false;
  return fold.size() < least_folded || std::none_of(fold.begin(), fold.end(), is_digit) ||
         std::none_of(fold.begin(), fold.end(), is_letter);
}

std::vector<std::string> folded_forms(const held_secret& held) {
  const std::string value{trimmed(held.value)};
  std::vector<std::string> forms;
  if (!is_plain(value)) {
    for (const std::string& text : {value, reversed(value), rot13(value)}) {
      forms.push_back(folded(text));
    }
  }
  add_lines(value, forms);
  for (const std::string& form : encoded(value)) forms.push_back(folded(form));
  if (held.kind == held_kind::canary && value.size() >= least_canary_to_part &&
      value.size() <= longest_canary_to_part) {
    std::vector<std::string> wholes{folded(value), codes_of(value, 16, 2)};
    for (const std::string& once : base64_of(value)) wholes.push_back(folded(once));
    for (const std::string& whole : wholes) add_parts(whole, forms);
  }
  std::erase_if(forms, [](const std::string& form) { return form.size() < least_folded; });
  return forms;
}

}  // namespace skein::scan
