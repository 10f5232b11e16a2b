#include "runtime/tools/views.hpp"

#include "runtime/policy/fold.hpp"
#include "runtime/scan/escapes.hpp"
#include "schema/text.hpp"

#include <algorithm>

namespace skein::tools {

namespace {

constexpr std::size_t most_decoded = 50;
constexpr std::size_t shortest_blob = 16;
/// Chance does not make that many printable characters.
constexpr std::size_t shortest_text = 10;
/// Less than this says nothing that anybody could follow.
constexpr std::size_t shortest_message = 20;

bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool small(char c) {
  return c >= 'a' && c <= 'z';
}
bool capital(char c) {
  return c >= 'A' && c <= 'Z';
}
bool word_byte(char c) {
  return small(c) || digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

int base64_value(char c) {
  if (capital(c)) return c - 'A';
  if (small(c)) return c - 'a' + 26;
  if (digit(c)) return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

int hex_value(char c) {
  if (digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int base32_value(char c) {
  if (capital(c)) return c - 'A';
  return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

/// Whole bytes of digits of `bits` each; the rest of an unfinished byte is dropped.
template <class Value>
std::string unpacked(std::string_view digits, unsigned bits, Value value_of) {
  std::string out;
  unsigned held = 0;
  unsigned count = 0;
  for (const char c : digits) {
    const int value = value_of(c);
    if (value < 0) continue;
    held = (held << bits) | static_cast<unsigned>(value);
    count += bits;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>((held >> count) & 0xffU);
      held &= (1U << count) - 1U;
    }
  }
  return out;
}

/// Mostly letters and spaces, as sentences are and decoded noise is not.
bool readable(std::string_view text) {
  const auto letters = std::count_if(text.begin(), text.end(), [](char c) {
    return small(c) || capital(c) || c == ' ' || static_cast<unsigned char>(c) >= 0x80;
  });
  return static_cast<std::size_t>(letters) * 4 >= text.size() * 3;
}

/// The bytes of the printable character at the front, in UTF-8; 0 when there is none.
std::size_t printable_length(std::string_view text) {
  const auto c = static_cast<unsigned char>(text.front());
  if (c < 0x20 || c == 0x7f) return c == '\n' || c == '\t' || c == '\r' ? 1 : 0;
  return schema::detail::utf8_length(text);
}

/// What can be read of `bytes`: whatever stands before a blob may have spoilt its beginning.
void add_readable(std::vector<decoded_text>& out, const char* how, std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size() && out.size() < most_decoded;) {
    std::size_t end = at;
    while (end < bytes.size()) {
      const std::size_t length = printable_length(bytes.substr(end));
      if (length == 0) break;
      end += length;
    }
    const std::string_view run = bytes.substr(at, end - at);
    if (run.size() >= shortest_text && readable(run)) {
      const bool sentence =
          run.size() >= shortest_message && std::count(run.begin(), run.end(), ' ') >= 2;
      out.push_back({how, std::string(run), sentence});
    }
    at = end + 1;
  }
}

bool blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// Each run of digits of an encoding, and runs that only line breaks keep apart, joined.
template <class Take>
void each_run(std::string_view text, bool (*is_digit)(char), Take&& take) {
  std::string joined;
  std::size_t parts = 0;
  std::size_t last_end = 0;
  const auto finish = [&] {
    if (parts > 1) take(std::string_view(joined));
    joined.clear();
    parts = 0;
  };
  for (std::size_t at = 0; at < text.size();) {
    if (!is_digit(text[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    const std::string_view run = text.substr(begin, at - begin);
    const std::string_view gap = text.substr(last_end, begin - last_end);
    if (parts > 0 && (gap.size() > 4 || !std::all_of(gap.begin(), gap.end(), blank))) finish();
    if (run.size() >= shortest_blob) take(run);
    if (run.size() >= shortest_blob || parts > 0) {
      joined += run;
      ++parts;
    }
    last_end = at;
    if (run.size() < shortest_blob) finish();
  }
  finish();
}

}  // namespace

std::string words_of(std::string_view text) {
  // Folding loses capitals, which are the only borders in a camelCase word.
  std::string spaced;
  spaced.reserve(text.size() + text.size() / 8);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (at > 0 && capital(text[at]) && small(text[at - 1])) spaced += ' ';
    spaced += text[at];
  }
  std::string out;
  for (const char c : policy::fold(spaced)) {
    if (word_byte(c)) {
      out += c;
    } else if (c != '\'' && !out.empty() && out.back() != ' ') {
      out += ' ';  // an apostrophe is no border: don't, user's
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string without_digits(std::string_view words) {
  constexpr std::string_view letters = "oizeasgtbg";
  std::string out(words);
  for (std::size_t begin = 0; begin < out.size();) {
    std::size_t end = out.find(' ', begin);
    if (end == std::string::npos) end = out.size();
    const auto first = out.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = out.begin() + static_cast<std::ptrdiff_t>(end);
    if (std::any_of(first, last, small)) {
      std::for_each(first, last, [&](char& c) {
        if (c == '1') {
          c = 'i';
        } else if (digit(c)) {
          c = letters[static_cast<std::size_t>(c - '0')];
        }
      });
    }
    begin = end + 1;
  }
  return out;
}

std::string closed_up(std::string_view words) {
  std::string out;
  for (std::size_t at = 0; at < words.size();) {
    std::size_t end = at;
    std::string run;
    while (end < words.size() && small(words[end]) &&
           (end + 1 == words.size() || words[end + 1] == ' ') &&
           (end == 0 || words[end - 1] == ' ')) {
      run += words[end];
      end = std::min(words.size(), end + 2);
    }
    if (run.size() >= 4) {
      out += run;
      if (end < words.size()) out += ' ';
      at = end;
    } else {
      out += words[at++];
    }
  }
  return out;
}

std::string reversed(std::string_view words) {
  return {words.rbegin(), words.rend()};
}

std::string rotated(std::string_view words) {
  std::string out(words);
  for (char& c : out) {
    if (small(c)) c = static_cast<char>('a' + (c - 'a' + 13) % 26);
  }
  return out;
}

std::vector<decoded_text> decoded(std::string_view text) {
  std::vector<decoded_text> out;
  if (scan::next_escape(text, 0, false) < text.size()) {
    out.push_back({"escapes", scan::without_escapes(text).text, false});
  }
  each_run(
      text, [](char c) { return hex_value(c) >= 0; },
      [&](std::string_view run) {
        for (std::size_t skip = 0; skip < 2; ++skip) {
          add_readable(out, "hex", unpacked(run.substr(skip), 4, hex_value));
        }
      });
  each_run(
      text, [](char c) { return base64_value(c) >= 0; },
      [&](std::string_view run) {
        // Where a word runs into it, the blob begins at one of four places.
        for (std::size_t skip = 0; skip < 4; ++skip) {
          add_readable(out, "base64", unpacked(run.substr(skip), 6, base64_value));
        }
      });
  each_run(
      text, [](char c) { return base32_value(c) >= 0; },
      [&](std::string_view run) { add_readable(out, "base32", unpacked(run, 5, base32_value)); });
  return out;
}

std::size_t longest_blob(std::string_view text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = base64_value(c) >= 0 || c == '=' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

}  // namespace skein::tools
