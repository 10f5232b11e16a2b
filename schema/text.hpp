// Bounded, safe handling of text from outside: encoding checks, places and quoting for messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skein::schema::detail {

/// The bytes of the well-formed UTF-8 sequence at the front of `text`, 1 to 4; 0 when there is
/// none.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

struct bad_byte {
  std::size_t offset = 0;
  std::string what;
};
/// The first byte that no text file may hold: broken UTF-8, or a control character other than tab
/// and line breaks.
[[nodiscard]] std::optional<bad_byte> find_bad_byte(std::string_view text);

/// Code points, counting a broken byte as one.
[[nodiscard]] std::uint32_t count_characters(std::string_view text) noexcept;

/// `"text"` for a message: cut after `longest` characters, on one line.
[[nodiscard]] std::string in_quotes(std::string_view text, std::size_t longest = 60);

}  // namespace skein::schema::detail
