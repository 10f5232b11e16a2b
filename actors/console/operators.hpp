// Who may speak to this fleet from elsewhere: STATE/operators.json, 0600, replaced whole. Tokens
// are kept as hashes, revoked operators stay listed. Not what a role may do (identity.hpp).
#pragma once

#include "actors/console/identity.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace skein::console {

struct operator_row {
  std::string name;
  console::role role = console::role::viewer;
  std::string tenant;
  std::string token_sha256;
  std::string certificate_sha256;
  std::string changed_by;  ///< added, rotated or revoked
  std::int64_t added_ms = 0;
  std::int64_t expires_ms = 0;
  std::int64_t revoked_ms = 0;  ///< 0: not
  [[nodiscard]] bool usable(std::int64_t now_ms) const noexcept {
    return revoked_ms == 0 && now_ms < expires_ms;
  }
};

/// The file's content; an absent file is nobody. `corrupt` when it does not read as one. Blocking.
[[nodiscard]] result<std::vector<operator_row>> read_operators(const std::filesystem::path& file);

/// Reads, lets `change` edit, writes; under a lock beside the file. Blocking.
template <class Change>
[[nodiscard]] result<> change_operators(const std::filesystem::path& file, Change&& change);

/// The same file, looked at again whenever it was replaced. For one thread.
class operator_book {
 public:
  explicit operator_book(std::filesystem::path file) : file_(std::move(file)) {}

  /// What stands there now. A file that cannot be read any more is nobody, and the reason is kept.
  [[nodiscard]] const std::vector<operator_row>& rows();
  [[nodiscard]] const operator_row* with_token(const std::string& token);
  [[nodiscard]] const operator_row* with_certificate(const std::string& sha256);
  [[nodiscard]] const operator_row* named(const std::string& name);

 private:
  std::filesystem::path file_;
  std::vector<operator_row> rows_;
  std::int64_t seen_ = -1;  ///< change time and inode of what was read
  std::uint64_t seen_inode_ = 0;
};

/// Locks STATE/operators.json's neighbour while alive.
class operators_lock {
 public:
  [[nodiscard]] static result<operators_lock> take(const std::filesystem::path& file);
  operators_lock(operators_lock&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  operators_lock& operator=(operators_lock&&) = delete;
  ~operators_lock();

 private:
  explicit operators_lock(int number) : number_(number) {}
  int number_;
};
[[nodiscard]] result<> write_operators(const std::filesystem::path& file,
                                       const std::vector<operator_row>& rows);

template <class Change>
result<> change_operators(const std::filesystem::path& file, Change&& change) {
  SKEIN_TRY(lock, operators_lock::take(file));
  (void)lock;
  SKEIN_TRY(rows, read_operators(file));
  SKEIN_CHECK(change(rows));
  return write_operators(file, rows);
}

}  // namespace skein::console
