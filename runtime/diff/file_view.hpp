// One changed file with everything that was read out of it, for the rules of this folder.
#pragma once

#include "runtime/diff/assertion.hpp"
#include "runtime/diff/change.hpp"
#include "runtime/diff/findings.hpp"
#include "runtime/diff/source_text.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace skein::diff {

struct file_view {
  const changed_file* file = nullptr;
  const language* old_language = nullptr;  ///< null: none of the table's
  const language* new_language = nullptr;
  kind_set old_kinds = 0;  ///< of the old path; 0 when the file is new
  kind_set new_kinds = 0;
  bool examined = false;  ///< the texts below were read
  source_side before;
  source_side after;
  test_facts tests_before;
  test_facts tests_after;

  [[nodiscard]] bool was(file_kind kind) const noexcept { return (old_kinds & bit(kind)) != 0; }
  [[nodiscard]] bool is(file_kind kind) const noexcept { return (new_kinds & bit(kind)) != 0; }
  [[nodiscard]] bool either(file_kind kind) const noexcept { return was(kind) || is(kind); }
};

/// Each returns nothing and adds to the findings.
void check_files(const change& all, const std::vector<file_view>& files, finding_list& into);
void check_hidden_text(const std::vector<file_view>& files, finding_list& into);
void check_tests(const std::vector<file_view>& files, const table_content& tables,
                 finding_list& into);
void check_markers(const std::vector<file_view>& files, const table_content& tables,
                   finding_list& into);
void check_thresholds(const std::vector<file_view>& files, const table_content& tables,
                      finding_list& into);
void check_dependencies(const std::vector<file_view>& files, const table_content& tables,
                        finding_list& into);

[[nodiscard]] const language* language_of(const std::string& path, const table_content& tables);
[[nodiscard]] kind_set kinds_of(const std::string& path, const language* as,
                                const table_content& tables);

}  // namespace skein::diff
