// What somebody with good credentials can do.
#include "tests/console/running_console.hpp"

#include <gmock/gmock.h>

namespace skein::console {

namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class session_test : public test::running_console {};

TEST_F(session_test, S5HelloThenOrdersQuestionsAndChunks) {
  const auto local = read_credentials(files().local_credentials());
  ASSERT_TRUE(local) << local.error().message;
  EXPECT_EQ(local->server, to_string(address()));
  auto link = connect(*local);
  ASSERT_TRUE(link) << link.error().message;
  EXPECT_EQ((*link)->welcome().who.name, "owner");
  EXPECT_EQ((*link)->welcome().who.role, role::admin);
  const auto done = (*link)->order("set_switch", "{}", 10s);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->body, "done: set_switch");
  EXPECT_THAT(desk_.orders(), ::testing::ElementsAre("owner set_switch {}"));
  const auto told = (*link)->question("runs", "a", "7", 10s);
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(told->body, "owner||runs|a");
  EXPECT_EQ(told->next, "7+");
  const auto chunk = (*link)->fetch("run", "0123456789", 3, 4, 10s);
  ASSERT_TRUE(chunk) << chunk.error().message;
  EXPECT_EQ(chunk->body, "3456");
  EXPECT_EQ(chunk->total, 10U);
  const auto failed = (*link)->question("fail", "x", {}, 10s);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error(), (error{errc::not_found, "no run x", "look elsewhere"}));
  EXPECT_EQ(desk_.wait_for("session_opened").by, "owner");
}

TEST_F(session_test, LargeAnswersAndOrdersPass) {
  auto link = connect(somebody("ann", role::operating));
  ASSERT_TRUE(link) << link.error().message;
  const auto large = (*link)->question("large", "4000000", {}, 10s);
  ASSERT_TRUE(large) << large.error().message;
  EXPECT_EQ(large->body.size(), 4'000'000U);
  const std::string args(15'000'000, 'y');
  const auto taken = (*link)->order("submit_run", args, 30s);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(desk_.orders().front().size(), args.size() + std::string{"ann submit_run "}.size());
}

struct role_case {
  role who;
  std::vector<std::string> allowed;
};

TEST_F(session_test, EveryVerbOfEveryRole) {
  const std::vector<std::string> verbs{"ask_owner",        "get_active",  "submit_run",
                                       "submit_campaign",  "attach_run",  "retry_campaign",
                                       "control_campaign", "decide_run",  "set_switch",
                                       "lift_switch",      "rollback_campaign",
                                       "no_such_verb"};
  const std::vector<std::string> all(verbs.begin(), verbs.end() - 1);
  const std::vector<role_case> table{{role::viewer, {"ask_owner", "get_active"}},
                                     {role::submitter,
                                      {"ask_owner", "get_active", "submit_run", "submit_campaign",
                                       "attach_run", "retry_campaign"}},
                                     {role::approver, {"ask_owner", "get_active", "decide_run"}},
                                     {role::operating, all},
                                     {role::admin, all}};
  for (const auto& [who, allowed] : table) {
    const std::string name(to_string(who));
    auto link = connect(somebody(name, who));
    ASSERT_TRUE(link) << link.error().message;
    for (const auto& verb : verbs) {
      const auto outcome = (*link)->order(verb, "{}", 10s);
      const bool expected = std::find(allowed.begin(), allowed.end(), verb) != allowed.end();
      EXPECT_EQ(outcome.has_value(), expected) << name << " " << verb;
      if (!outcome) {
        EXPECT_EQ(outcome.error().code, errc::unauthorised) << name << " " << verb;
        EXPECT_THAT(outcome.error().message, HasSubstr(name));
      }
    }
  }
  EXPECT_EQ(desk_.wait_for("order_refused").kind, "order_refused");
}

}  // namespace

}  // namespace skein::console
