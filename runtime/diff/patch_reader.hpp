// Reads unified diffs, git's and plain ones, as hostile text: what a line is follows from the
// counts of its hunk alone, and every place where a header says something else than the lines is a
// fault. Reads on after a fault, so that what follows is seen too.
#pragma once

#include "runtime/diff/change.hpp"

#include <string>

namespace skein::diff {

/// Memory is some 40 bytes a line beside the text itself. Never fails: faults are in the result.
[[nodiscard]] change read_patch(std::string patch, const patch_limits& limits = {});

}  // namespace skein::diff
