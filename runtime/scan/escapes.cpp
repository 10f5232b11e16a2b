// See escapes.hpp.
#include "runtime/scan/escapes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace skein::scan {
namespace {

constexpr int deepest = 3;

/// The value of `digits`, which must all be digits of `base`; -1 when they are not.
int number(std::string_view digits, int base) {
  unsigned value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || read.ec != std::errc{} || read.ptr != digits.data() + digits.size()) {
    return -1;
  }
  return value <= 0xffff ? static_cast<int>(value) : -1;
}

struct escape {
  std::size_t length = 0;  ///< 0: no escape
  int value = 0;           ///< negative: stands for nothing
};

escape fixed(std::string_view text, std::size_t before, std::size_t digits, int base) {
  if (text.size() < before + digits) return {};
  const int value = number(text.substr(before, digits), base);
  return value < 0 ? escape{} : escape{before + digits, value};
}

escape braced(std::string_view text, std::size_t before) {
  const std::size_t end = text.substr(0, before + 9).find('}', before);
  if (end == std::string_view::npos) return {};
  const int value = number(text.substr(before, end - before), 16);
  return value < 0 ? escape{} : escape{end + 1, value};
}

escape backslash(std::string_view text) {
  if (text.size() < 2) return {};
  switch (text[1]) {
    case 'x':
      return text.size() > 2 && text[2] == '{' ? braced(text, 3) : fixed(text, 2, 2, 16);
    case 'u':
      return text.size() > 2 && text[2] == '{' ? braced(text, 3) : fixed(text, 2, 4, 16);
    case 'U':
      return fixed(text, 2, 8, 16);
    case 'n':
    case 'r':
    case 't':
      return {2, ' '};
    case '\\':
      return {2, '\\'};
    case '\n':
      return {2, -1};
    default:
      return fixed(text, 1, 3, 8);
  }
}

escape entity(std::string_view text) {
  const std::size_t end = text.substr(0, 10).find(';');
  if (end == std::string_view::npos || end < 2) return {};
  const std::string_view name = text.substr(1, end - 1);
  if (name[0] == '#') {
    const bool hex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
    const int value = number(name.substr(hex ? 2 : 1), hex ? 16 : 10);
    return value < 0 ? escape{} : escape{end + 1, value};
  }
  constexpr std::array<std::pair<std::string_view, char>, 8> known{{{"amp", '&'},
                                                                    {"lt", '<'},
                                                                    {"gt", '>'},
                                                                    {"quot", '"'},
                                                                    {"apos", '\''},
                                                                    {"nbsp", ' '},
                                                                    {"plus", '+'},
                                                                    {"sol", '/'}}};
  for (const auto& [word, meaning] : known) {
    if (name == word) return {end + 1, meaning};
  }
  return {};
}

escape equals(std::string_view text) {
  if (text.starts_with("=\r\n")) return {3, -1};
  if (text.starts_with("=\n")) return {2, -1};
  return fixed(text, 1, 2, 16);
}

escape at_front(std::string_view text) {
  switch (text[0]) {
    case '%':
      return fixed(text, 1, 2, 16);
    case '\\':
      return backslash(text);
    case '&':
      return entity(text);
    case '=':
      return equals(text);
    case '0':
      return text.size() > 1 && (text[1] == 'x' || text[1] == 'X') ? fixed(text, 2, 2, 16)
                                                                   : escape{};
    default:
      return {};
  }
}

bool decode(const mapped_text& in, mapped_text& out) {
  bool changed = false;
  out.text.clear();
  out.from.clear();
  out.text.reserve(in.text.size());
  out.from.reserve(in.from.size());
  const std::string_view text = in.text;
  for (std::size_t i = 0; i < text.size();) {
    const escape found = at_front(text.substr(i));
    if (found.length == 0) {
      out.text += text[i];
      out.from.push_back(in.from[i]);
      ++i;
      continue;
    }
    changed = true;
    if (found.value >= 0) {
      out.text += found.value < 0x100 ? static_cast<char>(found.value) : ' ';
      out.from.push_back(in.from[i]);
    }
    i += found.length;
  }
  out.from.push_back(in.from.back());
  return changed;
}

constexpr std::array<bool, 256> make_openers() {
  std::array<bool, 256> out{};
  for (const char c : {'%', '\\', '&', '=', '0'}) out[static_cast<unsigned char>(c)] = true;
  return out;
}
constexpr std::array<bool, 256> openers = make_openers();

bool has_escapes(std::string_view text, bool line_ends) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!openers[static_cast<unsigned char>(text[i])]) continue;
    const escape found = at_front(text.substr(i));
    if (found.length > 0 && (line_ends || found.value != ' ')) return true;
  }
  return false;
}

}  // namespace

mapped_text without_escapes(std::string_view text, bool line_ends) {
  if (!has_escapes(text, line_ends)) return {};
  mapped_text now{std::string{text}, {}};
  for (std::uint32_t i = 0; i <= text.size(); ++i) now.from.push_back(i);
  mapped_text next;
  for (int depth = 0; depth < deepest && decode(now, next); ++depth) std::swap(now, next);
  return now;
}

mapped_text quoted_only(std::string_view text, char quote) {
  mapped_text out;
  int pieces = 0;
  for (std::size_t at = text.find(quote); at != std::string_view::npos; at = text.find(quote, at)) {
    std::size_t end = ++at;
    while (end < text.size() && text[end] != quote && text[end] != '\n') {
      end += text[end] == '\\' ? 2U : 1U;
    }
    end = std::min(end, text.size());
    // An apostrophe that nothing closes opens nothing.
    if (end == text.size() || text[end] != quote) continue;
    for (std::size_t i = at; i < end; ++i) {
      out.text += text[i];
      out.from.push_back(static_cast<std::uint32_t>(i));
    }
    ++pieces;
    at = end + 1;
  }
  if (pieces < 2) return {};
  out.from.push_back(static_cast<std::uint32_t>(text.size()));
  return out;
}

}  // namespace skein::scan
