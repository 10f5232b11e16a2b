// Text of foreign origin (paths, what a remote said) made fit for one line of a message.
#pragma once

#include <string>
#include <string_view>

namespace skein::git {

/// At most `limit` bytes of `text` as valid UTF-8 without control characters: those, and bytes that
/// are no UTF-8, become `\xNN`.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 300);

/// The line of git's output that says what went wrong (the last `fatal:`, `error:` or `remote:`
/// line, else the last one), printable and bounded.
[[nodiscard]] std::string reason_line(std::string_view output);

}  // namespace skein::git
