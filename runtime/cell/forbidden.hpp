// Proves the layers of a running cell by attempting in it what each of them forbids. For `skein
// doctor`.
#pragma once

#include "runtime/cell/blocking_cell.hpp"
#include "runtime/cell/cell.hpp"

#include <vector>

namespace skein::cell {

/// Name of the copy of `skein-cell` in the workspace that makes the attempts.
constexpr const char* intruder_name = "intruder";

/// Limits that an attempt reaches at once.
extern const cell_limits tight_limits;

/// What bounds a cell of this user on this machine, beside rlimits.
struct bounded_by {
  bool processes = false;     ///< the limit of processes holds for this user
  bool memory_group = false;  ///< memory is counted by a control group
};

/// One report per layer. The cell was started with `tight_limits`, its workspace holds the
/// intruder. Blocking.
[[nodiscard]] std::vector<layer_report> attempt_forbidden(blocking_cell& inside,
                                                          const bounded_by& bounded);

/// Writes files in a cell with memory of its own until they are refused. Blocking.
[[nodiscard]] layer_report fill_disk(blocking_cell& inside);

}  // namespace skein::cell
