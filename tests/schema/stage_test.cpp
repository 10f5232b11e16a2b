// The vocabulary of states, and what a state means to a calling script.
#include "schema/stage.hpp"
#include "schema/run.hpp"

#include <gtest/gtest.h>

#include <set>

namespace skein::schema {
namespace {

TEST(Stage, EveryStateHasItsOwnWord) {
  std::set<std::string_view> words;
  for (const run_state each : all_run_states) {
    EXPECT_EQ(parse_run_state(to_string(each)), each);
    EXPECT_TRUE(words.insert(to_string(each)).second);
  }
  EXPECT_EQ(parse_run_state("nonsense"), std::nullopt);
  EXPECT_EQ(parse_run_state(""), std::nullopt);
}

TEST(Stage, StagesAreStatesOfTheSameName) {
  for (const stage each : all_stages) {
    EXPECT_EQ(to_string(state_of(each)), to_string(each));
    EXPECT_FALSE(is_final(state_of(each)));
  }
}

TEST(Stage, C15FinalStatesAreExactlyThoseOfTheDesign) {
  std::set<std::string_view> finals;
  for (const run_state each : all_run_states) {
    if (is_final(each)) finals.insert(to_string(each));
    EXPECT_TRUE(is_final(each) || !is_success(each)) << to_string(each);
  }
  EXPECT_EQ(finals, (std::set<std::string_view>{
                        "published", "draft_published", "no_change", "analysis_only", "rejected",
                        "duplicate", "preparation_failed", "verification_failed", "blocked",
                        "approval_denied", "budget_exhausted", "killed", "infrastructure_failed",
                        "publish_failed"}));
}

TEST(Stage, ExitCodesFollowTheInterface) {
  EXPECT_EQ(exit_code(run_state::published), 0);
  EXPECT_EQ(exit_code(run_state::duplicate), 0);
  EXPECT_EQ(exit_code(run_state::preparation_failed), 1);
  EXPECT_EQ(exit_code(run_state::rejected), 3);
  EXPECT_EQ(exit_code(run_state::blocked), 3);
  EXPECT_EQ(exit_code(run_state::approval_denied), 3);
  EXPECT_EQ(exit_code(run_state::budget_exhausted), 5);
  EXPECT_EQ(exit_code(run_state::verification_failed), 6);
  EXPECT_EQ(exit_code(run_state::killed), 7);
  for (const run_state each : all_run_states) {
    EXPECT_EQ(exit_code(each) == 8, !is_final(each)) << to_string(each);
    EXPECT_EQ(exit_code(each) == 0, is_success(each)) << to_string(each);
  }
}

}  // namespace
}  // namespace skein::schema
