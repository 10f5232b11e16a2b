// What a name looks like, or is to some file system: text reduced to the plain form under which
// look-alikes are equal. Not a Unicode library: only what is needed to recognise protected names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace skein::policy {

/// One code point; `length` bytes were read. Broken UTF-8 gives U+FFFD and length 1.
struct code_point {
  char32_t value = 0xfffd;
  std::uint8_t length = 1;
};
/// `text` is not empty.
[[nodiscard]] code_point first_code_point(std::string_view text) noexcept;

/// True for what shows nothing, or changes how its neighbours show: zero-width and bidirectional
/// characters, soft hyphen, variation selectors, tags, fillers.
[[nodiscard]] bool is_ignorable(char32_t value) noexcept;

/// The ASCII text that a code point looks like or is compatible with (fullwidth, mathematical,
/// small, circled forms, Cyrillic and Greek look-alikes, dots and slashes); empty: none.
[[nodiscard]] std::string_view ascii_look(char32_t value) noexcept;

/// Ignorable characters and combining marks left out, look-alikes as ASCII, letters in lower case
/// and (Latin) without marks, broken bytes as U+FFFD. Linear.
[[nodiscard]] std::string fold(std::string_view text);

/// True when `text` is well-formed UTF-8 without control characters (C0, DEL, C1).
[[nodiscard]] bool is_plain_text(std::string_view text) noexcept;

}  // namespace skein::policy
