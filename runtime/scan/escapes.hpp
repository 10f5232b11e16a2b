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

/// `%41`, `\x41`, `\u0041`, `\101`, `\n`, `&#65;`, `&#x41;`, `&amp;`, `0x41`, `=41`, up to three
/// deep. Empty when there are none; escaped white space alone counts only with `line_ends`. The
/// text is shorter than 4 GiB.
[[nodiscard]] mapped_text without_escapes(std::string_view text, bool line_ends);

/// What stands between such quotes, one after another: `"ab" + "cd"` is `abcd`. Empty when fewer
/// than two are quoted. The text is shorter than 4 GiB.
[[nodiscard]] mapped_text quoted_only(std::string_view text, char quote);

}  // namespace skein::scan
