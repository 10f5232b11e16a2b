// Reads what a change is compared with from a checkout of its base, and checks a patch against what
// git says it is of.
#pragma once

#include "runtime/diff/content_change.hpp"

#include <filesystem>
#include <set>
#include <string>

namespace skein::diff {

/// Blocking where it is called. Follows no symlink; files over 1 MiB count as nothing.
[[nodiscard]] base_fn files_of(const std::filesystem::path& checkout);

/// Adds a fault when `all` is not of exactly these new (or removed) paths.
void expect_paths(change& all, const std::set<std::string>& paths);

}  // namespace skein::diff
