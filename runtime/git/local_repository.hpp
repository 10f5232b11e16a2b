// A repository on this machine, read in process. Nothing of it is executed, none of its settings
// has an effect, and nothing is written.
//
// What a hostile one can do: name other object directories in objects/info/alternates (libgit2
// follows them, five deep, absolute or relative, as git does), so its trees may name any object
// this user can read *and whose id the attacker knows*; replace or truncate its own files while
// they are read. It cannot make us read a file that is no git object, and FIFOs in the usual places
// are refused.
#pragma once

#include "runtime/git/library.hpp"
#include "runtime/git/repository.hpp"

#include <filesystem>
#include <string>

namespace skein::git {

struct local_repository {
  repository_ptr opened;
  std::filesystem::path
      directory;  ///< the git directory that holds the branches (never a worktree's)
  std::filesystem::path objects;  ///< its object directory, without symlinks
};

/// Opens exactly `where.path`, or the `.git` directory or file in it; parents are not searched.
/// `not_found` no such directory; `invalid` it is no repository. Blocking.
[[nodiscard]] result<local_repository> open_local(const location& where);

struct tip {
  std::string branch;
  git_oid commit{};
};

/// The commit that `branch` (empty: HEAD) is at. A detached HEAD is reported as branch "HEAD".
/// `not_found` no such branch; `invalid` no commits at all. Blocking.
[[nodiscard]] result<tip> resolve_local(const local_repository& from, const std::string& branch);

/// The id of refs/heads/`branch`, empty when there is none. Blocking.
[[nodiscard]] result<std::string> local_branch(const local_repository& from,
                                               const std::string& branch);

/// "refs/heads/BRANCH"; `invalid` when git allows no such name.
[[nodiscard]] result<std::string> branch_reference(const std::string& branch);

}  // namespace skein::git
