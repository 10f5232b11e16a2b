// Moves one branch of a plain local repository without a process: what its own `git receive-pack`
// would do there, which is to keep the pack, look whether anything is missing, and move the
// reference. Wherever it would do anything else (a hook, a setting, a check, a log), or anything is
// in doubt, nothing is done here and receive_pack.hpp asks git.
#pragma once

#include "runtime/git/local_repository.hpp"

#include <string>

namespace skein::git {

enum class direct_end { moved, left_to_git };

/// Moves `branch` from `before` (empty: it must not exist) to `commit`, whose parent a branch of
/// the repository must be at. Objects and reference have reached the disk when this says `moved`;
/// with `left_to_git` the branch is as it was. Blocking.
[[nodiscard]] direct_end update_directly(const local_repository& repository, const location& where,
                                         const std::filesystem::path& mirror,
                                         const std::string& commit, const std::string& branch,
                                         const std::string& before);

}  // namespace skein::git
