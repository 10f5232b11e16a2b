// A change from contents in memory (an attempt's change set beside the base), with every line of
// every touched file as context: facts that a patch cannot show are in it.
#pragma once

#include "runtime/diff/change.hpp"
#include "runtime/workspace/change.hpp"

#include <functional>
#include <optional>
#include <string>

namespace skein::diff {

struct base_file {
  std::uint32_t mode = 0100644;
  std::string content;
};

/// What the base has at a path; nullopt: nothing.
using base_fn = std::function<std::optional<base_file>(const std::string& path)>;

/// Renames are found where a removed file's content comes back unchanged at one added path. A text
/// is compared line by line while the difference is moderate; beyond that the differing middle
/// counts as replaced whole. Contents with a NUL are binary. The limits are those of a patch.
[[nodiscard]] change change_of(const workspace::change_set& files, const base_fn& base,
                               const patch_limits& limits = {});

/// Appends every line of two texts to `file`, as one hunk. The lines point into the texts.
void compare_lines(changed_file& file, std::string_view old_text, std::string_view text);

}  // namespace skein::diff
