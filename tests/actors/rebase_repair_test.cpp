// A change that was carried over to a base that moved, and does not pass there: an agent that can
// be told repairs it, as often as its budget says; for one that cannot, the failure says so.
#include "tests/actors/fixture.hpp"
#include "tests/support/told_provider.hpp"

#include <gmock/gmock.h>

namespace skein::actors::test {
namespace {

using state = schema::run_state;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class rebase_repair_test : public fleet_fixture {
 protected:
  rebase_repair_test() {
    models_.by_name["told"].ask = told_;
    fake_->change_carries_over = true;
    failed_.code = 1;
    failed_.output = "error: test_a expected 1\n";
  }
  [[nodiscard]] static schema::task rebase(schema::agent_kind kind) {
    auto made = task("a");
    if (kind == schema::agent_kind::model) {
      made.spec.agent = {};
      made.spec.agent.kind = kind;
      made.spec.agent.provider = "told";
      made.spec.agent.model = "m";
    }
    auto& follow = made.spec.follow_up.emplace();
    follow.run = "0001aaaa";
    follow.pull_request = "https://forge.example/acme/pay/pull/7";
    follow.branch = "skein/x";
    follow.from = std::string(40, 'a');
    follow.head = std::string(40, 'f');
    return made;
  }
  std::shared_ptr<told_provider> told_ = std::make_shared<told_provider>();
  cell::command_result failed_;
};

TEST_F(rebase_repair_test, T10_a_change_that_passes_on_its_new_base_asks_no_agent) {
  boot_fleet();
  const auto id = submit(rebase(schema::agent_kind::model));
  EXPECT_EQ(run(id).state, state::published);
  EXPECT_TRUE(told_->heard.empty());
  EXPECT_THAT(events(id), Contains("rebase_applied"));
}

TEST_F(rebase_repair_test, T10_F5_what_fails_on_the_new_base_goes_to_the_agent) {
  told_->answers = {says({finish()})};
  fake_->command_outcomes["check"] = {{}, failed_, failed_, {}};  // base, change, again; repaired
  boot_fleet();
  const auto id = submit(rebase(schema::agent_kind::model));
  EXPECT_EQ(run(id).state, state::published);
  EXPECT_EQ(run(id).used.repairs, 1U);
  ASSERT_EQ(told_->heard.size(), 1U);
  const auto& said = told_->heard.front();
  ASSERT_FALSE(said.turns.empty());
  EXPECT_EQ(said.turns.back().kind, model::turn_kind::platform);
  EXPECT_THAT(said.turns.back().text, HasSubstr("base has moved on"));
  ASSERT_EQ(said.turns.back().spans.size(), 1U);
  EXPECT_THAT(said.turns.back().spans[0].text, HasSubstr("test_a expected 1"));
  EXPECT_FALSE(said.task.empty()) << "it has never heard of the task";
}

TEST_F(rebase_repair_test, T10_R5_repairs_on_a_new_base_stop_at_the_limit) {
  told_->answers = {says({finish()})};
  told_->repeats = true;
  fake_->command_outcomes["check"] = {{}};
  fake_->commands["check"] = failed_;
  auto limited = rebase(schema::agent_kind::model);
  limited.spec.budget.repairs = 2;
  boot_fleet();
  const auto id = submit(limited);
  EXPECT_EQ(run(id).state, state::verification_failed);
  EXPECT_EQ(run(id).used.repairs, 2U);
  EXPECT_EQ(told_->heard.size(), 2U);
  EXPECT_THAT(run(id).failed->reason, HasSubstr("after 2 repairs"));
}

TEST_F(rebase_repair_test, a_budget_without_repairs_says_so) {
  fake_->command_outcomes["check"] = {{}};
  fake_->commands["check"] = failed_;
  auto limited = rebase(schema::agent_kind::model);
  limited.spec.budget.repairs = 0;
  boot_fleet();
  const auto id = submit(limited);
  EXPECT_EQ(run(id).state, state::verification_failed);
  EXPECT_THAT(run(id).failed->reason, HasSubstr("budget.repairs"));
  EXPECT_TRUE(told_->heard.empty());
}

TEST_F(rebase_repair_test, T10_a_script_cannot_repair_and_the_failure_says_so) {
  fake_->command_outcomes["check"] = {{}};
  fake_->commands["check"] = failed_;
  boot_fleet();
  const auto id = submit(rebase(schema::agent_kind::script));
  const auto row = run(id);
  EXPECT_EQ(row.state, state::verification_failed);
  EXPECT_THAT(row.failed->reason, HasSubstr("an agent of kind script cannot repair it"));
  EXPECT_THAT(row.failed->suggested_next_action, HasSubstr("skein/x"));
  EXPECT_THAT(fake_->lines, Not(Contains("step")));
}

TEST_F(rebase_repair_test, a_script_that_ran_anew_fails_as_any_other) {
  fake_->change_carries_over = false;
  fake_->command_outcomes["check"] = {{}};
  fake_->commands["check"] = failed_;
  boot_fleet();
  const auto row = run(submit(rebase(schema::agent_kind::script)));
  EXPECT_EQ(row.state, state::verification_failed);
  EXPECT_THAT(row.failed->reason, Not(HasSubstr("carried")));
  EXPECT_THAT(fake_->lines, Contains("step"));
}

}  // namespace
}  // namespace skein::actors::test
