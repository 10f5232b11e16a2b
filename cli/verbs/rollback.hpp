// The part of `skein campaign` that takes back what was published.
#pragma once

#include "cli/invocation.hpp"

#include <string>

namespace skein::cli {

/// Blocking. The exit code: 1 when something is left for a person.
int roll_back_campaign(const global_options& global, const std::string& name, bool dry_run);

}  // namespace skein::cli
