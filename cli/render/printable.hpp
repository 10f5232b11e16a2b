// Text from outside made fit for a terminal, and how wide it is there. Nothing here knows colours;
// text must come through here before an escape sequence is put around it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace skein::cli {

/// On one line: control characters (C0, DEL, C1), characters that reorder or hide text, and broken
/// UTF-8 become visible (`\n`, `\x1b`, `\u{202e}`).
[[nodiscard]] std::string printable(std::string_view text);

/// As printable, but line breaks and tabs stay.
[[nodiscard]] std::string printable_lines(std::string_view text);

/// Terminal columns of printable text: 2 for wide characters, 0 for combining ones.
[[nodiscard]] std::size_t columns(std::string_view text) noexcept;

/// At most `width` columns; what is cut off is shown as `…`. cut_front keeps the end.
[[nodiscard]] std::string cut(std::string_view text, std::size_t width);
[[nodiscard]] std::string cut_front(std::string_view text, std::size_t width);

/// Filled up with spaces to `width` columns.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width, bool right = false);

}  // namespace skein::cli
