// A text as a model can read it although it is not written so: without letters that look like
// others, out of encodings, backwards, with digits for letters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace skein::tools {

/// Small letters, digits and letters of other scripts, each run of anything else as one space, with
/// a word of `camelCase` split up. `text` is folded by policy::fold() first.
[[nodiscard]] std::string words_of(std::string_view text);

/// `h3ll0` as `hello`; words of digits alone stay.
[[nodiscard]] std::string without_digits(std::string_view words);
/// `i g n o r e` as `ignore`: runs of four and more single letters.
[[nodiscard]] std::string closed_up(std::string_view words);
[[nodiscard]] std::string reversed(std::string_view words);
[[nodiscard]] std::string rotated(std::string_view words);  ///< by 13 letters

struct decoded_text {
  std::string how;     ///< "base64", "hex", "escapes"
  std::string text;    ///< readable
  bool hides = false;  ///< it is long enough to say something, and nothing else explains it
};
/// Readable texts that are encoded in `text`, at most 50 of them and not deeper than one layer.
[[nodiscard]] std::vector<decoded_text> decoded(std::string_view text);

/// The longest run of characters that could be base64 or hexadecimal digits.
[[nodiscard]] std::size_t longest_blob(std::string_view text);

}  // namespace skein::tools
