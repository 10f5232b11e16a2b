// Which names a repository's tree may hold: everything but the ones that some file system would
// take for `.git`.
#pragma once

#include <string_view>

namespace skein::workspace {

/// True for `.git` and for every name that Windows or macOS would open as `.git`: other case,
/// `git~1`, trailing spaces and dots, alternate data streams, code points that HFS+ ignores. The
/// rules are those of git's own verify_path with core.protectHFS and core.protectNTFS.
[[nodiscard]] bool is_git_directory_name(std::string_view component) noexcept;

/// True for a path that a change may have: relative, at most 4095 bytes, no NUL, no empty, `.`,
/// `..` or `.git`-like component.
[[nodiscard]] bool is_change_path(std::string_view path) noexcept;

}  // namespace skein::workspace
