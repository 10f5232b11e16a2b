// Text with its escapes taken out, and where each byte of the result came from. Percent signs,
// backslashes, HTML and quoted-printable: enough to see through, not a decoder of any of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein::scan {

/// Where each byte of `text` begins in the original, and at last where the original ends.
struct mapped_text {
  std::string text;
  std::vector<std::uint32_t> from;
};

/// `%41`, `\x41`, `\u0041`, `\101`, `\n`, `&#65;`, `&#x41;`, `&amp;`, `0x41, 0x42`, `=3D`, up to
/// three deep. The text is shorter than 4 GiB.
[[nodiscard]] mapped_text without_escapes(std::string_view text);

/// Where an escape begins, at `from` or later, that stands for more than punctuation or, unless
/// `line_ends`, white space; the text's size when there is none.
[[nodiscard]] std::size_t next_escape(std::string_view text, std::size_t from, bool line_ends);

/// Calls `take(begin, end)` for what stands between such quotes, in order; a quote that is not
/// closed on its line opens nothing.
template <class Take>
void each_quoted(std::string_view text, char quote, Take&& take) {
  for (std::size_t at = text.find(quote); at != std::string_view::npos; at = text.find(quote, at)) {
    std::size_t end = ++at;
    while (end < text.size() && text[end] != quote && text[end] != '\n') {
      end += text[end] == '\\' ? 2U : 1U;
    }
    if (end >= text.size() || text[end] != quote) continue;
    take(at, end);
    at = end + 1;
  }
}

/// What stands between such quotes, one after another: `"ab" + "cd"` is `abcd`. The text is shorter
/// than 4 GiB.
[[nodiscard]] mapped_text quoted_only(std::string_view text, char quote);

}  // namespace skein::scan
