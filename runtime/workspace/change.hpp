// What an attempt changed, as values: the only thing that leaves a workspace.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace skein::workspace {

enum class entry_kind { regular, executable, symlink, removed };

/// One path after the change. Paths are raw bytes, relative, without `.`, `..`, empty or `.git`
/// components (any look-alike of `.git` counts as `.git`).
struct file_change {
  std::string path;
  entry_kind kind = entry_kind::regular;
  std::string content;  ///< file bytes, or the target of a symlink; empty for removed

  friend bool operator==(const file_change&, const file_change&) = default;
};

/// Sorted by path; one entry per path; a removed directory is one entry per file it had.
struct change_set {
  std::vector<file_change> files;

  [[nodiscard]] bool empty() const noexcept { return files.empty(); }
  friend bool operator==(const change_set&, const change_set&) = default;
};

/// What the reader met and left out or refused; each is shown to the user.
struct oddity {
  std::string path;    ///< fit to be shown: other bytes than printable UTF-8 are `\xNN`, shortened
  std::string reason;  ///< "fifo left in the workspace", "device node …", "unreadable …"
};

struct change_limits {
  std::uint64_t max_file_bytes = 16ULL << 20;
  std::uint64_t max_total_bytes = 64ULL << 20;
  std::uint32_t max_files = 20'000;
};

}  // namespace skein::workspace
