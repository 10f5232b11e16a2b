// Text as one word of a POSIX shell, for commands that a person may copy.
#pragma once

#include <string>
#include <string_view>

namespace skein::cli {

/// As it is when that is safe, otherwise in single quotes.
[[nodiscard]] std::string shell_word(std::string_view text);

}  // namespace skein::cli
