// Whether a local repository's own `git receive-pack` would only store and move: no hook, no
// setting that receiving heeds, no work tree, no log of references. Everything not known to be
// without effect counts as an effect.
#pragma once

#include "runtime/git/local_repository.hpp"

namespace skein::git {

/// Blocking.
[[nodiscard]] bool receives_plainly(const local_repository& repository);

/// Whether it belongs to the user that this process runs as. Blocking.
[[nodiscard]] bool belongs_to_us(const std::filesystem::path& directory);

}  // namespace skein::git
