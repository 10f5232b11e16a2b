// What a forge delivers is remembered, recorded, and looked at without waiting for the next round.
#include "actors/system/webhook_desk.hpp"
#include "tests/actors/publisher_fixture.hpp"

#include <gmock/gmock.h>

namespace skein::actors::test {
namespace {

using pr = store::pull_request_state;

class webhook_desk_test : public publisher_fixture {
 protected:
  webhook_desk_test() {
    EXPECT_TRUE(publish_to_the_end(add_run("0001aaaa", "f1"))->value->published);
    hub_.branch(hub_.pulls()[0].head, record("0001aaaa").commit);
    hub_.change(7, [this](auto& pull) { pull.sha = record("0001aaaa").commit; });
    desk_ = system_->spawn(webhook_desk, world_, store_);
    caf::anon_send(desk_, publisher_is{publisher_});
    // Looked at a moment ago: not due by itself.
    pass(std::chrono::seconds{15});
  }
  ~webhook_desk_test() override {
    caf::anon_send_exit(desk_, caf::exit_reason::kill);
    desk_ = nullptr;
  }
  event_taken take(const std::string& id, forge::webhook_event event) {
    caf::scoped_actor self{*system_};
    auto handle = self->request(
        desk_, caf::infinite,
        take_event{"github", id, std::make_shared<const forge::webhook_event>(std::move(event))});
    settle();
    event_taken out;
    handle.receive([&](const event_taken& done) { out = done; },
                   [](const caf::error& failed) { FAIL() << from_caf(failed, "take").message; });
    settle();
    return out;
  }
  [[nodiscard]] store::pull_request_row now() const { return record("0001aaaa"); }
  static forge::check_event check(const std::string& commit) {
    return {"acme/pay", commit, "", "unit", forge::check_state::failed};
  }

  webhook_desk_actor desk_;
};

TEST_F(webhook_desk_test, a_check_makes_the_pull_request_looked_at_at_once) {
  hub_.checks({{{"name", "unit"}, {"status", "completed"}, {"conclusion", "failure"}}});
  const auto taken = take("d1", check(now().commit));
  EXPECT_TRUE(taken.first);
  EXPECT_EQ(taken.concerned, 1U);
  EXPECT_EQ(now().checks, store::checks_state::failed);
}

TEST_F(webhook_desk_test, a_delivery_counts_once_also_after_a_crash) {
  EXPECT_TRUE(take("d1", check(now().commit)).first);
  EXPECT_FALSE(take("d1", check(now().commit)).first);
  caf::anon_send_exit(desk_, caf::exit_reason::kill);
  crash();
  boot();
  desk_ = system_->spawn(webhook_desk, world_, store_);
  EXPECT_FALSE(take("d1", check(now().commit)).first);
}

TEST_F(webhook_desk_test, a_merge_is_recorded_whatever_the_letters_of_the_name) {
  hub_.change(7, [](auto& pull) {
    pull.state = "closed";
    pull.merged = true;
  });
  forge::pull_request_event merged;
  merged.repository = "Acme/Pay";
  merged.number = 7;
  merged.head_commit = now().commit;
  merged.sender = "ann";
  merged.merged = true;
  EXPECT_EQ(take("d1", merged).concerned, 1U);
  EXPECT_EQ(now().state, pr::merged);
}

TEST_F(webhook_desk_test, what_is_not_ours_changes_nothing) {
  const auto asked = hub_.seen();
  EXPECT_EQ(take("d1", check(std::string(40, '9'))).concerned, 0U);
  forge::push_event push;
  push.repository = "acme/other";
  push.reference = "refs/heads/" + now().branch;
  push.deleted = true;
  EXPECT_EQ(take("d2", push).concerned, 0U);
  EXPECT_EQ(take("d3", forge::other_event{"ping"}).concerned, 0U);
  EXPECT_TRUE(now().branch_there);
  EXPECT_EQ(hub_.seen(), asked);
}

}  // namespace
}  // namespace skein::actors::test
