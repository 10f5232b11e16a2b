// What a campaign published is taken back: twice does no more than once.
#include "actors/rollback.hpp"
#include "tests/actors/publisher_fixture.hpp"

#include <gmock/gmock.h>

namespace skein::actors::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using act = rollback_act;

class rollback_test : public publisher_fixture {
 protected:
  rollback_test() {
    store::add_campaign add;
    add.value.name = "night";
    add.value.tenant = "payments";
    add.spec_sha256 = "x";
    add.spec_json = schema::to_json(add.value).dump();
    add.by = "alice";
    must(add);
    campaign_ = "night";
    EXPECT_TRUE(publish_to_the_end(add_run("0001aaaa", "f1"))->value->published);
    store::set_campaign pause;
    pause.name = "night";
    pause.state = schema::campaign_state::paused;
    must(pause);
  }

  /// With the database to itself, as the command line has it.
  std::vector<rollback_step> roll(bool dry_run = false) {
    const auto forges = world_->forges;
    crash();
    std::vector<rollback_step> out;
    {
      const store::state_layout layout{directory_ / "state"};
      auto writer = store::writer::open(layout, [this] { return now_ms_; });
      EXPECT_TRUE(writer) << writer.error().message;
      // The forge's limits are those of a later hour.
      now_ms_ += 3'600'000;
      auto done = roll_back(
          {"night", "alice", dry_run},
          {records_of(**writer), forges, config_, layout.mirrors(),
           [this] { return now_ms_ += 2000; }}, {});
      EXPECT_TRUE(done) << done.error().message;
      if (done) out = std::move(*done);
    }
    boot();
    return out;
  }
  static std::vector<act> acts(const std::vector<rollback_step>& steps) {
    std::vector<act> out;
    for (const auto& each : steps) out.push_back(each.act);
    return out;
  }
  [[nodiscard]] std::string branches() {
    return said("git -C " + remote() + " branch --list 'skein/*' | wc -l");
  }
};

TEST_F(rollback_test, closes_and_deletes_once_and_says_so) {
  EXPECT_THAT(acts(roll(true)), ElementsAre(act::closed, act::branch_deleted));
  EXPECT_EQ(hub_.pulls()[0].state, "open");
  EXPECT_EQ(branches(), "1");
  EXPECT_THAT(acts(roll()), ElementsAre(act::closed, act::branch_deleted));
  EXPECT_EQ(hub_.pulls()[0].state, "closed");
  EXPECT_EQ(branches(), "0");
  EXPECT_EQ(record("0001aaaa").state, store::pull_request_state::closed_by_platform);
  const auto writes = hub_.writes();
  EXPECT_THAT(acts(roll()), ElementsAre(act::nothing));
  EXPECT_EQ(hub_.writes(), writes);
  EXPECT_TRUE(reader_->verify_chain());
}

TEST_F(rollback_test, a_branch_that_somebody_pushed_to_is_left_for_a_person) {
  sh("cd w && git fetch -q ../served/acme/pay.git 'skein/replace-api-0001aaaa' && git checkout -q "
     "FETCH_HEAD && echo 5 > mine && git add . && git commit -qm mine && git push -q "
     "../served/acme/pay.git HEAD:skein/replace-api-0001aaaa");
  EXPECT_THAT(acts(roll()), ElementsAre(act::closed, act::person));
  EXPECT_EQ(branches(), "1");
}

TEST_F(rollback_test, what_was_merged_is_taken_back_on_top_of_what_came_later) {
  sh("cd w && git fetch -q ../served/acme/pay.git 'skein/replace-api-0001aaaa' && git merge -q "
     "FETCH_HEAD && echo later > other && git add . && git commit -qm later && git push -q "
     "../served/acme/pay.git main");
  hub_.change(7, [](auto& pull) {
    pull.state = "closed";
    pull.merged = true;
  });
  EXPECT_THAT(acts(roll()), ElementsAre(act::reverted, act::branch_deleted));
  ASSERT_EQ(hub_.pulls().size(), 2U);
  const auto branch = hub_.pulls()[1].head;
  EXPECT_EQ(said("git -C " + remote() + " show " + branch + ":src/a.c"), "1");
  EXPECT_EQ(said("git -C " + remote() + " show " + branch + ":other"), "later");
  EXPECT_THAT(acts(roll()), ElementsAre(act::nothing, act::nothing));
  EXPECT_EQ(hub_.pulls().size(), 2U);
}

TEST_F(rollback_test, what_was_changed_since_needs_a_person) {
  sh("cd w && git fetch -q ../served/acme/pay.git 'skein/replace-api-0001aaaa' && git merge -q "
     "FETCH_HEAD && echo 3 > src/a.c && git add . && git commit -qm later && git push -q "
     "../served/acme/pay.git main");
  hub_.change(7, [](auto& pull) {
    pull.state = "closed";
    pull.merged = true;
  });
  const auto steps = roll();
  ASSERT_FALSE(steps.empty());
  EXPECT_EQ(steps[0].act, act::person);
  EXPECT_THAT(steps[0].detail, HasSubstr("changed since"));
  EXPECT_EQ(hub_.pulls().size(), 1U);
}

TEST_F(rollback_test, a_campaign_that_may_still_publish_is_refused) {
  store::set_campaign go;
  go.name = "night";
  go.state = schema::campaign_state::running;
  must(go);
  const auto forges = world_->forges;
  crash();
  {
    const store::state_layout layout{directory_ / "state"};
    auto writer = store::writer::open(layout, [this] { return now_ms_; });
    const auto done =
        roll_back({"night", "alice", false},
                  {records_of(**writer), forges, config_, layout.mirrors(), [this] { return now_ms_; }}, {});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, errc::refused);
  }
  boot();
}

}  // namespace
}  // namespace skein::actors::test
