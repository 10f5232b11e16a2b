// The life of one run, message by message.
#include "tests/actors/fixture.hpp"

#include <gmock/gmock.h>

namespace skein::actors::test {

using schema::failure_class;
using state = schema::run_state;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class run_test : public fleet_fixture {};

cell::command_result exits(int code) {
  cell::command_result result;
  result.code = code;
  return result;
}

TEST_F(run_test, walks_every_stage_in_order) {
  boot_fleet();
  const auto id = submit(task("a"));
  EXPECT_EQ(run(id).state, state::published);
  EXPECT_THAT(events(id), ElementsAre("run_queued", "run_prepare", "run_agent", "tool_call_finished",
                                      "run_verify", "run_gate", "run_publish", "run_published"));
  EXPECT_EQ(fake_->workspaces_open, 0);
}

TEST_F(run_test, verifier_runs_on_the_base_first_and_its_verdict_is_remembered) {
  boot_fleet();
  submit(task("a"));
  EXPECT_THAT(fake_->lines, ElementsAre("step", "check", "check"));
  fake_->lines.clear();
  auto other = task("a");
  other.spec.agent.steps = {{"other step", std::nullopt}};
  const auto id = submit(other);
  EXPECT_THAT(fake_->lines, ElementsAre("other step", "check"));
  ASSERT_EQ(run(id).verdicts.size(), 1U);
  EXPECT_TRUE(run(id).verdicts[0].baseline_cached);
}

TEST_F(run_test, no_change_publishes_nothing) {
  fake_->empty_change = true;
  boot_fleet();
  const auto id = submit(task("a"));
  EXPECT_EQ(run(id).state, state::no_change);
  EXPECT_EQ(fake_->published, 0);
}

TEST_F(run_test, F1_task_without_scope_is_rejected_with_what_to_add) {
  boot_fleet();
  auto vague = task("a");
  vague.spec.scope.include.clear();
  const auto id = submit(vague);
  const auto row = run(id);
  EXPECT_EQ(row.state, state::rejected);
  ASSERT_TRUE(row.failed);
  EXPECT_EQ(row.failed->cls, failure_class::f1);
  EXPECT_THAT(row.failed->reason, HasSubstr("scope"));
  EXPECT_EQ(fake_->commands_run, 0);
}

TEST_F(run_test, F2_missing_repository_ends_before_the_agent) {
  fake_->prepare_fails["/repo/a"] = {errc::not_found, "no such repository /repo/a", {}};
  boot_fleet();
  const auto row = run(submit(task("a")));
  EXPECT_EQ(row.state, state::preparation_failed);
  EXPECT_EQ(row.failed->cls, failure_class::f2);
  EXPECT_EQ(fake_->commands_run, 0);
}

TEST_F(run_test, F4_timed_out_step_names_the_timeout) {
  auto timed_out = exits(0);
  timed_out.end = cell::command_end::timed_out;
  fake_->commands["step"] = timed_out;
  boot_fleet();
  const auto row = run(submit(task("a")));
  EXPECT_EQ(row.state, state::budget_exhausted);
  EXPECT_EQ(row.failed->cls, failure_class::f4);
  EXPECT_FALSE(row.failed->raw_log_ref.empty());
}

TEST_F(run_test, F5_verifier_that_passed_before_and_fails_now_blames_the_change) {
  boot_fleet();
  submit(task("a"));  // remembers the baseline: passed
  fake_->commands["check"] = exits(1);
  auto other = task("a");
  other.spec.agent.steps = {{"other step", std::nullopt}};
  const auto row = run(submit(other));
  EXPECT_EQ(row.state, state::verification_failed);
  EXPECT_EQ(row.failed->cls, failure_class::f5);
  EXPECT_EQ(fake_->published, 1);
}

TEST_F(run_test, verifier_that_failed_before_does_not_blame_the_change_but_makes_a_draft) {
  fake_->commands["check"] = exits(1);
  boot_fleet();
  const auto row = run(submit(task("a")));
  EXPECT_EQ(row.state, state::draft_published);
  ASSERT_EQ(row.verdicts.size(), 1U);
  EXPECT_EQ(row.verdicts[0].status, schema::verdict_status::failed_before);
}

TEST_F(run_test, F11_AVerifierThatFailsAndThenPassesIsFlakyAndMakesADraft) {
  fake_->command_outcomes["check"] = {exits(0), exits(1), exits(0)};
  boot_fleet();
  const auto row = run(submit(task("a")));
  EXPECT_EQ(row.state, state::draft_published);
  ASSERT_EQ(row.verdicts.size(), 1U);
  EXPECT_EQ(row.verdicts[0].status, schema::verdict_status::passed);
  EXPECT_TRUE(row.verdicts[0].flaky);
}

TEST_F(run_test, F6_attempts_end_as_budget_exhausted_and_every_attempt_is_in_the_trace) {
  fake_->commands["step"] = exits(3);
  boot_fleet();
  const auto id = submit(task("a"));
  const auto row = run(id);
  EXPECT_EQ(row.state, state::budget_exhausted);
  EXPECT_EQ(row.failed->cls, failure_class::f6);
  EXPECT_EQ(row.attempt, 3U);
  EXPECT_THAT(row.failed->reason, HasSubstr("attempt 3 of 3"));
  const auto trace = events(id);
  EXPECT_EQ(std::count(trace.begin(), trace.end(), "attempt_failed"), 3);
  EXPECT_EQ(fake_->workspaces_opened, 3);
  EXPECT_EQ(fake_->workspaces_open, 0);
}

TEST_F(run_test, F6_output_budget_ends_the_run_without_another_attempt) {
  auto exceeded = exits(0);
  exceeded.end = cell::command_end::output_exceeded;
  fake_->commands["step"] = exceeded;
  boot_fleet();
  const auto row = run(submit(task("a")));
  EXPECT_EQ(row.state, state::budget_exhausted);
  EXPECT_EQ(row.attempt, 1U);
}

TEST_F(run_test, F6_wall_clock_is_a_message_that_ends_the_run) {
  fake_->hangs = "step";
  boot_fleet();
  const auto id = submit(task("a"));
  EXPECT_EQ(run(id).state, state::agent);
  pass(std::chrono::minutes{29});
  EXPECT_EQ(run(id).state, state::agent);
  pass(std::chrono::minutes{2});
  const auto row = run(id);
  EXPECT_EQ(row.state, state::budget_exhausted);
  EXPECT_THAT(row.failed->reason, HasSubstr("wall clock"));
  EXPECT_EQ(fake_->workspaces_open, 0);
}

TEST_F(run_test, F12_rejected_push_keeps_the_patch_and_hides_nothing) {
  fake_->publications.push_back({std::nullopt, "push was rejected: hook declined", false});
  boot_fleet();
  const auto row = run(submit(task("a")));
  EXPECT_EQ(row.state, state::publish_failed);
  EXPECT_EQ(row.failed->cls, failure_class::f12);
  EXPECT_FALSE(row.patch_ref.empty());
  EXPECT_FALSE(row.published);
}

TEST_F(run_test, same_task_on_the_same_repository_is_a_duplicate) {
  boot_fleet();
  submit(task("a"));
  const auto again = submit(task("a"));
  EXPECT_EQ(run(again).state, state::duplicate);
  EXPECT_EQ(fake_->published, 1);
}

TEST_F(run_test, dry_run_stops_before_publish) {
  boot_fleet();
  auto answer = ask<submitted>(submit_run{task("a"), "alice", true});
  ASSERT_TRUE(answer);
  EXPECT_EQ(run(answer->run_id).state, state::analysis_only);
  EXPECT_EQ(fake_->published, 0);
}

TEST_F(run_test, F8_change_outside_the_scope_is_blocked) {
  boot_fleet();
  auto narrow = task("a");
  narrow.spec.scope.include = {"docs/**"};
  const auto row = run(submit(narrow));
  EXPECT_EQ(row.state, state::blocked);
  EXPECT_EQ(row.failed->cls, failure_class::f8);
  EXPECT_EQ(fake_->published, 0);
}

}  // namespace skein::actors::test
