// How much a text looks like chance.
#pragma once

#include <string_view>

namespace skein::scan {

/// Shannon's entropy in bits a byte.
[[nodiscard]] double entropy_of(std::string_view text);

/// True for what a generator made: long, of several kinds of characters in no order. Nobody finds
/// such a text again by trying words against a hash of it.
[[nodiscard]] bool is_beyond_guessing(std::string_view text);

}  // namespace skein::scan
