// What write_tree() left for a push: the pack of a change, to be sent or stored with its commit.
#pragma once

#include "runtime/git/pack_writer.hpp"

namespace skein::git {

/// The pack with everything that `commit` has beyond its only parent, the commit included.
/// `not_found` when there is none ready-made, `corrupt` when it is not as it was written. Blocking.
[[nodiscard]] result<pack_writer> stored_pack(git_repository* mirror,
                                              const std::filesystem::path& directory,
                                              const git_oid& commit);

}  // namespace skein::git
