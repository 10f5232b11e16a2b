// The part of the diff gate that every run has: what the change touches against what the task
// allows. Pure.
#pragma once

#include "schema/run.hpp"
#include "schema/task.hpp"

#include <string>
#include <vector>

namespace skein::diff {

/// A touched path; a rename touches both names.
struct touched {
  std::string path;
  std::uint32_t changed_lines = 0;
};

/// True when `path` matches one of the gitignore-like `patterns` (`*`, `?`, `[…]`, `**`, a trailing
/// `/`, a leading `/`; a pattern without a slash matches at any depth).
[[nodiscard]] bool matches_any(const std::vector<std::string>& patterns, const std::string& path);

/// Findings with action "block": path outside the scope, more files or lines than allowed.
[[nodiscard]] std::vector<schema::finding> check_scope(const schema::scope_spec& scope,
                                                       const std::vector<touched>& change);

}  // namespace skein::diff
