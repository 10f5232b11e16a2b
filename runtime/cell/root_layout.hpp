// Which files of the host a cell sees, as bubblewrap arguments: the toolchain, read-only, the base,
// and the workspaces of one attempt. Nothing else.
#pragma once

#include "runtime/cell/cell.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace skein::cell {

/// argv of bubblewrap for `spec`, ending with the cell program as PID 1.
[[nodiscard]] std::vector<std::string> bubblewrap_arguments(const cell_spec& spec,
                                                            const std::filesystem::path& program);

}  // namespace skein::cell
