// Moves a branch that is ours, and no other: the second push of a pull request.
#pragma once

#include "runtime/git/mirror.hpp"

namespace skein::git {

/// As push(), for a branch that is at `before` (or at `commit` already: then pushed). `commit` need be
/// no child of `before` (a rebase); a branch that is anywhere else is rejected, untouched.
[[nodiscard]] result<push_result> advance_branch(const std::filesystem::path& mirror,
                                                 const location& where, const std::string& commit,
                                                 const std::string& branch,
                                                 const std::string& before,
                                                 std::chrono::milliseconds timeout,
                                                 std::stop_token stop);

}  // namespace skein::git
