// Trees on disk for the workspace tests: a temporary directory, files in it, and what a tree shows
// as a value that can be compared.
#pragma once

#include "runtime/workspace/change.hpp"
#include "runtime/workspace/workspace.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace skein::workspace::test {

class temporary_directory {
 public:
  temporary_directory();
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  ~temporary_directory();
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// Makes the file and the directories above it.
void put(const std::filesystem::path& root, const std::string& path, const std::string& content,
         bool executable = false);
void put_symlink(const std::filesystem::path& root, const std::string& path,
                 const std::string& target);

/// Files and symlinks by path; directories only show through what they hold.
using view = std::map<std::string, file_change>;
[[nodiscard]] view read_view(const std::filesystem::path& root);

/// `before` with `change` on top.
[[nodiscard]] view with_change(view before, const change_set& change);

[[nodiscard]] file_change regular(std::string path, std::string content);
[[nodiscard]] file_change executable(std::string path, std::string content);
[[nodiscard]] file_change symlink(std::string path, std::string target);
[[nodiscard]] file_change removed(std::string path);

/// Nothing when overlayfs can be mounted in a user namespace here, else why not.
[[nodiscard]] std::optional<std::string> overlay_refused();

/// Runs `inside` in a child process whose working directory is the mounted overlay of `layout` over
/// `base`; true when it returned true. Nothing it does to mounts outlives it.
[[nodiscard]] bool in_overlay(const phase_layout& layout, const std::filesystem::path& base,
                              const std::function<bool()>& inside);

/// The same with a script for `/bin/sh -e`.
[[nodiscard]] bool edit(const phase_layout& layout, const std::filesystem::path& base,
                        const std::string& script);

/// What the mounted overlay shows.
[[nodiscard]] view mounted_view(const phase_layout& layout, const std::filesystem::path& base);

/// Runs `inside` in a child process without root's privileges (as root: as the user nobody, who is
/// made the owner of everything in `owned` but `foreign`); true when it returned true.
[[nodiscard]] bool as_ordinary_user(const std::filesystem::path& owned,
                                    const std::function<bool()>& inside,
                                    const std::filesystem::path& foreign = {});

}  // namespace skein::workspace::test
