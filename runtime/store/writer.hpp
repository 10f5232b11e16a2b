// The only writer of the state database. Owns the exclusive lock of the state directory and the
// hash chain's head. Blocking; used by the detached store actor only.
#pragma once

#include "runtime/store/operation.hpp"
#include "runtime/store/reader.hpp"
#include "schema/error.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <span>

namespace skein::store {

/// Wall clock in Unix milliseconds; tests drive it.
using clock_fn = std::function<std::int64_t()>;

/// Every path of the state directory, drawn once:
///
///   STATE/
///   ├─ lock               pid, start time and command of the owner; locked while it lives
///   ├─ skein.db           SQLite, WAL, synchronous=FULL
///   ├─ control.sock       the owner's local control socket
///   ├─ artifacts/ab/cdef… zstd, content-addressed
///   ├─ mirrors/KEY/       bare mirrors
///   ├─ bases/KEY/TREE/    read-only base checkouts
///   ├─ bases.memory       link to those in memory
///   └─ workspaces/RUN.ATTEMPT/
struct state_layout {
  std::filesystem::path root;
  [[nodiscard]] std::filesystem::path lock_file() const { return root / "lock"; }
  [[nodiscard]] std::filesystem::path database() const { return root / "skein.db"; }
  [[nodiscard]] std::filesystem::path control_socket() const { return root / "control.sock"; }
  [[nodiscard]] std::filesystem::path artifacts() const { return root / "artifacts"; }
  [[nodiscard]] std::filesystem::path forges() const { return root / "forges"; }
  [[nodiscard]] std::filesystem::path mirrors() const { return root / "mirrors"; }
  [[nodiscard]] std::filesystem::path bases() const { return root / "bases"; }
  [[nodiscard]] std::filesystem::path bases_in_memory() const { return root / "bases.memory"; }
  [[nodiscard]] std::filesystem::path workspaces() const { return root / "workspaces"; }
};

/// `$XDG_STATE_HOME/skein`, or `$HOME/.local/state/skein`.
[[nodiscard]] result<std::filesystem::path> default_state_dir();

/// Holds `STATE/lock` while alive. `in_use` names the owner's pid and command.
class state_lock {
 public:
  [[nodiscard]] static result<state_lock> acquire(const state_layout& layout,
                                                  const std::string& command);
  state_lock(state_lock&&) noexcept;
  state_lock& operator=(state_lock&&) noexcept;
  ~state_lock();

  struct owner {
    int pid = 0;
    std::string command;  ///< "serve", "campaign run" …
  };
  /// Who holds the lock now; nullopt when it is free. Does not take it.
  [[nodiscard]] static std::optional<owner> holder(const state_layout& layout);

 private:
  explicit state_lock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

class writer {
 public:
  /// Opens or creates the database and brings the schema up to date, forward only. `corrupt` when
  /// the file is no database, `unsupported` when its schema is newer than this program. The caller
  /// holds the state_lock.
  [[nodiscard]] static result<std::unique_ptr<writer>> open(const state_layout& layout,
                                                            clock_fn clock);
  virtual ~writer() = default;

  /// Applies all operations in one transaction and commits. An operation that is refused (stale,
  /// conflict, not_found) leaves no trace and does not disturb the others; a failed commit (disk
  /// full, read-only) makes every answer an `io` error and leaves the database as it was.
  [[nodiscard]] virtual std::vector<result<applied>> commit(std::span<const operation> batch) = 0;

  /// Queries that must see what this writer has committed; same connection.
  [[nodiscard]] virtual const reader& view() const = 0;
};

}  // namespace skein::store
