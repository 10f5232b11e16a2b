// Ends what a killed process may have left of a cell that was only half-made.
#pragma once

#include <cstddef>
#include <filesystem>

namespace skein::cell {

/// Kills every bubblewrap without a parent that was started for a workspace below `workspaces`.
/// bubblewrap arms "die with parent" a moment after it is forked: a process killed in between
/// leaves one that waits for ever, without having run anything. Call it while holding the state
/// lock, before the first cell. Blocking. `processes` is where procfs is mounted; a process that ends
/// while it is looked at is passed over. Returns how many were killed.
std::size_t kill_orphans(const std::filesystem::path& workspaces,
                         const std::filesystem::path& processes = "/proc");

}  // namespace skein::cell
