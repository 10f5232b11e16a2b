// Whether the terminal that TERM names can show more than one line after the other. Apart from
// terminal.cpp, because the header of terminfo takes hundreds of short names for itself.
#pragma once

namespace skein::cli::screen {

/// False for a terminal that is unknown here, or on which the cursor cannot be placed.
[[nodiscard]] bool terminal_places_cursor(int descriptor) noexcept;

}  // namespace skein::cli::screen
