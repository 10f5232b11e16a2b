// Starts one host program with nothing inherited. Not a way to wait for it: run_child() and the
// cell build on this.
#pragma once

#include "runtime/process/descriptor.hpp"
#include "schema/error.hpp"

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace skein::process {

struct spawn_spec {
  std::filesystem::path program;  ///< as given to execve; see find_program()
  std::vector<std::string> argv;
  std::vector<std::string> environment;  ///< "K=V"; nothing is inherited
  std::filesystem::path directory;       ///< empty: the current one
  std::vector<int> descriptors;          ///< the i-th becomes descriptor i of the child
};

/// A started child; whoever holds it must reap `pid`.
struct spawned {
  pid_t pid = -1;
  descriptor watch;  ///< a pidfd: readable when the child is dead
};

/// Blocks until the program runs. The child leads its own session, has default signal handling, no
/// descriptor but those listed, and is killed when the *thread* that called spawn() ends.
[[nodiscard]] result<spawned> spawn(const spawn_spec& spec);

/// `name` with a slash as it is, else the first executable of that name in PATH.
[[nodiscard]] result<std::filesystem::path> find_program(const std::string& name);

/// A program that is installed with this one: beside the running executable, then in
/// ../libexec/skein. `unsupported` when it is in neither place.
[[nodiscard]] result<std::filesystem::path> find_own_program(const std::string& name);

/// Sends a signal through a pidfd: never hits a reused process id.
void signal_process(const descriptor& watch, int signal) noexcept;

/// Reaps a child: the wait status, or -1 when somebody else did. Blocks until it is dead.
int reap(pid_t pid) noexcept;

}  // namespace skein::process
