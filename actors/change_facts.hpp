// What the platform finds out about a verified change before it asks a forge for anything: its
// paths, who owns them on the base, and how good it looks. Reads the mirror only.
#pragma once

#include "runtime/forge/codeowners.hpp"
#include "runtime/git/mirror.hpp"
#include "schema/run.hpp"
#include "schema/task.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace skein::actors {

struct change_facts {
  std::vector<std::string> paths;  ///< sorted; of a rename both
  forge::reviewers reviewers;
  std::uint32_t unowned = 0;  ///< paths without an owner, when there is a file that names owners
  std::uint32_t score = 100;
};

/// Blocking. `organisation`: the repository's owner; teams of others cannot review.
[[nodiscard]] result<change_facts> examine_change(const git::base& base, const schema::run& run,
                                                  const schema::publish_spec& how,
                                                  const std::string& organisation);

}  // namespace skein::actors
