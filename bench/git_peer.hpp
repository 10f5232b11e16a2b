// The peer of a workspace: a bare git repository with a history, and what one would do with git by
// hand to get a tree to change and to read the change back. Exits with a message where git fails.
#pragma once

#include "runtime/workspace/change.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace skein::bench {

struct history {
  int files = 0;
  int commits = 0;
  std::function<std::string(int)> path_of;
  std::function<std::string(int)> text_of;  ///< at the last commit
};

class git_peer {
 public:
  /// Makes `repository`: the first commit has every file, each later one brings one file, the
  /// `commit % files`th, to its last text.
  git_peer(std::filesystem::path repository, const history& past);

  /// `git worktree add`.
  void add_worktree(const std::filesystem::path& at) const;

  /// Puts the change into a worktree as an agent would have left it: git's index is up to date for
  /// what did not change (else the peer would read every file again), new files are announced to
  /// it.
  void apply(const std::filesystem::path& worktree, const workspace::change_set& change) const;

  /// `git diff --binary`, its output thrown away. Without the search for renames, which collecting
  /// does not do either.
  void diff(const std::filesystem::path& worktree) const;

  /// How many files that diff has.
  [[nodiscard]] int count_changed(const std::filesystem::path& worktree) const;

 private:
  std::filesystem::path repository_;
};

}  // namespace skein::bench
