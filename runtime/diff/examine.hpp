// The diff gate over one change: facts first, then the rules of the tables. Pure; some milliseconds
// for a thousand changed lines, bounded for whatever comes.
#pragma once

#include "runtime/diff/change.hpp"
#include "runtime/diff/finding.hpp"
#include "runtime/diff/tables.hpp"
#include "schema/task.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace skein::diff {

struct file_facts {
  std::string path;                ///< fit to be shown
  std::string old_path;            ///< of a rename or copy
  std::vector<std::string> kinds;  ///< "test", "ci", … as in the tables
  std::string language;            ///< empty: unknown
  std::uint32_t insertions = 0;
  std::uint32_t deletions = 0;
  std::uint32_t cases_removed = 0;  ///< test cases that only one side shows
  std::uint32_t cases_added = 0;
  std::uint32_t assertions_removed = 0;
  std::uint32_t assertions_added = 0;
};

struct examination {
  std::vector<file_facts> files;
  std::vector<finding> findings;                      ///< by file and line
  schema::risk_level risk = schema::risk_level::low;  ///< the task's, or higher
  bool raised_risk = false;                           ///< auth or security code is touched

  /// As a run keeps them: what was before and after goes into the message.
  [[nodiscard]] std::vector<schema::finding> records() const;
};

/// Everything the tables know, and the task's scope and size. `redact` sees every excerpt before it
/// is cut and shown.
[[nodiscard]] examination examine(const change& all, const schema::task_spec& task,
                                  const tables& known, const redact_fn& redact = {});

/// Paths of the change that are production code: of a known language, and neither tests, generated
/// code, configuration nor prose.
[[nodiscard]] std::set<std::string> production_files(const change& all, const tables& known);

}  // namespace skein::diff
