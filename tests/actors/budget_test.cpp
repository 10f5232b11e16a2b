// What runs may spend: reserved before they start, settled after, and never passed across crashes.
#include "tests/actors/fixture.hpp"

#include <gmock/gmock.h>

namespace skein::actors::test {

using state = schema::run_state;
using ::testing::HasSubstr;

namespace {

/// Never answers; every question may cost half a dollar.
class silent_provider : public model::provider {
 public:
  struct waiting : model::pending {
    void cancel() override {}
  };
  std::shared_ptr<model::pending> ask(const model::conversation&, const model::ask_settings&,
                                      done_fn) override {
    ++asked;
    return std::make_shared<waiting>();
  }
  [[nodiscard]] model::spending worst_case(const model::conversation&,
                                           const model::ask_settings&) const override {
    return {1000, 0.5};
  }
  int asked = 0;
};

}  // namespace

class budget_test : public fleet_fixture {
 protected:
  budget_test() {
    models_.by_name["silent"].ask = silent_;
    config_.max_crashes = 1000;
  }
  schema::task spender(const std::string& repository, double usd) {
    auto made = task(repository);
    made.spec.agent = {};
    made.spec.agent.kind = schema::agent_kind::model;
    made.spec.agent.provider = "silent";
    made.spec.agent.model = "m";
    made.spec.budget.usd = usd;
    return made;
  }
  double spent() const {
    double sum = 0;
    for (const auto& row : *stored().tenants()) sum += row.usd;
    return sum;
  }
  std::uint64_t at_work() const { return stored().interrupted()->size(); }

  std::shared_ptr<silent_provider> silent_ = std::make_shared<silent_provider>();
};

TEST_F(budget_test, whole_budget_is_reserved_before_a_run_starts) {
  config_.tenants["payments"].usd = 12;
  boot_fleet(8);
  submit(spender("a", 5));
  submit(spender("b", 5));
  const auto third = submit(spender("c", 5));
  EXPECT_EQ(at_work(), 2U);
  EXPECT_EQ(run(third).state, state::schedule);
  const auto why = ask<why_answer>(get_why{third});
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code, "tenant_quota");
  // What cannot spend is not held up.
  const auto script = submit(task("d"));
  EXPECT_EQ(run(script).state, state::published);
}

TEST_F(budget_test, hard_stop_is_never_exceeded_across_crashes) {
  config_.tenants["payments"].usd = 12;
  boot_fleet(8);
  for (const auto* name : {"a", "b", "c", "d"}) submit(spender(name, 5));
  for (int i = 0; i < 40; ++i) {
    crash();
    boot_fleet(8);
    pass(std::chrono::seconds{15});
    EXPECT_LE(spent(), 12.0) << "after " << i << " crashes";
    // What is at work may use up its budget: that fits as well.
    double could = spent();
    for (const auto& row : *stored().interrupted()) could += 5 - row.used.usd;
    EXPECT_LE(could, 12.0 + 1e-6) << "after " << i << " crashes";
  }
  EXPECT_GT(silent_->asked, 10);
}

TEST_F(budget_test, campaign_limit_holds_within_the_tenant) {
  boot_fleet(8);
  schema::campaign made;
  made.name = "costly";
  made.tenant = "payments";
  made.task = spender("none", 5).spec;
  made.task.repo = {};
  made.limits.usd = 6;
  for (const auto* name : {"a", "b", "c"}) {
    schema::repo_selector selector;
    selector.url = std::string("/repo/") + name;
    made.repos.push_back(selector);
  }
  ASSERT_TRUE(ask<campaign_submitted>(submit_campaign{made, "/", "alice", false}));
  pass(std::chrono::seconds{15});
  EXPECT_EQ(at_work(), 1U);
  crash();
  boot_fleet(8);
  pass(std::chrono::seconds{15});
  EXPECT_EQ(at_work(), 1U);
}

TEST_F(budget_test, pull_requests_are_counted_by_the_hour_and_after_a_crash) {
  config_.tenants["payments"].pull_requests_per_hour = 2;
  boot_fleet(1);
  EXPECT_EQ(run(submit(task("a"))).state, state::published);
  EXPECT_EQ(run(submit(task("b"))).state, state::published);
  const auto third = submit(task("c"));
  EXPECT_EQ(run(third).state, state::schedule);
  const auto why = ask<why_answer>(get_why{third});
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code, "pull_request_limit");
  ASSERT_TRUE(why->eta_ms);
  EXPECT_GT(*why->eta_ms, 50 * 60'000);
  // Another tenant's runs are not held up.
  auto other = task("d");
  other.tenant = "search";
  EXPECT_EQ(run(submit(other)).state, state::published);
  const auto refused = ask<pull_request_answer>(take_pull_request{"somebody", "payments", ""});
  ASSERT_TRUE(refused);
  EXPECT_FALSE(refused->granted);
  EXPECT_GT(refused->ask_again_ms, fake_->now_ms);
  crash();
  boot_fleet(1);
  settle();
  EXPECT_EQ(run(third).state, state::schedule);
  pass(std::chrono::minutes{61});
  pass(std::chrono::seconds{3});
  EXPECT_EQ(run(third).state, state::published);
}

TEST_F(budget_test, T10_what_opened_nothing_is_given_back) {
  config_.tenants["payments"].pull_requests_per_hour = 1;
  publish_outcome before;
  before.duplicate = true;
  before.reason = "done before";
  publish_outcome moved;
  moved.base_moved = true;
  fake_->publications = {before, moved};
  boot_fleet(1);
  EXPECT_EQ(run(submit(task("a"))).state, state::duplicate);
  const auto again = submit(task("b"));
  settle();
  pass(std::chrono::seconds{3});
  EXPECT_EQ(run(again).state, state::published) << "it went back once, and is counted once";
  EXPECT_EQ(run(submit(task("c"))).state, state::schedule) << "the hour is full";
}

TEST_F(budget_test, runs_at_work_count_against_the_pull_requests_of_the_hour) {
  config_.tenants["payments"].pull_requests_per_hour = 2;
  fake_->hangs = "step";
  boot_fleet(8);
  for (const auto* name : {"a", "b", "c", "d"}) submit(task(name));
  EXPECT_EQ(at_work(), 2U);
}

TEST_F(budget_test, platform_budget_holds_over_all_tenants) {
  config_.scheduler.usd = 12;
  boot_fleet(8);
  for (const auto* name : {"a", "b", "c", "d"}) {
    auto made = spender(name, 5);
    made.tenant = std::string("tenant-") + name;
    submit(made);
  }
  EXPECT_EQ(at_work(), 2U);
  crash();
  boot_fleet(8);
  pass(std::chrono::seconds{15});
  EXPECT_EQ(at_work(), 2U);
}

TEST_F(budget_test, a_full_queue_says_so) {
  config_.scheduler.max_queued = 2;
  fake_->hangs = "step";
  boot_fleet(1);
  submit(task("a"));
  const auto second = ask<submitted>(submit_run{task("b"), "alice", false});
  ASSERT_TRUE(second);
  EXPECT_EQ(second->ahead, 0U);
  const auto third = ask<submitted>(submit_run{task("c"), "alice", false});
  ASSERT_TRUE(third);
  EXPECT_EQ(third->ahead, 1U);
  const auto refused = ask<submitted>(submit_run{task("d"), "alice", false});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::refused);
}

}  // namespace skein::actors::test
