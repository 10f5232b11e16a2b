// Checks content against an object id. For content that was given its id by somebody who detects
// SHA-1 collisions (git, libgit2); ids of new objects are made by libgit2, which does.
#pragma once

#include <git2.h>

#include <string_view>

namespace skein::git {

[[nodiscard]] bool has_id(git_object_t type, std::string_view content, const git_oid& id);

}  // namespace skein::git
