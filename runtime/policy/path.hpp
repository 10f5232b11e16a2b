// What a path in a tool call means. A text can be read in more than one way (percent-encoding,
// backslashes, look-alikes, names that Windows or macOS take for others): all readings are kept, so
// that a restriction can hold when any of them is meant and a permission only when all are. Pure:
// never looks at a file system, so links are somebody else's business.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skein::policy {

/// Where the workspace is in a cell.
inline constexpr std::string_view default_workspace_root = "/workspace";
inline constexpr std::size_t longest_path = 4096;

struct path_reading {
  std::string text;  ///< below the workspace: relative to it ("." is the root); else absolute
  bool inside = false;
  friend bool operator==(const path_reading&, const path_reading&) = default;
};

struct normalized_path {
  std::string given;
  std::vector<path_reading> literal;  ///< never empty; the first is the plain reading
  std::vector<path_reading> folded;   ///< never empty; of each literal one, as look-alikes see it
  bool unreadable = false;  ///< control characters, broken UTF-8 or too long, in some reading

  /// Below the workspace in every reading.
  [[nodiscard]] bool always_inside() const noexcept;
};

/// `workspace_root` is absolute; a relative path is taken from `directory`, itself relative to the
/// root or absolute. Linear in the path, which is cut at longest_path.
[[nodiscard]] normalized_path normalize_path(
    std::string_view given, std::string_view workspace_root = default_workspace_root,
    std::string_view directory = {});

/// A name as look-alikes see it: folded, without an alternate data stream, trailing dots and
/// spaces, and with 8.3 short names as what they most likely stand for (`git~1` is `.git`).
[[nodiscard]] std::string fold_name(std::string_view component);

/// True when a component of the path is `.git` or a name that git, HFS+, NTFS or a reader would
/// take for it. Any form of path.
[[nodiscard]] bool is_git_metadata_path(std::string_view path);

/// True for files that hold credentials by their name: environment files, private keys, key stores,
/// and the credential files of shells, clouds, containers, package managers and databases. Any form
/// of path. Templates such as `.env.example` and public keys are not secret.
[[nodiscard]] bool is_secret_path(std::string_view path);

/// As above, in any reading.
[[nodiscard]] bool is_git_metadata_path(const normalized_path& path);
[[nodiscard]] bool is_secret_path(const normalized_path& path);

namespace detail {
/// `folded` is a path_reading::text of normalized_path::folded.
[[nodiscard]] bool is_folded_git(std::string_view folded);
[[nodiscard]] bool is_folded_secret(std::string_view folded);
}  // namespace detail

}  // namespace skein::policy
