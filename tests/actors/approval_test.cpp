// A change that waits for people: parked without a cell, answered, expired, killed.
#include "tests/actors/fixture.hpp"

#include <gmock/gmock.h>

namespace skein::actors::test {

using state = schema::run_state;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class approval_actors : public fleet_fixture {
 protected:
  /// Of `ada`, and of high risk: the shipped policy wants two people.
  std::string parked(const std::string& repository = "a",
                     schema::risk_level risk = schema::risk_level::high) {
    auto wanted = task(repository);
    wanted.spec.risk = risk;
    return submit(wanted);
  }
  result<run_decided> answer(const std::string& id, const std::string& by, bool approve = true) {
    decide_run order;
    order.value.run_id = id;
    order.value.diff_sha256 = std::string(64, 'd');
    order.value.approve = approve;
    order.value.by = by;
    order.value.reason = "looked at it";
    return ask<run_decided>(order);
  }
  std::string submitter(const std::string& id) { return run(id).submitter; }
};

TEST_F(approval_actors, H_HighRiskIsParkedWithoutCellAndSlotUntilTwoPeopleSaidYes) {
  boot_fleet(1);
  const auto id = parked();
  EXPECT_EQ(run(id).state, state::waiting_approval);
  EXPECT_EQ(fake_->workspaces_open, 0);
  EXPECT_EQ(ask<active_answer>(get_active{})->runs, 0U);
  EXPECT_EQ(fake_->published, 0);
  EXPECT_EQ(run(submit(task("b"))).state, state::published);  // the only cell is free
  EXPECT_EQ(answer(id, "bob")->state, state::waiting_approval);
  EXPECT_EQ(answer(id, "eve")->state, state::publish);
  EXPECT_EQ(run(id).state, state::published);
  EXPECT_EQ(fake_->published, 2);
}

TEST_F(approval_actors, C12_NobodyApprovesTheirOwnRun) {
  boot_fleet();
  const auto id = parked();
  const auto own = answer(id, submitter(id));
  ASSERT_FALSE(own);
  EXPECT_EQ(own.error().code, errc::unauthorised);
  EXPECT_EQ(run(id).state, state::waiting_approval);
}

TEST_F(approval_actors, H_ADenialEndsTheRunAndPublishesNothing) {
  boot_fleet();
  const auto id = parked();
  EXPECT_EQ(answer(id, "bob", false)->state, state::approval_denied);
  EXPECT_THAT(run(id).failed->reason, HasSubstr("denied by bob: looked at it"));
  EXPECT_EQ(fake_->published, 0);
}

TEST_F(approval_actors, H_ParkedRunsSurviveARestartAndAreAnsweredAfterIt) {
  boot_fleet();
  const auto id = parked();
  ASSERT_TRUE(answer(id, "bob"));
  crash();
  boot_fleet();
  EXPECT_EQ(run(id).state, state::waiting_approval);
  EXPECT_EQ(run(id).crashes, 0U);
  EXPECT_EQ(answer(id, "eve")->state, state::publish);
  EXPECT_EQ(run(id).state, state::published);
}

TEST_F(approval_actors, S3_AnApprovedRunIsPublishedAfterACrash) {
  fake_->publisher_hangs = true;
  boot_fleet();
  const auto id = parked();
  ASSERT_TRUE(answer(id, "bob"));
  ASSERT_TRUE(answer(id, "eve"));
  EXPECT_EQ(run(id).state, state::publish);
  crash();
  fake_->publisher_hangs = false;
  boot_fleet();
  EXPECT_EQ(run(id).state, state::published);
  EXPECT_EQ(fake_->published, 1);
}

TEST_F(approval_actors, H_NobodyAnsweredInTime) {
  config_.approvals.expire_after = std::chrono::hours{2};
  config_.approvals.escalate_after = std::chrono::hours{1};
  boot_fleet();
  const auto id = parked();
  pass(std::chrono::minutes{59});
  EXPECT_THAT(events(id), Not(Contains("approval_escalated")));
  pass(std::chrono::minutes{2});
  EXPECT_THAT(events(id), Contains("approval_escalated"));
  EXPECT_EQ(run(id).state, state::waiting_approval);
  pass(std::chrono::hours{1});
  EXPECT_EQ(run(id).state, state::approval_denied);
  EXPECT_THAT(run(id).failed->reason, HasSubstr("in time"));
  EXPECT_FALSE(answer(id, "bob"));
}

TEST_F(approval_actors, T9_11_KillEndsWhatIsParked) {
  boot_fleet();
  const auto id = parked();
  store::switch_row off;
  off.kind = store::switch_kind::kill;
  off.scope = store::switch_scope::run;
  off.target = id;
  off.by = "bob";
  ASSERT_TRUE(ask<switch_report>(operate_switch{off}));
  EXPECT_EQ(run(id).state, state::killed);
  EXPECT_FALSE(answer(id, "bob"));
  EXPECT_EQ(fake_->published, 0);
}

TEST_F(approval_actors, F3_AStepThatThePolicyForbidsIsNotExecuted) {
  policy_ = "rules: [{rule: no_steps, when: {tool: run_step}, action: deny, reason: not here}]";
  boot_fleet();
  const auto id = submit(task("a"));
  EXPECT_EQ(run(id).state, state::blocked);
  EXPECT_EQ(run(id).failed->cls, schema::failure_class::f3);
  EXPECT_THAT(run(id).failed->reason, HasSubstr("no_steps: not here"));
  EXPECT_THAT(events(id), Contains("policy_denied"));
  EXPECT_TRUE(fake_->lines.empty());
}

TEST_F(approval_actors, B7_WhatTheCellTriedToReachIsInTheTraceAndALeakBlocksTheRun) {
  fake_->hangs = "step";
  boot_fleet();
  const auto id = submit(task("a"));
  ASSERT_EQ(run(id).state, state::agent);
  egress::event refused;
  refused.host = "example.org";
  refused.reason = egress::outcome::host_not_allowed;
  tell_run(way_out_tried{refused});
  EXPECT_THAT(events(id), Contains("egress_attempt"));
  EXPECT_EQ(run(id).state, state::agent);
  egress::event leak;
  leak.reason = egress::outcome::leak;
  tell_run(way_out_tried{leak});
  EXPECT_EQ(run(id).state, state::blocked);
  EXPECT_EQ(run(id).failed->cls, schema::failure_class::f7);
  EXPECT_EQ(stored().incidents(id, "", 0)->size(), 1U);
  EXPECT_EQ(fake_->workspaces_open, 0);
}

}  // namespace skein::actors::test
