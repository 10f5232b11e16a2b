// A cell: one bubblewrap per attempt with a static PID 1 (`skein-cell`) that executes commands on
// request over an inherited socket. Untrusted code runs here and nowhere else.
#pragma once

#include "runtime/process/descriptor.hpp"
#include "runtime/process/io_loop.hpp"
#include "runtime/workspace/workspace.hpp"
#include "schema/error.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace skein::cell {

/// Limits that always apply to every process of the cell (rlimits), and to the cell as a whole
/// where cgroups are writable. 0: the platform's default.
struct cell_limits {
  std::uint64_t memory_bytes = 4ULL << 30;
  std::uint32_t processes = 512;
  std::uint64_t file_bytes = 8ULL << 30;  ///< largest single file
  std::uint32_t open_files = 1024;
  std::chrono::seconds cpu{3600};
  /// What the workspaces of the cell may hold together when it has memory of its own for them, else
  /// what each of them may hold.
  std::uint64_t disk_bytes = 8ULL << 30;
  std::uint64_t disk_files = 2'000'000;
  std::uint32_t cpu_percent = 0;  ///< of one processor, as 150 is one and a half; 0: not limited
};

/// The families of sockets a command may make. `unix_only`: sockets between the processes of the
/// cell. `internet` adds TCP and UDP, inside the cell's own network namespace: its loopback and
/// what the host answers there. No other family in either case.
enum class sockets { unix_only, internet };

/// Where the phases of a cell are. `root`: below `cell_spec::root`; the first process watches what
/// a phase holds and ends a command that exceeds the limit or would fill the disk. `own_memory`: in
/// a tmpfs of exactly the allowed size, made with the cell and gone with it; see
/// `cell::workspaces()`.
enum class storage { root, own_memory };

/// A TCP port of the cell's own loopback that something outside answers: the cell's network
/// namespace has no way out, but a socket that listens inside it may be held outside.
struct loopback_port {
  std::uint16_t number = 0;  ///< from 1024
  /// Gets the listening socket, on the loop's thread, before the cell is ready. Only the cell's own
  /// programs can connect to it; once closed, the port refuses.
  std::function<void(process::descriptor)> listening;
};

/// Something of the host's that a cell may read and execute: a program and what it needs.
struct mount {
  std::filesystem::path from;  ///< absolute; a file or a folder that exists
  std::filesystem::path to;    ///< absolute; nothing that a cell has already
};

struct cell_spec {
  std::string name;            ///< RUN.ATTEMPT, for messages
  std::filesystem::path base;  ///< the read-only base checkout
  std::filesystem::path root;  ///< STATE/workspaces/RUN.ATTEMPT: where phases live
  workspace::strategy how = workspace::strategy::overlay;
  cell_limits limits;
  std::vector<loopback_port> ports;  ///< at most 4; with one, `families` is `internet`
  std::vector<mount> mounts;        ///< at most 8, read-only
  sockets families = sockets::unix_only;
  storage where = storage::root;
  std::vector<std::string> environment;  ///< "K=V", added to the minimal one of every command
};

/// A command line for `/bin/sh -c`, run in the repository's root (`/workspace` in the cell).
struct command {
  std::string line;
  std::vector<std::string> environment;  ///< "K=V", added to those of the cell
  std::chrono::milliseconds timeout{std::chrono::minutes{5}};
  std::uint64_t output_limit = 1ULL << 20;  ///< bytes of stdout and stderr together
  bool kill_on_output_limit = false;        ///< else: the rest is read and dropped
  /// Its standard input, at the offset it has; empty: /dev/null. See process::memory_file(). A
  /// socket lets somebody outside talk with the command while it runs.
  std::shared_ptr<const process::descriptor> input;
};

/// A command that exceeded the disk limit ends `signalled` with SIGXFSZ, and its output says so.
enum class command_end { exited, signalled, timed_out, output_exceeded, killed };

struct command_result {
  command_end end = command_end::exited;
  int code = 0;                    ///< exit status, or the signal's number
  std::string output;              ///< stdout and stderr interleaved; head and tail when truncated
  std::uint64_t output_bytes = 0;  ///< before truncation
  bool truncated = false;
  std::int64_t duration_ms = 0;
  std::int64_t cpu_ms = 0;  ///< of the whole process tree
};

/// Callbacks run on the loop's thread. A cell dies with its last reference, with kill(), and with
/// the process. One request at a time; a second one answers `conflict`.
class cell : public std::enable_shared_from_this<cell> {
 public:
  using started_fn = std::function<void(result<std::shared_ptr<cell>>)>;

  /// Sets up every layer or fails closed: `unsupported` names the layer and what to do.
  static void start(process::io_loop& loop, cell_spec spec, started_fn done);
  virtual ~cell() = default;

  /// The folder in which phases are prepared and read (`workspace::phase_layout::root`):
  /// `cell_spec::root`, or with storage::own_memory a path that this process alone can open, valid
  /// while the cell is held.
  [[nodiscard]] virtual const std::filesystem::path& workspaces() const = 0;

  /// Leaves the current phase, kills what is left of it, and enters a fresh mount namespace with
  /// the prepared workspace of `phase` at /workspace, a new /tmp and a new IPC namespace.
  virtual void enter_phase(const std::string& phase, std::function<void(result<>)> done) = 0;

  /// Runs one command in the current phase. Everything it started is dead before `done` is called.
  virtual void execute(command what, std::function<void(result<command_result>)> done) = 0;

  /// Kills every process and ends the cell; `done` is called when the last one is dead. A pending
  /// request is answered first, with `cancelled`. May be called twice.
  virtual void kill(std::function<void()> done) = 0;
};

/// One layer of containment on this machine.
struct layer_report {
  std::string layer;  ///< "bubblewrap", "user namespace", "overlayfs", "seccomp", "cgroup" …
  bool works = false;
  bool required = true;  ///< without it nothing runs
  std::string evidence;  ///< what was tried and what happened
  std::string remedy;
};

/// Blocking, for `skein doctor`: tries each layer for real.
[[nodiscard]] std::vector<layer_report> probe_layers(const std::filesystem::path& scratch);

/// overlay when overlayfs can be mounted under `root`, else copy. Blocking; answers from one
/// attempt.
[[nodiscard]] workspace::strategy choose_strategy(const std::filesystem::path& root);

/// Where the program `skein-cell` is: beside the running executable, then ../libexec/skein.
[[nodiscard]] result<std::filesystem::path> find_cell_program();

}  // namespace skein::cell
