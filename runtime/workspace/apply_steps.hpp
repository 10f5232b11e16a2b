// What applying a change to an upper layer and to a copy have in common. Not for callers of
// workspace.hpp.
#pragma once

#include "runtime/workspace/beneath.hpp"
#include "runtime/workspace/change.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace skein::workspace {

/// A change with its paths checked: what is put there and what is taken away.
struct checked_change {
  std::vector<const file_change*> added;    ///< sorted by path
  std::vector<const file_change*> removed;  ///< sorted by path
  std::set<std::string_view> added_paths;
  std::set<std::string_view> removed_paths;

  /// True when a file is put below the directory `path`.
  [[nodiscard]] bool adds_below(std::string_view path) const;
  /// True when `path` or a directory above it becomes a file.
  [[nodiscard]] bool hides(std::string_view path) const;
};

/// `invalid` names a path that no change may have, that comes twice, or that is both a file and a
/// directory. Points into `change`.
[[nodiscard]] result<checked_change> check_change(const change_set& change);

/// `invalid`: the change was made on another base.
[[nodiscard]] error does_not_fit(std::string_view path, const std::string& found);

/// The directory part and the name of a path; the directory of a top-level name is "".
[[nodiscard]] std::string_view directory_of(std::string_view path) noexcept;
[[nodiscard]] std::string_view name_of(std::string_view path) noexcept;

/// Opens the directory `path` below `root`, making what is missing. Remembers the last one and a
/// few above it, as neighbours in a sorted change mostly share them.
class directory_maker {
 public:
  explicit directory_maker(int root) : root_(root) {}

  /// Valid until the next call. Fails with `invalid` where a file or symlink is in the way.
  [[nodiscard]] result<int> open(std::string_view path);

 private:
  struct opened_directory {
    std::size_t end = 0;  ///< of its path in path_
    descriptor opened;
  };

  int root_;
  std::string path_;                    ///< of the last one
  std::vector<opened_directory> open_;  ///< from the top down; a deep one leaves gaps
};

/// Makes the file or symlink of an added entry; nothing may be there.
[[nodiscard]] result<> write_entry(int directory, const file_change& entry);

}  // namespace skein::workspace
