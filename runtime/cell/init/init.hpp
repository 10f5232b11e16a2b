// The parts of `skein-cell`, PID 1 of a cell. It holds privileges of the cell's own user namespace
// so that it can mount workspaces; the commands it starts hold none. It never allocates, parses
// only fixed layouts, and treats everything else in its PID namespace as hostile.
#pragma once

#include "runtime/cell/init/protocol.hpp"

#include <linux/filter.h>

#include <cstddef>
#include <cstdint>

namespace skein::cell::init {

/// Empty, or where it went wrong and with which errno.
struct outcome {
  wire::step where = wire::step::none;
  int error = 0;
  [[nodiscard]] bool failed() const { return where != wire::step::none; }
};

/// errno at `where`.
[[nodiscard]] outcome failed_at(wire::step where);

struct settings {
  wire::setup_request limits;
  sock_fprog filter = {};
};

struct first_process {
  settings set;
  int signals = -1;   ///< signalfd of SIGCHLD
  int pristine = -1;  ///< the mount namespace no command ever runs in
  int null = -1;      ///< /dev/null
  int disk = -1;      ///< what the phase writes to, when it is watched
  bool in_phase = false;
};

/// Checks and keeps the first message. `message` must outlive `self`: the filter stays in it.
[[nodiscard]] outcome read_setup(first_process& self, char* message, std::size_t size);

/// Makes this process untouchable for commands and the cell's root unwritable.
[[nodiscard]] outcome set_up(first_process& self);

/// Gives up every privilege that phases do not need; the pristine mounts are final.
[[nodiscard]] outcome confine(first_process& self);

/// A socket that listens on `port` of the cell's loopback; negative: errno tells why.
[[nodiscard]] int listen_on(std::uint16_t port);

/// Kills and reaps everything but PID 1; adds what it used to `cpu_us`.
void kill_rest(std::uint64_t& cpu_us);

/// Binds what a toolchain reads of the host's /etc; every phase covers the rest.
[[nodiscard]] outcome bind_settings();

/// Puts a tmpfs of the allowed size where phases live; `handle` is its folder.
[[nodiscard]] outcome mount_own_memory(const wire::setup_request& limits, int& handle);

/// Remembers what the file system of `phase` holds now; to be called before its sources are hidden.
[[nodiscard]] outcome watch_disk(first_process& self, const char* phase);

/// When the disk is looked at.
enum class look { while_it_runs, at_the_end };

/// True when the watched phase holds more than it may, or its file system is nearly full. Cheap
/// while the file system does not grow; at a command's end a phase of few files is always counted.
[[nodiscard]] bool disk_exceeded(const first_process& self, look when);

/// Tries what a cell must refuse, one line `NAME OUTCOME` each; for `skein doctor`, as a command.
int attempt_all(bool only_disk);

[[nodiscard]] outcome enter_phase(first_process& self, const char* phase);

struct started {
  int pid = -1;
  outcome failure;
};

/// Starts `words` with all of containment in place, or nothing at all; the first is looked up on
/// the PATH of `environment`, and what is before it reads a script that names no program. A negative `input` stands for /dev/null.
[[nodiscard]] started start_command(const first_process& self, char** words,
                                    char* const* environment, int input, int output);

}  // namespace skein::cell::init
