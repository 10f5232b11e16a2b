// Shows the gate the whole of a changed test file where a patch has only the lines around a change:
// an assertion may stand far behind the return that was put before it.
#pragma once

#include "runtime/diff/content_change.hpp"
#include "runtime/diff/tables.hpp"

namespace skein::diff {

/// Replaces the hunks of test files in `all` by one each with every line; `files` is the change
/// that `all` is the patch of. Counts stay those of the patch. Files over 1 MiB are left as they
/// are.
void show_whole_tests(change& all, const workspace::change_set& files, const base_fn& base,
                      const tables& known);

}  // namespace skein::diff
