// Turns what PID 1 reports into the error a user reads: which layer, what the kernel said, what to
// do.
#pragma once

#include "runtime/cell/init/protocol.hpp"
#include "schema/error.hpp"

#include <string>

namespace skein::cell {

/// `cell` names the cell.
[[nodiscard]] error refusal(const std::string& cell, const wire::reply& failed);

/// bubblewrap ended before the cell was ready; `said` is its standard error.
[[nodiscard]] error bubblewrap_refusal(const std::string& cell, const std::string& said);

}  // namespace skein::cell
