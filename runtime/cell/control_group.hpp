// A control group per cell: memory, processes and CPU share of the whole cell, where this user may
// make one (cgroup v2, or v1's memory, pids and cpu controllers). Not required: rlimits hold
// without it.
#pragma once

#include "runtime/cell/cell.hpp"
#include "runtime/cell/control_hierarchy.hpp"
#include "schema/error.hpp"

#include <sys/types.h>

#include <filesystem>
#include <vector>

namespace skein::cell {

class control_group {
 public:
  control_group() = default;
  /// Removes the group; its processes must be dead.
  ~control_group() { remove(); }
  control_group(control_group&&) noexcept = default;
  control_group& operator=(control_group&& other) noexcept;

  /// `unsupported` says which folder could not be made or written.
  [[nodiscard]] static result<control_group> make(const cell_limits& limits);

  /// The same in `usable`, places that find_control_places() found with `files`.
  [[nodiscard]] static result<control_group> make(const cell_limits& limits,
                                                  const control_places& usable,
                                                  const control_files& files);

  /// Moves the calling thread into the group, so that what it starts is there from the beginning,
  /// until leave(). False where that cannot be (cgroup v2 moves whole processes only) or would be
  /// for ever. Unlike add(), it does not make the kernel wait for every other thread of the
  /// machine, which takes longer than the whole start of a cell.
  [[nodiscard]] bool enter();
  /// Moves the calling thread back; it may fail only when the kernel is out of memory.
  [[nodiscard]] result<> leave();

  /// Moves a process, and with it all it will start, into the group.
  [[nodiscard]] result<> add(pid_t pid);

  [[nodiscard]] bool limits_memory() const noexcept { return memory_; }
  [[nodiscard]] bool limits_processes() const noexcept { return processes_; }
  [[nodiscard]] bool limits_cpu() const noexcept { return cpu_; }
  [[nodiscard]] const std::vector<std::filesystem::path>& folders() const noexcept {
    return folders_;
  }
  void remove() noexcept;

 private:
  [[nodiscard]] result<> limit(const control_place& place, const std::filesystem::path& folder,
                               const cell_limits& limits);

  control_files files_;
  std::vector<std::filesystem::path> folders_;
  bool unified_ = false;
  bool memory_ = false;
  bool processes_ = false;
  bool cpu_ = false;
};

}  // namespace skein::cell
