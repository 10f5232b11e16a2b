// A unified diff for a terminal.
#pragma once

#include "cli/render/style.hpp"

#include <string>
#include <string_view>

namespace skein::cli {

/// Printable, line by line, in the colours of git. `patch` is somebody else's text.
[[nodiscard]] std::string diff_text(std::string_view patch, const style& look);

}  // namespace skein::cli
