// Campaigns that start by themselves: at their times, once each, also across crashes, downtime and
// switches.
#include "tests/actors/fixture.hpp"

#include <gmock/gmock.h>

namespace skein::actors::test {

using state = schema::run_state;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class timetable_test : public fleet_fixture {
 protected:
  // 2026-11-23T00:00:00Z, a Monday.
  static constexpr std::int64_t monday_ms = 1'795'392'000'000;

  timetable_test() { fake_->now_ms = monday_ms; }

  schema::campaign nightly(const std::string& cron, const std::string& missed = "skip",
                           int repositories = 2) {
    schema::campaign made;
    made.name = "nightly";
    made.tenant = "payments";
    made.task = task("none").spec;
    made.task.repo = {};
    made.schedule = schema::schedule_spec{cron, "", "", missed};
    for (int i = 0; i < repositories; ++i) {
      schema::repo_selector selector;
      selector.url = "/repo/r" + std::to_string(i);
      made.repos.push_back(selector);
    }
    return made;
  }
  result<campaign_submitted> start(const schema::campaign& what) {
    return ask<campaign_submitted>(submit_campaign{what, "/", "alice", false});
  }
  std::vector<std::string> campaigns() const {
    std::vector<std::string> names;
    for (const auto& row : *stored().campaigns()) names.push_back(row.value.name);
    return names;
  }
  std::uint64_t total(const std::string& campaign, state wanted) const {
    std::uint64_t sum = 0;
    for (const auto& wave : *stored().totals(campaign)) {
      for (const auto& [value, count] : wave.states) sum += value == wanted ? count : 0;
    }
    return sum;
  }
  /// In steps in which a fleet would look.
  void spend(std::chrono::milliseconds time) {
    for (auto left = time; left.count() > 0; left -= seconds{30}) {
      pass(std::min<std::chrono::milliseconds>(left, seconds{30}));
    }
  }
};

TEST_F(timetable_test, starts_at_its_times_under_a_name_with_the_date) {
  boot_fleet(4);
  const auto answer = start(nightly("0 1 * * *"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE(answer->scheduled);
  EXPECT_EQ(answer->next_ms, monday_ms + 3'600'000);
  EXPECT_THAT(campaigns(), IsEmpty());
  spend(minutes{59});
  EXPECT_THAT(campaigns(), IsEmpty());
  spend(minutes{2});
  EXPECT_THAT(campaigns(), ElementsAre("nightly.2026-11-23T0100"));
  spend(minutes{1});
  EXPECT_EQ(total("nightly.2026-11-23T0100", state::published), 2U);
  spend(hours{24});
  EXPECT_EQ(campaigns().size(), 2U);
  // The same again goes on; another under the name is refused.
  EXPECT_TRUE(start(nightly("0 1 * * *"))->resumed);
  EXPECT_EQ(start(nightly("0 2 * * *")).error().code, errc::conflict);
}

TEST_F(timetable_test, what_cannot_be_read_is_refused) {
  boot_fleet(1);
  auto never = nightly("0 0 30 2 *");
  EXPECT_EQ(start(never).error().code, errc::invalid);
  auto nowhere = nightly("0 1 * * *");
  nowhere.schedule->timezone = "Europe/Atlantis";
  EXPECT_FALSE(start(nowhere));
  auto closed = nightly("0 1 * * *");
  closed.schedule->window = "01:00-01:00";
  EXPECT_EQ(start(closed).error().code, errc::invalid);
  EXPECT_THAT(*stored().timetables(), IsEmpty());
}

TEST_F(timetable_test, does_not_overlap_with_itself) {
  fake_->hangs = "step";
  boot_fleet(4);
  auto slow = nightly("0 * * * *");
  slow.task.budget.wall_clock = hours{24};
  ASSERT_TRUE(start(slow));
  spend(hours{3} + minutes{2});
  EXPECT_THAT(campaigns(), ElementsAre("nightly.2026-11-23T0100"));
}

TEST_F(timetable_test, downtime_is_skipped_caught_up_once_or_all) {
  for (const auto& [policy, starts] :
       std::vector<std::pair<std::string, std::size_t>>{{"skip", 0}, {"once", 1}, {"all", 5}}) {
    fake_->now_ms = monday_ms;
    boot_fleet(4);
    auto what = nightly("0 * * * *", policy, 1);
    what.name += "-" + policy;
    what.repos.front().url += policy;
    const auto before = campaigns().size();
    ASSERT_TRUE(start(what));
    crash();
    fake_->now_ms += 5 * 3'600'000 + 1'800'000;
    boot_fleet(4);
    spend(minutes{20});
    EXPECT_EQ(campaigns().size(), before + starts) << policy;
    ASSERT_TRUE(ask<campaign_answer>(control_campaign{what.name, campaign_act::abort, "bob", ""}));
    crash();
  }
}

TEST_F(timetable_test, crash_between_start_and_memory_starts_nothing_twice) {
  boot_fleet(2);
  ASSERT_TRUE(start(nightly("0 1 * * *")));
  spend(minutes{61});
  ASSERT_THAT(campaigns(), ElementsAre("nightly.2026-11-23T0100"));
  // As if the memory of it had not been written.
  caf::scoped_actor self{*system_};
  self->send(caf::actor_cast<store_actor>(children_.at(1)),
             commit{store::move_timetable{"nightly", monday_ms, "", 0}});
  settle();
  crash();
  boot_fleet(2);
  spend(minutes{2});
  EXPECT_THAT(campaigns(), ElementsAre("nightly.2026-11-23T0100"));
  EXPECT_EQ(total("nightly.2026-11-23T0100", state::published), 2U);
}

TEST_F(timetable_test, switches_stop_it) {
  boot_fleet(2);
  ASSERT_TRUE(start(nightly("0 * * * *")));
  for (const auto scope :
       {store::switch_scope::all, store::switch_scope::tenant, store::switch_scope::campaign}) {
    store::switch_row hold;
    hold.scope = scope;
    if (scope == store::switch_scope::tenant) hold.target = "payments";
    if (scope == store::switch_scope::campaign) hold.target = "nightly";
    ASSERT_TRUE(ask<switch_report>(operate_switch{hold}));
    spend(hours{2});
    EXPECT_THAT(campaigns(), IsEmpty());
    // Well after the time: what was missed is skipped.
    spend(minutes{30});
    store::lift_switch lift;
    lift.scope = scope;
    lift.target = hold.target;
    ASSERT_TRUE(ask<switch_report>(operate_lift{lift}));
    spend(minutes{5});
    EXPECT_THAT(campaigns(), IsEmpty());
    fake_->now_ms -= fake_->now_ms % 3'600'000 - 600'000;
  }
}

TEST_F(timetable_test, window_holds_runs_back_until_it_opens) {
  boot_fleet(2);
  auto what = nightly("0 1 * * *");
  what.schedule->window = "02:00-03:00";
  ASSERT_TRUE(start(what));
  spend(minutes{90});
  const std::string first = "nightly.2026-11-23T0100";
  EXPECT_EQ(total(first, state::schedule), 2U);
  spend(minutes{31});
  EXPECT_EQ(total(first, state::published), 2U);
}

TEST_F(timetable_test, abort_ends_it) {
  boot_fleet(2);
  ASSERT_TRUE(start(nightly("0 1 * * *")));
  EXPECT_FALSE(ask<campaign_answer>(control_campaign{"nightly", campaign_act::pause, "bob", ""}));
  ASSERT_TRUE(ask<campaign_answer>(control_campaign{"nightly", campaign_act::abort, "bob", ""}));
  spend(hours{2});
  EXPECT_THAT(campaigns(), IsEmpty());
  EXPECT_FALSE(ask<campaign_answer>(control_campaign{"nightly", campaign_act::abort, "bob", ""}));
}

// A night with a crash in the middle of it: every repository is done once.
TEST_F(timetable_test, nightly_batch_of_500_repositories_survives_a_crash) {
  boot_fleet(8);
  ASSERT_TRUE(start(nightly("0 1 * * *", "once", 500)));
  const std::string first = "nightly.2026-11-23T0100";
  int opened = 0;
  fake_->on_open = [&](const open_attempt&) {
    // The machine hangs in the middle of the night.
    if (++opened == 200) fake_->hangs = "step";
  };
  spend(minutes{65});
  const auto done = total(first, state::published);
  EXPECT_GT(done, 100U);
  EXPECT_LT(done, 500U);
  crash();
  fake_->hangs.clear();
  fake_->now_ms += 1'800'000;
  boot_fleet(8);
  spend(minutes{10});
  EXPECT_EQ(total(first, state::published), 500U);
  EXPECT_EQ(fake_->published, 500);
  EXPECT_EQ(stored().campaign(first)->state, schema::campaign_state::completed);
  EXPECT_THAT(campaigns(), ElementsAre(first));
}

}  // namespace skein::actors::test
