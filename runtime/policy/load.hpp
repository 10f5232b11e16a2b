// Policy files → engine: the shipped rules, with those of further files added or put in their
// place.
#pragma once

#include "runtime/policy/engine.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace skein::policy {

/// Blocking. The rules of every *.yaml of `directory`, and then of `files` ("-": standard input),
/// of which one replaces a rule of the same name. `invalid` has a line `file:line:col: …` for each
/// thing that is wrong. A missing directory has no rules.
[[nodiscard]] result<std::vector<schema::policy_rule>> load_rules(
    const std::filesystem::path& directory, const std::vector<std::string>& files);

/// As load_rules, compiled; a rule whose examples do not come out as promised is `invalid` too.
[[nodiscard]] result<engine> load(const std::filesystem::path& directory,
                                  const std::vector<std::string>& files = {});

}  // namespace skein::policy
