// Tables from the Unicode character database (compatibility decompositions, default ignorable code
// points) and the confusables of UTS #39, cut down to what can spell an ASCII file name.
#include "runtime/policy/fold.hpp"

#include "schema/text.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace skein::policy {

namespace {

struct range {
  char32_t first;
  char32_t last;
};

constexpr range ignorable[] = {
    {0x00ad, 0x00ad},   {0x034f, 0x034f},   {0x061c, 0x061c}, {0x115f, 0x1160}, {0x17b4, 0x17b5},
    {0x180b, 0x180f},   {0x200b, 0x200f},   {0x202a, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164},
    {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

struct look {
  char32_t value;
  std::string_view ascii;
};

/// Sorted by value.
constexpr look looks[] = {
    {0x00a0, " "},  {0x00aa, "a"},  {0x00b2, "2"},  {0x00b3, "3"},  {0x00b9, "1"},  {0x00ba, "o"},
    {0x0130, "i"},  {0x0131, "i"},  {0x017f, "s"},  {0x0251, "a"},  {0x0261, "g"},  {0x0262, "g"},
    {0x0269, "i"},  {0x026a, "i"},  {0x028f, "y"},  {0x02b0, "h"},  {0x02b2, "j"},  {0x02b3, "r"},
    {0x02b7, "w"},  {0x02b8, "y"},  {0x02e1, "l"},  {0x02e2, "s"},  {0x02e3, "x"},  {0x0391, "a"},
    {0x0392, "b"},  {0x0395, "e"},  {0x0396, "z"},  {0x0397, "h"},  {0x0399, "i"},  {0x039a, "k"},
    {0x039c, "m"},  {0x039d, "n"},  {0x039f, "o"},  {0x03a1, "p"},  {0x03a4, "t"},  {0x03a5, "y"},
    {0x03a7, "x"},  {0x03b1, "a"},  {0x03b9, "i"},  {0x03bd, "v"},  {0x03bf, "o"},  {0x03c1, "p"},
    {0x03c4, "t"},  {0x03c5, "u"},  {0x03f2, "c"},  {0x03f3, "j"},  {0x0405, "s"},  {0x0406, "i"},
    {0x0408, "j"},  {0x0410, "a"},  {0x0412, "b"},  {0x0415, "e"},  {0x041a, "k"},  {0x041c, "m"},
    {0x041d, "h"},  {0x041e, "o"},  {0x0420, "p"},  {0x0421, "c"},  {0x0422, "t"},  {0x0423, "y"},
    {0x0425, "x"},  {0x0430, "a"},  {0x0435, "e"},  {0x043a, "k"},  {0x043c, "m"},  {0x043e, "o"},
    {0x0440, "p"},  {0x0441, "c"},  {0x0442, "t"},  {0x0443, "y"},  {0x0445, "x"},  {0x0455, "s"},
    {0x0456, "i"},  {0x0458, "j"},  {0x0475, "v"},  {0x04ae, "y"},  {0x04af, "y"},  {0x04ba, "h"},
    {0x04bb, "h"},  {0x04c0, "i"},  {0x04cf, "l"},  {0x0501, "d"},  {0x050c, "g"},  {0x051b, "q"},
    {0x051d, "w"},  {0x0570, "h"},  {0x0578, "n"},  {0x057d, "u"},  {0x0581, "g"},  {0x0585, "o"},
    {0x1680, " "},  {0x1d00, "a"},  {0x1d04, "c"},  {0x1d05, "d"},  {0x1d07, "e"},  {0x1d0b, "k"},
    {0x1d0d, "m"},  {0x1d0f, "o"},  {0x1d18, "p"},  {0x1d1b, "t"},  {0x1d1c, "u"},  {0x1d20, "v"},
    {0x1d21, "w"},  {0x1d22, "z"},  {0x1d2c, "a"},  {0x1d2e, "b"},  {0x1d30, "d"},  {0x1d31, "e"},
    {0x1d33, "g"},  {0x1d34, "h"},  {0x1d35, "i"},  {0x1d36, "j"},  {0x1d37, "k"},  {0x1d38, "l"},
    {0x1d39, "m"},  {0x1d3a, "n"},  {0x1d3c, "o"},  {0x1d3e, "p"},  {0x1d3f, "r"},  {0x1d40, "t"},
    {0x1d41, "u"},  {0x1d42, "w"},  {0x1d43, "a"},  {0x1d47, "b"},  {0x1d48, "d"},  {0x1d49, "e"},
    {0x1d4d, "g"},  {0x1d4f, "k"},  {0x1d50, "m"},  {0x1d52, "o"},  {0x1d56, "p"},  {0x1d57, "t"},
    {0x1d58, "u"},  {0x1d5b, "v"},  {0x1d62, "i"},  {0x1d63, "r"},  {0x1d64, "u"},  {0x1d65, "v"},
    {0x1d83, "g"},  {0x1d9c, "c"},  {0x1da0, "f"},  {0x1da2, "g"},  {0x1dbb, "z"},  {0x1fbe, "i"},
    {0x2000, " "},  {0x2001, " "},  {0x2002, " "},  {0x2003, " "},  {0x2004, " "},  {0x2005, " "},
    {0x2006, " "},  {0x2007, " "},  {0x2008, " "},  {0x2009, " "},  {0x200a, " "},  {0x2010, "-"},
    {0x2011, "-"},  {0x2012, "-"},  {0x2013, "-"},  {0x2024, "."},  {0x2025, ".."}, {0x2026, "..."},
    {0x202f, " "},  {0x2044, "/"},  {0x205f, " "},  {0x2070, "0"},  {0x2071, "i"},  {0x207f, "n"},
    {0x2090, "a"},  {0x2091, "e"},  {0x2092, "o"},  {0x2093, "x"},  {0x2095, "h"},  {0x2096, "k"},
    {0x2097, "l"},  {0x2098, "m"},  {0x2099, "n"},  {0x209a, "p"},  {0x209b, "s"},  {0x209c, "t"},
    {0x2102, "c"},  {0x210a, "g"},  {0x210b, "h"},  {0x210c, "h"},  {0x210d, "h"},  {0x210e, "h"},
    {0x2110, "i"},  {0x2111, "i"},  {0x2112, "l"},  {0x2113, "l"},  {0x2115, "n"},  {0x2116, "no"},
    {0x2119, "p"},  {0x211a, "q"},  {0x211b, "r"},  {0x211c, "r"},  {0x211d, "r"},  {0x2124, "z"},
    {0x2128, "z"},  {0x212a, "k"},  {0x212c, "b"},  {0x212d, "c"},  {0x212e, "e"},  {0x212f, "e"},
    {0x2130, "e"},  {0x2131, "f"},  {0x2133, "m"},  {0x2134, "o"},  {0x2139, "i"},  {0x2145, "d"},
    {0x2146, "d"},  {0x2147, "e"},  {0x2148, "i"},  {0x2149, "j"},  {0x2160, "i"},  {0x2161, "ii"},
    {0x2164, "v"},  {0x2169, "x"},  {0x216c, "l"},  {0x216d, "c"},  {0x216e, "d"},  {0x216f, "m"},
    {0x2170, "i"},  {0x2171, "ii"}, {0x2174, "v"},  {0x2179, "x"},  {0x217c, "l"},  {0x217d, "c"},
    {0x217e, "d"},  {0x217f, "m"},  {0x2215, "/"},  {0x2216, "\\"}, {0x223c, "~"},  {0x2571, "/"},
    {0x29f5, "\\"}, {0x29f8, "/"},  {0x29f9, "\\"}, {0x3000, " "},  {0x3002, "."},  {0xa4ee, "a"},
    {0xa4f8, "."},  {0xa731, "s"},  {0xfb00, "ff"}, {0xfb01, "fi"}, {0xfb02, "fl"}, {0xfb05, "st"},
    {0xfb06, "st"}, {0xfe52, "."},  {0xfe55, ":"},  {0xfe58, "-"},  {0xfe63, "-"},  {0xfe68, "\\"},
    {0xff61, "."},
};
static_assert(std::is_sorted(std::begin(looks), std::end(looks),
                             [](const look& a, const look& b) { return a.value < b.value; }));

constexpr std::string_view ascii =
    "\x20!\"#$%&'()*+,-./"
    "0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz"
    "{|}~";

std::string_view ascii_of(char32_t value) {
  return ascii.substr(value - 0x20, 1);
}

std::string_view letter(char32_t offset) {
  return ascii_of('a' + offset % 26);
}

void append_utf8(std::string& out, char32_t value) {
  const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  if (value < 0x80) {
    put(value);
  } else if (value < 0x800) {
    put(0xc0 | (value >> 6));
    put(0x80 | (value & 0x3f));
  } else if (value < 0x10000) {
    put(0xe0 | (value >> 12));
    put(0x80 | ((value >> 6) & 0x3f));
    put(0x80 | (value & 0x3f));
  } else {
    put(0xf0 | (value >> 18));
    put(0x80 | ((value >> 12) & 0x3f));
    put(0x80 | ((value >> 6) & 0x3f));
    put(0x80 | (value & 0x3f));
  }
}

/// U+00C0 to U+017F without their marks; `?` where there is no base letter.
constexpr std::string_view bases =
    "aaaaaaaceeeeiiiidnooooo?ouuuuy?saaaaaaaceeeeiiiidnooooo?ouuuuy?y"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooooooorrrrrr"
    "ssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(bases.size() == 0x180 - 0xc0);

char32_t lower(char32_t value) {
  if (value >= 'A' && value <= 'Z') return value + 32;
  if (value >= 0xc0 && value < 0x180 && bases[value - 0xc0] != '?') {
    return static_cast<unsigned char>(bases[value - 0xc0]);
  }
  if (value >= 0x391 && value <= 0x3a9) return value + 32;
  if (value >= 0x410 && value <= 0x42f) return value + 32;
  if (value >= 0x400 && value <= 0x40f) return value + 80;
  return value;
}

}  // namespace

code_point first_code_point(std::string_view text) noexcept {
  const auto at = [&text](std::size_t i) -> char32_t {
    return static_cast<unsigned char>(text[i]);
  };
  switch (schema::detail::utf8_length(text)) {
    case 1:
      return {at(0), 1};
    case 2:
      return {(at(0) & 0x1f) << 6 | (at(1) & 0x3f), 2};
    case 3:
      return {(at(0) & 0x0f) << 12 | (at(1) & 0x3f) << 6 | (at(2) & 0x3f), 3};
    case 4:
      return {(at(0) & 0x07) << 18 | (at(1) & 0x3f) << 12 | (at(2) & 0x3f) << 6 | (at(3) & 0x3f),
              4};
    default:
      return {};
  }
}

bool is_ignorable(char32_t value) noexcept {
  if (value < 0xad) return false;
  return std::any_of(std::begin(ignorable), std::end(ignorable), [value](const range& each) {
    return value >= each.first && value <= each.last;
  });
}

std::string_view ascii_look(char32_t value) noexcept {
  if (value < 0xa0) return {};
  if (value >= 0xff01 && value <= 0xff5e) return ascii_of(value - 0xff01 + 0x21);
  if (value >= 0x24b6 && value <= 0x24cf) return letter(value - 0x24b6);
  if (value >= 0x24d0 && value <= 0x24e9) return letter(value - 0x24d0);
  if (value >= 0x1f130 && value <= 0x1f149) return letter(value - 0x1f130);
  if (value >= 0x1f150 && value <= 0x1f169) return letter(value - 0x1f150);
  if (value >= 0x1f170 && value <= 0x1f189) return letter(value - 0x1f170);
  if (value >= 0x1d400 && value <= 0x1d6a3) return letter(value - 0x1d400);
  if (value == 0x1d6a4) return "i";
  if (value == 0x1d6a5) return "j";
  if (value >= 0x1d7ce && value <= 0x1d7ff) return ascii_of('0' + (value - 0x1d7ce) % 10);
  if (value >= 0x2080 && value <= 0x2089) return ascii_of('0' + (value - 0x2080));
  if (value >= 0x2460 && value <= 0x2468) return ascii_of('1' + (value - 0x2460));
  const auto* found =
      std::lower_bound(std::begin(looks), std::end(looks), value,
                       [](const look& each, char32_t wanted) { return each.value < wanted; });
  return found != std::end(looks) && found->value == value ? found->ascii : std::string_view{};
}

std::string fold(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte < 0x80) {
      out += static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
      text.remove_prefix(1);
      continue;
    }
    const code_point next = first_code_point(text);
    text.remove_prefix(next.length);
    // Combining marks go with the marks of precomposed letters, so that both forms are one.
    if (is_ignorable(next.value) || (next.value >= 0x300 && next.value <= 0x36f)) continue;
    if (const auto plain = ascii_look(next.value); !plain.empty()) {
      for (const char c : plain) out += static_cast<char>(lower(static_cast<unsigned char>(c)));
    } else {
      append_utf8(out, lower(next.value));
    }
  }
  return out;
}

bool is_plain_text(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte < 0x20 || byte == 0x7f) return false;
    if (byte < 0x80) {
      text.remove_prefix(1);
      continue;
    }
    const std::size_t length = schema::detail::utf8_length(text);
    if (length == 0) return false;
    if (length == 2 && byte == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace skein::policy
