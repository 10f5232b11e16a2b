// The writable view of a base checkout that one phase of an attempt works in: an overlay whose
// upper layer is the change, or a copy where overlayfs is refused. All functions block.
#pragma once

#include "runtime/workspace/change.hpp"
#include "schema/error.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace skein::workspace {

enum class strategy { overlay, copy };

/// The directories of one phase ("agent", "baseline", "verify"), made by prepare():
///
///   ROOT/PHASE/upper   the change (strategy overlay)
///   ROOT/PHASE/work    overlayfs' own
///   ROOT/PHASE/copy    a full copy of the base (strategy copy)
struct phase_layout {
  std::filesystem::path root;  ///< STATE/workspaces/RUN.ATTEMPT
  std::string phase;
  strategy how = strategy::overlay;
  [[nodiscard]] std::filesystem::path upper() const { return root / phase / "upper"; }
  [[nodiscard]] std::filesystem::path work() const { return root / phase / "work"; }
  [[nodiscard]] std::filesystem::path copy() const { return root / phase / "copy"; }
};

/// Makes the directories; with strategy copy also copies `base` (symlinks as symlinks, sparse files
/// sparse). Constant time for overlay. `conflict` when the phase has its directories already: a phase
/// starts clean (T3.9).
[[nodiscard]] result<> prepare(const phase_layout& layout, const std::filesystem::path& base);

/// Puts `change` into a prepared, not yet mounted phase: writes files into the upper layer (and
/// whiteouts; a directory of the base whose last file goes away is whited out itself), or into the
/// copy. `invalid` names a path that no change may have or that does not fit the base, before
/// anything is written; `unsupported` where whiteouts cannot be made.
[[nodiscard]] result<> apply(const phase_layout& layout, const std::filesystem::path& base,
                             const change_set& change);

struct collected {
  change_set change;
  std::vector<oddity> oddities;  ///< things that cannot be part of a change; left out
};

/// True for a path that is not part of the change although it is new: ignored build output.
using ignored_fn = std::function<bool(const std::string& path, bool directory)>;

/// Reads what differs from `base`, in time proportional to the upper layer (overlay). Entries equal
/// to the base (touched, rewritten with the same bytes and mode) are no change. New paths that
/// `ignored` accepts are left out; paths of the base never are. Never follows a symlink, opens no
/// FIFO or device, reads at most the limits: `refused` names the path and the limit it exceeds
/// (a sparse file counts with its apparent size).
[[nodiscard]] result<collected> collect(const phase_layout& layout,
                                        const std::filesystem::path& base,
                                        const change_limits& limits, const ignored_fn& ignored);

/// Removes a workspace whatever its permission bits; never follows symlinks out of it.
[[nodiscard]] result<> remove_tree(const std::filesystem::path& root);

}  // namespace skein::workspace
