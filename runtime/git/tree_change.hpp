// What writing and comparing trees share with each other. Not part of the contract (see
// mirror.hpp).
#pragma once

#include "runtime/git/known_objects.hpp"
#include "runtime/git/mirror.hpp"

namespace skein::git {

/// See write_tree(). `known` (or nullptr) learns the objects of both sides.
[[nodiscard]] result<std::string> add_tree(git_repository* repository, const base& from,
                                           const workspace::change_set& change,
                                           known_objects* known);

/// See diff_trees().
[[nodiscard]] result<diff> compare_trees(git_repository* repository, const git_oid& before,
                                         const git_oid& after, std::size_t max_patch_bytes);

}  // namespace skein::git
