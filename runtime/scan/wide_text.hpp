// Text of two bytes a character, as some editors save it.
#pragma once

#include <string>
#include <string_view>

namespace skein::scan {

/// The text with its zero bytes left out when it looks like UTF-16; else empty.
[[nodiscard]] std::string narrowed(std::string_view text);

}  // namespace skein::scan
