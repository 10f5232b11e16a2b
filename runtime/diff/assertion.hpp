// Assertions and test cases in one side of a file: what they are of, and how strongly they hold.
#pragma once

#include "runtime/diff/source_text.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace skein::diff {

struct assertion {
  std::string key;      ///< the statement without layout: equal ones assert the same
  std::string matcher;  ///< the names it is made with, and its operators
  int strength = unknown;
  std::vector<std::string> operands;  ///< arguments without layout
  std::set<std::string> words;        ///< identifiers that are no matcher
  std::set<std::string> literals;
  std::string shown;             ///< raw, bounded
  std::set<std::string> tokens;  ///< words and literals
  std::string test;              ///< the case it stands in, as far as the side shows it
  std::uint32_t line = 0;
  std::size_t hunk = 0;
};

struct test_case {
  std::string name;
  std::uint32_t line = 0;
  std::size_t hunk = 0;
  std::set<std::string> words;  ///< identifiers and literals of its body, as far as it is shown
};

/// In the order of the file. `whole_file`: a test file; else only what stands below a case.
struct test_facts {
  std::vector<test_case> cases;
  std::vector<assertion> assertions;
  bool complete = true;  ///< false: there are more than anybody writes; the rest was left out
};
[[nodiscard]] test_facts find_tests(const source_side& side, const language& as,
                                    const table_content& tables, bool whole_file);

/// Text without white space that does not separate words, with one kind of quote and no trailing
/// `;` or `,`.
[[nodiscard]] std::string squeezed(std::string_view text);

/// True for a number, a text, true, false, nothing and the like.
[[nodiscard]] bool is_literal(std::string_view operand);

/// What the assertion in `text` (with `code`, its strings blanked) is.
[[nodiscard]] assertion read_assertion(std::string_view text, std::string_view code,
                                       const language& as, const table_content& tables);

}  // namespace skein::diff
