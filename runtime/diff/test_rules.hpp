// Tests that say less than before: the state that its rules share. Internal to the folder;
// test_rules.cpp has what is compared, test_flow_rules.cpp what stands inside of tests.
#pragma once

#include "runtime/diff/compare_tests.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skein::diff {

/// What a test's name says without what makes it a test.
[[nodiscard]] std::string stem_of(std::string_view name);
inline constexpr std::size_t shortest_stem = 3;

class test_rules {
 public:
  test_rules(const std::vector<file_view>& files, finding_list& into);
  void check();

 private:
  /// What became of a test file as a whole.
  void moved_to_nowhere();
  void cases();
  void lost(const file_view& view, std::size_t index, const test_case& what);
  /// A function that the change brings in and that has the test's name but is none.
  [[nodiscard]] std::string plain_function(const file_view& view, const std::string& name) const;
  static bool is_case(const file_view& view, std::uint32_t line, const std::string& name);
  static bool in_added_comment(const file_view& view, const std::string& what);
  void pairs();
  void other_operands(const assertion& before, const assertion& after,
                      const finding_list::of& what);
  void lost();
  [[nodiscard]] bool in_squeezed_comment(std::size_t index, const std::string& key);
  /// Several equalities may become one that is stronger than each of them.
  [[nodiscard]] bool covered(std::size_t index, const assertion& what) const;
  static bool parametrised_holds(const file_view& view, int wanted);
  static std::size_t parametrised_entries(const file_view& view);
  void made();
  /// SPEC T8's fixed rule; lines that stand in another test file now are only moved.
  void only_deletions(std::size_t index);
  /// Cases and assertions went, and each is in the change again.
  [[nodiscard]] bool found_elsewhere(std::size_t index) const;
  /// The lines that the change adds to test files in this language.
  const std::set<std::string>& lines_of_tests(const language* as);
  [[nodiscard]] bool moved(std::size_t index);
  static std::size_t indent_of(std::string_view line);
  /// A bare return that the change puts before an assertion of the same case.
  void early_returns(const file_view& view);
  /// True when the line stands in a case that was there before, as far as can be seen: helpers and
  /// fixtures return as they like, and so do new tests.
  [[nodiscard]] bool in_old_test(const file_view& view, std::size_t line) const;
  /// A patch may not show the assertion, but a statement right behind a bare return.
  static bool unreachable_behind(const file_view& view, std::size_t line);
  [[nodiscard]] static const assertion* assertion_behind(const file_view& view, std::size_t line);
  static std::size_t next_indent(const file_view& view, const assertion& what);
  /// A mock that stands for what the test is of, going by the file's name.
  void mocked_subject(const file_view& view);
  void mock_of(const file_view& view, std::size_t line, const std::string& target,
               const std::string& subject);
  /// The change makes a comment or a text of code that it does not touch.
  void swallowed_code(const file_view& view);

  const std::vector<file_view>& files_;
  finding_list& into_;
  test_changes changes_;
  std::vector<std::size_t> credit_;  ///< by file: cases that a parametrised test stands for
  std::set<const file_view*> told_;  ///< the file as a whole is a finding
  std::set<std::pair<std::size_t, std::string>> lost_names_;
  std::map<std::size_t, std::vector<const assertion*>> removed_assertions_;
  std::map<std::size_t, std::string> comments_;
  std::map<std::size_t, std::size_t> looked_for_;                    ///< by file
  std::map<const language*, std::set<std::string>> lines_of_tests_;  ///< that the change adds
};

}  // namespace skein::diff
