// What the tests of the diff gate share: the shipped tables, changes from texts, and cases from
// files.
#pragma once

#include "runtime/diff/change.hpp"
#include "runtime/diff/examine.hpp"
#include "runtime/diff/tables.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace skein::diff::test {

/// The tables of config/diff, loaded once.
const tables& shipped();

using files = std::map<std::string, std::string>;
/// What `change_of` makes of two trees.
change between(const files& before, const files& after);
/// The same as git would write it, three lines of context.
std::string as_patch(const change& all);

/// Everything is in scope, nothing is granted.
schema::task_spec open_task();

/// The rules of the findings that are more than a report.
std::set<std::string> rules_of(const examination& found);
/// The rules of all findings.
std::set<std::string> all_rules_of(const examination& found);
/// As `rule path:line action`, a line each.
std::string told(const examination& found);

struct gate_case {
  std::string name;
  files before;
  files after;
  std::set<std::string> expected;
  std::set<std::string> reported;  ///< found, whatever becomes of it
  std::set<std::string> absent;    ///< not found, though the change is near it
  std::set<std::string> capabilities;
};
/// Reads tests/data/diff_gate/*.cases; see the README there.
std::vector<gate_case> read_cases();

}  // namespace skein::diff::test
