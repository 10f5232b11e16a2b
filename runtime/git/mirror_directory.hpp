// The directories of mirrors and base checkouts: how they are made, named and locked.
//
//   MIRRORS/KEY/                    a bare repository of our own making; no template, hook or
//   remote MIRRORS/KEY/objects/info/alternates   for a local repository: its objects are borrowed,
//   not copied MIRRORS/KEY/objects/pack/pack-*  what was fetched, and one pack for each change
//   written MIRRORS/KEY/refs/skein/…         what was fetched, so that git knows what it has
//   MIRRORS/KEY/receive.gitconfig    defaults for a local receiving end; its own settings win
//   MIRRORS/KEY.lock                 held while fetching from a remote
//   BASES/KEY/TREE/                  one base checkout
//   BASES/KEY/lock                   held while making one
//   BASES/boot_id                    the boot that the checkouts belong to
//   *.tmp-PID-N                      half-made; renamed when whole; swept at start-up
#pragma once

#include "runtime/git/repository.hpp"
#include "schema/error.hpp"

#include <filesystem>
#include <string>

namespace skein::git {

/// The mirror of `where`, made if absent. With `borrowed`, the object directory it borrows from
/// (kept up to date when the source moves). Safe to call from several threads and processes.
/// Blocking.
[[nodiscard]] result<std::filesystem::path> make_mirror(const std::filesystem::path& mirrors,
                                                        const location& where,
                                                        const std::filesystem::path& borrowed);

/// `path` with a suffix that no other call, thread or process uses and that sweep() knows.
[[nodiscard]] std::filesystem::path temporary_beside(const std::filesystem::path& path);
[[nodiscard]] bool is_temporary(const std::filesystem::path& path);

/// Replaces a file at once, by way of a temporary name, and lets it reach the disk. Blocking.
[[nodiscard]] result<> write_file(const std::filesystem::path& path, const std::string& text);

/// An advisory lock on a file, held until destroyed. Waits as long as the holder works: every
/// holder's work has a deadline of its own.
class file_lock {
 public:
  [[nodiscard]] static result<file_lock> take(const std::filesystem::path& path);
  file_lock(file_lock&& other) noexcept;
  file_lock& operator=(file_lock&&) = delete;
  ~file_lock();

 private:
  explicit file_lock(int descriptor) noexcept : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace skein::git
