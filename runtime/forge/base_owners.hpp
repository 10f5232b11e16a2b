// Fetches the CODEOWNERS file that counts for a pull request: that of its base branch, never of the
// change. What it means is codeowners.hpp.
#pragma once

#include "runtime/forge/codeowners.hpp"
#include "runtime/forge/forge.hpp"

#include <string>

namespace skein::forge {

/// The first of codeowners_places that exists; no rules when none does. One that is too large, or
/// is no file, is `ignored` with the reason: the later places are then not asked, as on the forge.
[[nodiscard]] answer<codeowners> read_base_owners(forge& at, const repository_name& where,
                                                  const std::string& base_branch,
                                                  const call_limits& limits);

}  // namespace skein::forge
