// The variables of every command: nothing is inherited from the host.
#pragma once

#include <string>
#include <vector>

namespace skein::cell {

/// "K=V": path, home, language, and what makes package managers do as the platform says
/// (config/cell/package-managers.env). A cell's own variables and a command's replace these.
[[nodiscard]] const std::vector<std::string>& standard_environment();

}  // namespace skein::cell
