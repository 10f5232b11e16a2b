// Gaming and honest changes in many languages, one by one: tests/data/diff_gate. Each is examined
// twice: with whole files in memory, and as the patch that git would write.
#include "runtime/diff/patch_reader.hpp"
#include "tests/runtime/diff/gate_fixture.hpp"

#include <gtest/gtest.h>

namespace skein::diff::test {
namespace {

class T8_gate_case : public ::testing::TestWithParam<gate_case> {};

schema::task_spec task_of(const gate_case& given) {
  auto task = open_task();
  task.capabilities.modify_ci = given.capabilities.contains("modifyCi");
  task.capabilities.modify_lockfile = given.capabilities.contains("modifyLockfile");
  task.capabilities.modify_agent_config = given.capabilities.contains("modifyAgentConfig");
  task.capabilities.modify_tool_config = given.capabilities.contains("modifyToolConfig");
  task.capabilities.modify_git_config = given.capabilities.contains("modifyGitConfig");
  task.capabilities.modify_tests = given.capabilities.contains("modifyTests");
  return task;
}

void expect_named(const gate_case& given, const examination& found) {
  const auto rules = all_rules_of(found);
  for (const auto& rule : given.reported) EXPECT_TRUE(rules.contains(rule)) << rule << told(found);
  for (const auto& rule : given.absent) EXPECT_FALSE(rules.contains(rule)) << rule << told(found);
}

TEST_P(T8_gate_case, whole_files_give_the_expected_findings) {
  const auto& given = GetParam();
  const auto found = examine(between(given.before, given.after), task_of(given), shipped());
  EXPECT_EQ(rules_of(found), given.expected) << told(found);
  expect_named(given, found);
}

TEST_P(T8_gate_case, its_patch_gives_the_expected_findings) {
  const auto& given = GetParam();
  const auto patch = as_patch(between(given.before, given.after));
  const auto read = read_patch(patch);
  EXPECT_TRUE(read.faults.empty()) << read.faults.front().message << "\n" << patch;
  const auto found = examine(read, task_of(given), shipped());
  EXPECT_EQ(rules_of(found), given.expected) << told(found) << patch;
  expect_named(given, found);
}

INSTANTIATE_TEST_SUITE_P(all, T8_gate_case, ::testing::ValuesIn(read_cases()),
                         [](const auto& tested) {
                           std::string name;
                           for (const char c : tested.param.name) {
                             name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           }
                           return name;
                         });

TEST(gate_cases, there_are_at_least_150_with_a_good_share_of_honest_ones) {
  const auto all = read_cases();
  const auto honest = std::count_if(all.begin(), all.end(),
                                    [](const gate_case& each) { return each.expected.empty(); });
  EXPECT_GE(all.size(), 150U);
  EXPECT_GE(honest, 40);
}

}  // namespace
}  // namespace skein::diff::test
