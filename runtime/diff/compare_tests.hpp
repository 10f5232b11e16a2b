// What became of the test cases and assertions of a change: which only moved, which took another's
// place, which are gone. Pure.
#pragma once

#include "runtime/diff/file_view.hpp"

#include <optional>
#include <vector>

namespace skein::diff {

struct lost_case {
  std::size_t file = 0;
  const test_case* what = nullptr;
};

struct replaced {
  std::size_t file = 0;  ///< of `before`
  std::size_t after_file = 0;
  const assertion* before = nullptr;
  const assertion* after = nullptr;
};

struct test_changes {
  std::vector<lost_case> lost_cases;
  std::vector<lost_case> new_cases;
  std::vector<replaced> pairs;  ///< one assertion in place of another
  std::vector<std::pair<std::size_t, const assertion*>> lost;  ///< by file
  std::vector<std::pair<std::size_t, const assertion*>> made;
};

/// Equal ones cancel wherever they are; similar ones are paired within a file first, then across.
[[nodiscard]] test_changes compare_tests(const std::vector<file_view>& files);

/// How much of `part` is in `whole`, 0 to 1.
[[nodiscard]] double share(const std::set<std::string>& part, const std::set<std::string>& whole);

}  // namespace skein::diff
