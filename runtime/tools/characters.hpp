// Characters that show one thing and say another: invisible and bidirectional ones, tags, variation
// selectors, controls, look-alikes of Latin letters.
#pragma once

#include <string>
#include <string_view>

namespace skein::tools {

struct odd_character {
  std::string_view rule;  ///< empty: none was found
  std::string what;       ///< "U+202E, a bidirectional control"
};

/// The first character of a text for people that has no business there. What writing systems and
/// emoji need is left alone: joiners between letters or emoji, a variation selector after a symbol.
[[nodiscard]] odd_character first_odd_character(std::string_view text);

/// The first word that mixes Latin letters with letters that look like Latin ones.
[[nodiscard]] std::string mixed_word(std::string_view text);

/// True for letters, digits and `_ - . /` only, starting with a letter.
[[nodiscard]] bool is_plain_name(std::string_view name) noexcept;

}  // namespace skein::tools
