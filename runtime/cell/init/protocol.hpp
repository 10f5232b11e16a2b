// What the host and `skein-cell` (PID 1 of a cell) say to each other: fixed layouts in one
// SOCK_SEQPACKET message each, same machine, same build. Not an interface to anything else.
//
//   host → PID 1   setup · enter · execute (+ the output pipe, + its input) · stop
//   PID 1 → host   hello (+ a pidfd of PID 1) · listening (+ the socket)* · ready (+ the folder of
//                  workspaces) · entered · done · failed
#pragma once

#include <cstddef>
#include <cstdint>

namespace skein::cell::wire {

constexpr std::uint32_t version = 4;
constexpr int socket_descriptor = 3;  ///< inherited by PID 1

// Paths inside a cell. Everything below `hidden` is covered before a command runs.
constexpr const char* hidden_path = "/.cell";
constexpr const char* base_path = "/.cell/base";
constexpr const char* root_path = "/.cell/root";
constexpr const char* program_path = "/.cell/init";
constexpr const char* settings_path = "/.cell/etc";  ///< the host's /etc
constexpr const char* workspace_path = "/workspace";

constexpr std::size_t max_phase = 63;
constexpr std::size_t max_line = 131'071;        ///< the kernel's limit of one argument
constexpr std::size_t max_words = 1024;          ///< of a command without a shell
constexpr std::size_t max_environment = 65'536;  ///< bytes, with the terminating zeros
constexpr std::size_t max_variables = 512;
constexpr std::size_t max_filter = 4096 * 8;
constexpr std::size_t max_ports = 4;
constexpr std::size_t max_message = 200'000;  ///< fits the default socket buffer

enum class request : std::uint32_t { setup = 1, enter, execute, stop };
enum class answer : std::uint32_t { hello = 1, ready, entered, done, failed, listening };

/// Where PID 1 or a new child was when the kernel refused.
enum class step : std::uint32_t {
  none,
  not_first_process,
  message,
  not_dumpable,
  mount_namespace,
  account_files,
  read_only,
  hide_proc,
  capabilities,
  no_new_privileges,
  child_signals,
  process_handle,
  leave_phase,
  phase_namespaces,
  overlay,
  copy,
  temporary_files,
  hide_sources,
  workspace,
  start_command,
  limits,
  descriptors,
  drop_capabilities,
  filter,
  shell,
  listen,
  toolchain_settings,
  own_memory,
  disk_watch,
};

struct setup_request {
  request kind = request::setup;
  std::uint32_t protocol = version;
  std::uint64_t memory_bytes = 0;  ///< 0: not limited by rlimit
  std::uint64_t temporary_bytes = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t processes = 0;
  std::uint64_t open_files = 0;
  std::uint64_t cpu_seconds = 0;
  std::uint64_t disk_bytes = 0;  ///< of all phases (own memory) or of one (watched)
  std::uint64_t disk_files = 0;
  std::uint32_t own_memory = 0;  ///< 1: a bounded tmpfs on ROOT; `ready` carries a handle of it
  std::uint32_t padding = 0;
  std::uint32_t overlay = 1;  ///< 0: bind ROOT/PHASE/copy
  std::uint32_t filter_bytes = 0;
  std::uint32_t port_count = 0;
  std::uint16_t ports[max_ports] = {};  ///< each answered by one `listening`
  std::uint32_t reserved = 0;
  // then the seccomp program: filter_bytes / 8 instructions
};

struct enter_request {
  request kind = request::enter;
  std::uint32_t reserved = 0;
  char phase[max_phase + 1] = {};
};

struct execute_request {
  request kind = request::execute;
  std::uint32_t line_bytes = 0;         ///< with its zero, or those of its words
  std::uint32_t words = 0;              ///< 0: a line for the shell; else it is executed without
  std::uint32_t environment_bytes = 0;  ///< with the zeros
  std::uint32_t variables = 0;
  // then the line, then the variables
};

struct stop_request {
  request kind = request::stop;
};

struct reply {
  answer kind = answer::failed;
  step where = step::none;
  std::int32_t error = 0;   ///< errno of `where`; of `done`: EDQUOT when the disk limit ended it
  std::int32_t status = 0;  ///< wait status of the command; the port of `listening`
  std::uint64_t cpu_us = 0;
};

}  // namespace skein::cell::wire
