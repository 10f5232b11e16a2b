// See escapes.hpp.
#include "runtime/scan/escapes.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <numeric>
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
  const escape found = fixed(text, 1, 2, 16);
  // Letters and digits are never written so, but `x=10` is.
  const bool punctuation =
      found.value > ' ' && found.value < 0x7f && std::isalnum(found.value) == 0;
  return punctuation ? found : escape{};
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

/// Whether folding would not do as well without decoding.
bool matters(std::string_view text, const escape& found, bool line_ends) {
  switch (text[0]) {
    case '0':
      return text.substr(found.length, 12).find("0x") != std::string_view::npos ||
             text.substr(found.length, 12).find("0X") != std::string_view::npos;
    case '=':
      return found.value == '=' || found.value == '+' || found.value == '/';
    case '\\':
      return found.value != '\\' && found.value >= 0 && (line_ends || found.value != ' ');
    default:
      return true;
  }
}

}  // namespace

std::size_t next_escape(std::string_view text, std::size_t from, bool line_ends) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (!openers[static_cast<unsigned char>(text[i])]) continue;
    const std::string_view rest = text.substr(i);
    const escape found = at_front(rest);
    if (found.length > 0 && matters(rest, found, line_ends)) return i;
  }
  return text.size();
}

mapped_text without_escapes(std::string_view text) {
  mapped_text now{std::string{text}, {}};
  now.from.resize(text.size() + 1);
  std::iota(now.from.begin(), now.from.end(), 0U);
  mapped_text next;
  for (int depth = 0; depth < deepest && decode(now, next); ++depth) std::swap(now, next);
  return now;
}

mapped_text quoted_only(std::string_view text, char quote) {
  mapped_text out;
  each_quoted(text, quote, [&](std::size_t begin, std::size_t end) {
    out.text += text.substr(begin, end - begin);
    for (; begin < end; ++begin) out.from.push_back(static_cast<std::uint32_t>(begin));
  });
  out.from.push_back(static_cast<std::uint32_t>(text.size()));
  return out;
}

}  // namespace skein::scan
