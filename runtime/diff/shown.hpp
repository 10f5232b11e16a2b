// Foreign text made fit to be shown: in findings, and wherever they go. Not for parsing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace skein::diff {

/// On one line, at most some 160 bytes: control characters, invalid UTF-8, and characters that
/// reorder or hide text are escaped (`\n`, `\x1b`, `\u{202e}`).
[[nodiscard]] std::string shown(std::string_view text, std::size_t longest = 160);

/// Characters that make text look other than it is: direction marks, zero width, tags.
enum class hidden { no, direction, invisible, control };
[[nodiscard]] hidden hidden_kind(char32_t code) noexcept;

/// One code point from the front of `text` (which is not empty); `length` 0 bytes: invalid.
struct decoded {
  char32_t code = 0;
  std::size_t length = 0;
};
[[nodiscard]] decoded decode(std::string_view text) noexcept;

}  // namespace skein::diff
