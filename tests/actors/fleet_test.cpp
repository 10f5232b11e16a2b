// Supervision, switches, quotas, campaigns and recovery.
#include "tests/actors/fixture.hpp"

#include <gmock/gmock.h>

namespace skein::actors::test {

using state = schema::run_state;
using ::testing::HasSubstr;

class fleet_test : public fleet_fixture {
 protected:
  schema::campaign campaign(std::uint32_t first_wave, double require) {
    schema::campaign made;
    made.name = "old-api";
    made.tenant = "payments";
    made.task = task("none").spec;
    made.task.repo = {};
    made.waves.resize(2);
    made.waves[0].size = first_wave;
    made.waves[0].require_success = require;
    made.waves[1].rest = true;
    return made;
  }

  /// Stores a campaign as intake does once its repositories are known.
  void start(const schema::campaign& what, const std::vector<std::string>& repositories) {
    schema::campaign listed = what;
    for (const auto& name : repositories) {
      schema::repo_selector selector;
      selector.url = "/repo/" + name;
      listed.repos.push_back(selector);
    }
    caf::scoped_actor self{*system_};
    auto answer = self->request(fleet_, caf::infinite, submit_campaign{listed, "/", "alice", false});
    // Expansion runs on the pool; its answer is a message that arrives from outside.
    bool answered = false;
    while (!answered) {
      settle();
      const auto known = stored().campaign(what.name);
      answered = known.has_value();
      std::this_thread::yield();
    }
    settle();
    answer.receive([](const campaign_submitted&) {},
                   [](const caf::error& failed) { FAIL() << from_caf(failed, "start").message; });
    settle();
  }

  std::map<state, int> totals() {
    std::map<state, int> sum;
    for (const auto& wave : *stored().totals("old-api")) {
      for (const auto& [value, count] : wave.states) sum[value] += static_cast<int>(count);
    }
    return sum;
  }
};

TEST_F(fleet_test, only_as_many_runs_as_cells_are_at_work) {
  fake_->hangs = "step";
  boot_fleet(2);
  for (const auto* name : {"a", "b", "c", "d"}) submit(task(name));
  EXPECT_EQ(fake_->workspaces_open, 2);
  store::run_filter queued;
  queued.state = state::schedule;
  EXPECT_EQ(*stored().count_runs(queued), 2U);
}

TEST_F(fleet_test, one_run_at_a_time_for_each_repository) {
  fake_->hangs = "step";
  boot_fleet(4);
  submit(task("a"));
  auto other = task("a");
  other.spec.agent.steps.push_back({"more", std::nullopt});
  const auto second = submit(other);
  EXPECT_EQ(fake_->workspaces_open, 1);
  EXPECT_EQ(run(second).state, state::schedule);
}

TEST_F(fleet_test, S2_tenant_grants_leases_and_takes_them_back_when_a_run_ends) {
  config_.tenants["payments"].max_concurrency = 1;
  fake_->hangs = "step";
  boot_fleet(4);
  const auto first = submit(task("a"));
  const auto second = submit(task("b"));
  EXPECT_EQ(run(second).state, state::schedule);
  fake_->hangs.clear();
  store::switch_row kill;
  kill.kind = store::switch_kind::kill;
  kill.scope = store::switch_scope::run;
  kill.target = first;
  ASSERT_TRUE(ask<switch_report>(operate_switch{kill}));
  EXPECT_EQ(run(first).state, state::killed);
  EXPECT_EQ(run(second).state, state::published);
}

TEST_F(fleet_test, T9_11_kill_switch_reaches_running_and_queued_runs_and_holds_new_ones_off) {
  fake_->hangs = "step";
  boot_fleet(1);
  const auto working = submit(task("a"));
  const auto queued = submit(task("b"));
  store::switch_row kill;
  kill.kind = store::switch_kind::kill;
  kill.reason = "incident 7";
  auto report = ask<switch_report>(operate_switch{kill});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->stopped_runs, 1U);
  EXPECT_EQ(report->stopped_queued, 1U);
  EXPECT_EQ(fake_->workspaces_open, 0);
  EXPECT_EQ(run(working).state, state::killed);
  EXPECT_EQ(run(queued).state, state::killed);
  EXPECT_THAT(run(working).failed->reason, HasSubstr("incident 7"));
  auto refused = ask<submitted>(submit_run{task("c"), "alice", false});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::refused);

  // Durable: a restart does not lift it.
  crash();
  boot_fleet();
  EXPECT_FALSE(ask<submitted>(submit_run{task("c"), "alice", false}));
  store::lift_switch lift;
  ASSERT_TRUE(ask<switch_report>(operate_lift{lift}));
  EXPECT_TRUE(ask<submitted>(submit_run{task("c"), "alice", false}));
}

TEST_F(fleet_test, hold_admits_nothing_and_release_lets_it_go) {
  boot_fleet();
  store::switch_row hold;
  hold.scope = store::switch_scope::tenant;
  hold.target = "payments";
  ASSERT_TRUE(ask<switch_report>(operate_switch{hold}));
  const auto id = submit(task("a"));
  EXPECT_EQ(run(id).state, state::schedule);
  store::lift_switch lift;
  lift.scope = store::switch_scope::tenant;
  lift.target = "payments";
  ASSERT_TRUE(ask<switch_report>(operate_lift{lift}));
  EXPECT_EQ(run(id).state, state::published);
}

TEST_F(fleet_test, F10_workspace_that_dies_costs_an_attempt_and_the_next_one_is_clean) {
  fake_->hangs = "step";
  boot_fleet(1);
  const auto id = submit(task("a"));
  fake_->hangs.clear();
  // The only workspace there is: the worker's youngest child. Its death is a worker crash.
  crash();
  boot_fleet(1);
  const auto row = run(id);
  EXPECT_EQ(row.state, state::published);
  EXPECT_EQ(row.attempt, 2U);
  EXPECT_EQ(row.crashes, 1U);
}

TEST_F(fleet_test, S3_run_in_publish_goes_on_with_its_outbox_after_a_crash) {
  fake_->publisher_hangs = true;
  boot_fleet(1);
  const auto id = submit(task("a"));
  EXPECT_EQ(run(id).state, state::publish);
  const int commands = fake_->commands_run;
  crash();
  fake_->publisher_hangs = false;
  boot_fleet(1);
  EXPECT_EQ(run(id).state, state::published);
  EXPECT_EQ(run(id).attempt, 1U);
  EXPECT_EQ(fake_->commands_run, commands);
}

TEST_F(fleet_test, run_that_takes_the_process_down_again_and_again_is_given_up) {
  config_.max_crashes = 3;
  fake_->hangs = "step";
  boot_fleet(1);
  const auto id = submit(task("a"));
  for (int i = 0; i < 4; ++i) {
    crash();
    boot_fleet(1);
  }
  EXPECT_EQ(run(id).state, state::infrastructure_failed);
  EXPECT_EQ(run(id).failed->cls, schema::failure_class::f10);
}

TEST_F(fleet_test, second_wave_waits_for_the_first) {
  fake_->hangs = "step";
  boot_fleet(4);
  start(campaign(2, 1.0), {"a", "b", "c", "d"});
  EXPECT_EQ(fake_->workspaces_open, 2);
}

TEST_F(fleet_test, campaign_that_succeeds_opens_every_wave_and_completes) {
  boot_fleet(4);
  start(campaign(1, 1.0), {"a", "b", "c"});
  pass(std::chrono::seconds{6});
  EXPECT_EQ(totals()[state::published], 3);
  EXPECT_EQ(stored().campaign("old-api")->state, schema::campaign_state::completed);
}

TEST_F(fleet_test, wave_below_requireSuccess_halts_the_rest) {
  fake_->prepare_fails["/repo/a"] = {errc::not_found, "gone", {}};
  boot_fleet(4);
  start(campaign(2, 0.8), {"a", "b", "c"});
  const auto row = *stored().campaign("old-api");
  EXPECT_EQ(row.state, schema::campaign_state::halted);
  EXPECT_THAT(row.reason, HasSubstr("50%"));
  EXPECT_EQ(totals()[state::schedule], 1);
  // An operator who has looked lets it go on.
  ASSERT_TRUE(ask<campaign_answer>(control_campaign{"old-api", campaign_act::resume, "bob", ""}));
  settle();
  EXPECT_EQ(totals()[state::published], 2);
}

TEST_F(fleet_test, what_an_operator_let_pass_is_let_pass_after_a_crash) {
  for (const auto* name : {"a", "b", "c", "d", "e"}) {
    fake_->prepare_fails[std::string("/repo/") + name] = {errc::not_found, "gone", {}};
  }
  fake_->hangs = "step";
  boot_fleet(8);
  auto wanted = campaign(5, 0);
  wanted.limits.max_failure_rate = 0.2;
  start(wanted, {"a", "b", "c", "d", "e", "f"});
  pass(std::chrono::seconds{6});
  ASSERT_EQ(stored().campaign("old-api")->state, schema::campaign_state::halted);
  ASSERT_TRUE(ask<campaign_answer>(control_campaign{"old-api", campaign_act::resume, "bob", ""}));
  pass(std::chrono::seconds{6});
  ASSERT_EQ(stored().campaign("old-api")->state, schema::campaign_state::running);
  crash();
  boot_fleet(8);
  pass(std::chrono::seconds{6});
  pass(std::chrono::seconds{6});
  EXPECT_EQ(stored().campaign("old-api")->state, schema::campaign_state::running)
      << stored().campaign("old-api")->reason;
  EXPECT_TRUE(stored().verify_chain());
}

TEST_F(fleet_test, T10_open_pull_requests_stay_within_the_limit_when_people_approve_several_at_once) {
  boot_fleet(2);
  auto wanted = campaign(2, 0);
  wanted.task.risk = schema::risk_level::high;
  wanted.limits.max_open_pull_requests = 1;
  start(wanted, {"a", "b"});
  for (int i = 0; i < 4; ++i) pass(std::chrono::seconds{11});
  ASSERT_EQ(totals()[state::waiting_approval], 2);
  fake_->publisher_hangs = true;
  std::size_t waiting = 0;
  for (const auto& each : stored().runs({}).value()) {
    for (const auto* who : {"bob", "eve"}) {
      decide_run order;
      order.value.run_id = each.id;
      order.value.diff_sha256 = std::string(64, 'd');
      order.value.approve = true;
      order.value.by = who;
      order.value.reason = "looked at it";
      ASSERT_TRUE(ask<run_decided>(order));
    }
  }
  pass(std::chrono::seconds{61});
  ASSERT_EQ(totals()[state::publish], 2);
  for (const auto& each : stored().runs({}).value()) {
    const auto said = events(each.id);
    waiting += std::count(said.begin(), said.end(), "pull_request_waits") > 0 ? 1 : 0;
  }
  EXPECT_EQ(waiting, 1U) << "one goes, one waits";
}

TEST_F(fleet_test, paused_campaign_admits_nothing_until_resumed) {
  fake_->hangs = "step";
  boot_fleet(1);
  start(campaign(3, 0), {"a", "b", "c"});
  ASSERT_TRUE(ask<campaign_answer>(control_campaign{"old-api", campaign_act::pause, "bob", ""}));
  fake_->hangs.clear();
  crash();
  boot_fleet(2);
  EXPECT_EQ(totals()[state::published], 0);
  ASSERT_TRUE(ask<campaign_answer>(control_campaign{"old-api", campaign_act::resume, "bob", ""}));
  settle();
  EXPECT_EQ(totals()[state::published], 3);
}

// As `skein campaign pause` does it when no fleet is running: the campaign is out of focus.
TEST_F(fleet_test, campaign_out_of_focus_obeys_and_does_not_fly) {
  fake_->hangs = "step";
  boot_fleet(1);
  start(campaign(3, 0), {"a", "b", "c"});
  crash();
  boot_fleet(1, true);
  ASSERT_TRUE(ask<campaign_answer>(control_campaign{"old-api", campaign_act::pause, "bob", ""}));
  EXPECT_EQ(stored().campaign("old-api")->state, schema::campaign_state::paused);
  ASSERT_TRUE(ask<campaign_answer>(control_campaign{"old-api", campaign_act::resume, "bob", ""}));
  settle();
  EXPECT_EQ(fake_->workspaces_opened, 1) << "only what flew before";
  ASSERT_TRUE(ask<campaign_answer>(control_campaign{"old-api", campaign_act::abort, "bob", ""}));
  EXPECT_EQ(totals()[state::killed], 3) << "what was left at work, too";
}

TEST_F(fleet_test, aborted_campaign_leaves_no_run_that_is_not_final) {
  fake_->hangs = "step";
  boot_fleet(1);
  start(campaign(1, 0), {"a", "b", "c"});
  ASSERT_TRUE(ask<campaign_answer>(control_campaign{"old-api", campaign_act::abort, "bob", "bad"}));
  EXPECT_EQ(totals()[state::killed], 3);
  EXPECT_EQ(stored().campaign("old-api")->state, schema::campaign_state::aborted);
}

TEST_F(fleet_test, retry_replaces_only_what_failed) {
  fake_->prepare_fails["/repo/b"] = {errc::unavailable, "no route", {}};
  boot_fleet(4);
  start(campaign(3, 0), {"a", "b", "c"});
  EXPECT_EQ(totals()[state::preparation_failed], 1);
  fake_->prepare_fails.clear();
  auto answer = ask<retried>(retry_campaign{"old-api", "bob"});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->runs, 1U);
  settle();
  EXPECT_EQ(totals()[state::published], 3);
  EXPECT_EQ(fake_->published, 3);
}

// The row of a prepared run names the branch that its task left open.
TEST_F(fleet_test, C13_retry_flies_the_frozen_task_of_the_first_try) {
  cell::command_result failing;
  failing.code = 1;
  fake_->commands["step"] = failing;
  boot_fleet(4);
  start(campaign(1, 0), {"a"});
  EXPECT_EQ(totals()[state::budget_exhausted], 1);
  fake_->commands.clear();
  const auto answer = ask<retried>(retry_campaign{"old-api", "bob"});
  ASSERT_TRUE(answer) << answer.error().message;
  settle();
  EXPECT_EQ(totals()[state::published], 1);
}

TEST_F(fleet_test, stop_parks_runs_and_the_next_fleet_takes_them_up) {
  fake_->hangs = "step";
  boot_fleet(1);
  const auto id = submit(task("a"));
  ASSERT_TRUE(ask<fleet_stopped>(stop_fleet{}));
  EXPECT_EQ(fake_->workspaces_open, 0);
  EXPECT_EQ(run(id).state, state::agent);
  fake_->hangs.clear();
  crash();
  boot_fleet(1);
  EXPECT_EQ(run(id).state, state::published);
}

}  // namespace skein::actors::test
