#include "runtime/tools/characters.hpp"

#include "runtime/policy/fold.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace skein::tools {

namespace {

struct range {
  char32_t first;
  char32_t last;
};

template <std::size_t N>
bool in(const range (&ranges)[N], char32_t value) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [&](const range& each) { return value >= each.first && value <= each.last; });
}

constexpr range bidirectional[] = {
    {0x061c, 0x061c}, {0x200e, 0x200f}, {0x202a, 0x202e}, {0x2066, 0x2069}};
constexpr range tags[] = {{0xe0000, 0xe007f}};
constexpr range selectors[] = {{0x180b, 0x180f}, {0xfe00, 0xfe0f}, {0xe0100, 0xe01ef}};
constexpr range invisible[] = {
    {0x00ad, 0x00ad}, {0x034f, 0x034f}, {0x115f, 0x1160}, {0x17b4, 0x17b5},   {0x200b, 0x200d},
    {0x2028, 0x2029}, {0x2060, 0x2065}, {0x206a, 0x206f}, {0x2800, 0x2800},   {0x3164, 0x3164},
    {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff9, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}};
constexpr range unassigned_use[] = {
    {0xe000, 0xf8ff}, {0xfdd0, 0xfdef}, {0xe01f0, 0xe0fff}, {0xf0000, 0x10ffff}};
/// Symbols that have a text and an emoji form, and emoji.
constexpr range symbols[] = {
    {0x0023, 0x0023}, {0x002a, 0x002a}, {0x0030, 0x0039}, {0x00a9, 0x00a9},
    {0x00ae, 0x00ae}, {0x203c, 0x203c}, {0x2049, 0x2049}, {0x2100, 0x214f},
    {0x2190, 0x21ff}, {0x2300, 0x27bf}, {0x2900, 0x297f}, {0x2b00, 0x2bff},
    {0x3030, 0x3030}, {0x303d, 0x303d}, {0x3297, 0x3299}, {0x1f000, 0x1faff}};
/// Scripts whose letters are joined and kept apart by zero-width characters.
constexpr range joining_scripts[] = {{0x0600, 0x08ff}, {0x0900, 0x0dff}, {0x1000, 0x109f},
                                     {0x1780, 0x17ff}, {0xfb50, 0xfdcf}, {0xfe70, 0xfefc}};
constexpr range combining[] = {
    {0x0300, 0x036f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f}};
/// More marks on one letter than any language writes.
constexpr int most_marks = 4;

std::string named(char32_t value, const char* what) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string hex;
  for (int shift = value > 0xffff ? 20 : 12; shift >= 0; shift -= 4) {
    hex += digits[(value >> static_cast<unsigned>(shift)) & 15U];
  }
  return "U+" + hex + ", " + what;
}

bool joins(char32_t before, char32_t after) {
  const bool emoji = in(symbols, before) || before == 0xfe0f;
  if (emoji && in(symbols, after)) return true;
  return in(joining_scripts, before) && in(joining_scripts, after);
}

odd_character judge(char32_t before, char32_t value, char32_t after) {
  if (value == '\t' || value == '\n' || value == '\r') return {};
  if (value < 0x20 || (value >= 0x7f && value < 0xa0)) {
    return {"control-character", named(value, "a control character")};
  }
  if (value < 0xa0) return {};
  if (in(bidirectional, value)) {
    return {"bidirectional-character", named(value, "which reorders the text")};
  }
  if (in(tags, value)) return {"tag-character", named(value, "an invisible tag")};
  if (in(selectors, value)) {
    if ((value == 0xfe0f || value == 0xfe0e) && in(symbols, before)) return {};
    return {"variation-selector", named(value, "an invisible variation selector")};
  }
  if (in(invisible, value)) {
    if ((value == 0x200c || value == 0x200d) && joins(before, after)) return {};
    return {"invisible-character", named(value, "which shows nothing")};
  }
  if (in(unassigned_use, value)) {
    return {"private-character", named(value, "which means nothing to people")};
  }
  if (value == 0xfffd) return {"broken-character", named(value, "where bytes were broken")};
  return {};
}

bool latin(char32_t value) {
  return (value >= 'a' && value <= 'z') || (value >= 'A' && value <= 'Z') ||
         (value >= 0xc0 && value <= 0x24f && value != 0xd7 && value != 0xf7);
}

/// Of the scripts that have whole words of look-alikes: Greek, Cyrillic, Armenian, Cherokee.
bool looks_latin(char32_t value) {
  static constexpr range scripts[] = {{0x0370, 0x03ff}, {0x0400, 0x052f}, {0x0531, 0x058f},
                                      {0x13a0, 0x13ff}, {0xff21, 0xff5a}, {0x1d400, 0x1d7ff}};
  return in(scripts, value) && !policy::ascii_look(value).empty();
}

bool word_character(char32_t value) {
  return latin(value) || value == '_' || value == '-' || (value >= '0' && value <= '9') ||
         (value >= 0x250 && value < 0x2000) || looks_latin(value);
}

}  // namespace

odd_character first_odd_character(std::string_view text) {
  char32_t before = 0;
  int marks = 0;
  while (!text.empty()) {
    const auto [value, length] = policy::first_code_point(text);
    text.remove_prefix(length);
    const char32_t after = text.empty() ? 0 : policy::first_code_point(text).value;
    if (odd_character odd = judge(before, value, after); !odd.rule.empty()) return odd;
    marks = in(combining, value) ? marks + 1 : 0;
    if (marks > most_marks) {
      return {"invisible-character", named(value, "one of a pile of combining marks")};
    }
    before = value;
  }
  return {};
}

std::string mixed_word(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = at;
    bool has_latin = false;
    bool has_other = false;
    while (at < text.size()) {
      const auto [value, length] = policy::first_code_point(text.substr(at));
      if (!word_character(value)) break;
      has_latin = has_latin || latin(value);
      has_other = has_other || looks_latin(value);
      at += length;
    }
    if (has_latin && has_other) return std::string(text.substr(begin, at - begin));
    if (at == begin) at += policy::first_code_point(text.substr(at)).length;
  }
  return {};
}

bool is_plain_name(std::string_view name) noexcept {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (name.empty() || !letter(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/';
  });
}

}  // namespace skein::tools
