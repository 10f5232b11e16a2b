// What becomes of open pull requests: seen, told about failed checks, reminded, closed, cleaned up.
#include "tests/actors/publisher_fixture.hpp"

#include <gmock/gmock.h>

namespace skein::actors::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using skein::test::fake_github;
using pr = store::pull_request_state;

class pull_requests_test : public publisher_fixture {
 protected:
  pull_requests_test() {
    EXPECT_TRUE(publish_to_the_end(add_run("0001aaaa", "f1"))->value->published);
    hub_.branch(hub_.pulls()[0].head, record("0001aaaa").commit);
    hub_.change(7, [this](auto& pull) {
      pull.sha = record("0001aaaa").commit;
      pull.updated = "";
    });
  }
  void pass_hours(int hours) {
    for (int i = 0; i < hours; ++i) pass(std::chrono::hours{1});
  }
  [[nodiscard]] store::pull_request_row now() const { return record("0001aaaa"); }
  static nlohmann::json check(const std::string& name, const std::string& conclusion) {
    return {{"name", name}, {"status", "completed"}, {"conclusion", conclusion}, {"html_url", "u"}};
  }
};

TEST_F(pull_requests_test, T10_what_a_person_merges_or_closes_is_recorded) {
  hub_.change(7, [](auto& pull) {
    pull.state = "closed";
    pull.merged = true;
  });
  pass_hours(1);
  EXPECT_EQ(now().state, pr::merged);
  EXPECT_NE(now().closed_ms, 0);
}

TEST_F(pull_requests_test, T10_closed_by_a_person_stays_closed_and_keeps_its_branch) {
  hub_.change(7, [](auto& pull) { pull.state = "closed"; });
  pass_hours(72);
  EXPECT_EQ(now().state, pr::closed_by_person);
  EXPECT_FALSE(now().branch_there);
  EXPECT_EQ(hub_.branches().size(), 1U);
}

TEST_F(pull_requests_test, T10_failed_checks_are_told_twice_at_most) {
  for (int round = 0; round < 4; ++round) {
    hub_.checks({check("unit", "failure"), check("`@all` <b>", "failure")});
    pass_hours(3);
    EXPECT_EQ(now().checks, store::checks_state::failed);
    hub_.checks({check("unit", "success")});
    pass_hours(3);
    EXPECT_EQ(now().checks, store::checks_state::passed);
  }
  ASSERT_EQ(hub_.pulls()[0].comments.size(), 2U);
  EXPECT_THAT(hub_.pulls()[0].comments[0], HasSubstr("`unit`"));
  EXPECT_THAT(hub_.pulls()[0].comments[0], ::testing::Not(HasSubstr("@all")));
  EXPECT_EQ(now().feedback_rounds, 2U);
}

TEST_F(pull_requests_test, T10_checks_of_what_a_person_pushed_are_theirs) {
  hub_.change(7, [](auto& pull) { pull.sha = std::string(40, 'd'); });
  hub_.checks({check("unit", "failure")});
  pass_hours(3);
  EXPECT_THAT(hub_.pulls()[0].comments, IsEmpty());
}

TEST_F(pull_requests_test, T10_7_reminded_after_a_week_closed_two_later_and_the_branch_a_day_later) {
  pass_hours(24 * 7 - 2);
  EXPECT_THAT(hub_.pulls()[0].comments, IsEmpty());
  pass_hours(4);
  ASSERT_EQ(hub_.pulls()[0].comments.size(), 1U);
  EXPECT_NE(now().reminded_ms, 0);
  pass_hours(24 * 14 - 4);
  EXPECT_EQ(hub_.pulls()[0].state, "open");
  pass_hours(6);
  EXPECT_EQ(hub_.pulls()[0].state, "closed");
  EXPECT_EQ(now().state, pr::closed_by_platform);
  EXPECT_EQ(hub_.branches().size(), 1U);
  pass_hours(27);
  EXPECT_THAT(hub_.branches(), IsEmpty());
  EXPECT_FALSE(now().branch_there);
  EXPECT_EQ(hub_.pulls()[0].comments.size(), 1U);
}

TEST_F(pull_requests_test, T10_7_a_branch_that_somebody_pushed_to_is_not_deleted) {
  hub_.change(7, [](auto& pull) {
    pull.state = "closed";
    pull.merged = true;
  });
  hub_.branch(hub_.pulls()[0].head, std::string(40, 'e'));
  pass_hours(30);
  EXPECT_EQ(hub_.branches().size(), 1U);
}

TEST_F(pull_requests_test, a_label_stops_its_ageing) {
  hub_.change(7, [](auto& pull) { pull.labels.emplace_back("skein-hold"); });
  pass_hours(24 * 30);
  EXPECT_THAT(hub_.pulls()[0].comments, IsEmpty());
  EXPECT_EQ(hub_.pulls()[0].state, "open");
}

TEST_F(pull_requests_test, a_kill_switch_stops_what_would_be_written) {
  store::set_switch kill;
  kill.value.kind = store::switch_kind::kill;
  kill.value.scope = store::switch_scope::tenant;
  kill.value.target = "payments";
  kill.value.by = "root";
  must(kill);
  const auto writes = hub_.writes();
  pass_hours(24 * 9);
  EXPECT_EQ(hub_.writes(), writes);
  store::lift_switch lift;
  lift.scope = store::switch_scope::tenant;
  lift.target = "payments";
  must(lift);
  pass_hours(3);
  EXPECT_EQ(hub_.pulls()[0].comments.size(), 1U);
}

TEST_F(pull_requests_test, a_crash_between_closing_and_recording_is_not_taken_for_a_person) {
  pass_hours(24 * 7 + 4);
  ASSERT_NE(now().reminded_ms, 0);
  crash();
  boot();
  now_ms_ += std::chrono::milliseconds{std::chrono::hours{24 * 14}}.count();
  hub_.change(7, [](auto& pull) { pull.state = "closed"; });
  pass_hours(2);
  EXPECT_EQ(now().state, pr::closed_by_platform);
}

TEST_F(pull_requests_test, the_forge_is_asked_rarely_when_nothing_happens) {
  pass_hours(5);
  const auto before = hub_.seen();
  pass_hours(24);
  // Pull request, checks and status, once an hour.
  EXPECT_LE(hub_.seen() - before, 24U * 3 + 3);
}

}  // namespace
}  // namespace skein::actors::test
