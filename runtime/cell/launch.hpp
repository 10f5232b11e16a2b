// Starts bubblewrap with skein-cell as PID 1 and holds what is needed to end both. Not a cell: the
// conversation with PID 1 is in session.
#pragma once

#include "runtime/cell/cell.hpp"
#include "runtime/process/descriptor.hpp"
#include "schema/error.hpp"

#include <sys/types.h>

#include <atomic>
#include <memory>

namespace skein::cell {

/// The two processes outside and at the top of a cell. Shared by the session, which fills it in,
/// and by the holder of a started cell, who may only abandon it.
struct cell_processes {
  pid_t bubblewrap = -1;
  process::descriptor bubblewrap_watch;
  process::descriptor first_watch;  ///< PID 1, once it has answered

  std::atomic<bool> abandoned{false};

  /// From any thread. PID 1's death ends its whole namespace; bubblewrap's ends PID 1.
  void kill() const noexcept;
};

struct launched {
  std::shared_ptr<cell_processes> processes;
  process::descriptor socket;     ///< the host's end
  process::descriptor complaint;  ///< read end of bubblewrap's standard error, non-blocking
};

/// The cell dies when the calling thread ends.
[[nodiscard]] result<launched> launch(const cell_spec& spec);

}  // namespace skein::cell
