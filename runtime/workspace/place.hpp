// Where workspaces live: in memory when there is room, else on the state directory's disk.
#pragma once

#include "schema/error.hpp"

#include <cstdint>
#include <filesystem>

namespace skein::workspace {

/// Makes `link` (STATE/workspaces) ready. Workspaces are made and thrown away by the thousand, and
/// disks pay for that in every later file they make (ext4 passes over recently deleted inodes), so
/// `link` becomes a symlink to a private folder below `memory` (a tmpfs such as /dev/shm) if that has
/// `wanted_bytes` free; otherwise, or when `memory` is empty, a plain directory. A link left by an
/// earlier process is used again. Returns whether workspaces are in memory. Blocking.
[[nodiscard]] result<bool> settle(const std::filesystem::path& link,
                                  const std::filesystem::path& memory, std::uint64_t wanted_bytes);

/// What can still be put below `memory` (a tmpfs) without making others suffer: what it has free, or
/// what the machine has available if that is less; 0 when neither can be told. Blocking.
[[nodiscard]] std::uint64_t free_memory(const std::filesystem::path& memory);

}  // namespace skein::workspace
