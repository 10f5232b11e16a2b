// The queue, what recovery finds, and ending what waits (T9.11).
#include "tests/runtime/store/store_fixture.hpp"

namespace skein::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class QueueTest : public StoreTest {
 protected:
  QueueTest() {
    must(campaign_of("old-api", {"c1", "c2"}, 1));
    for (const char* id : {"a1", "b1", "a2", "b2"}) {
      schema::run value = queued_run_of(id);
      value.tenant = id[0] == 'a' ? "alpha" : "beta";
      must(add_run{value});
    }
  }
  std::vector<std::string> queue(const queue_filter& filter = {}) {
    return ids_of(view().queued(filter).value());
  }
};

TEST_F(QueueTest, IsInAdmissionOrderAndSkipsWhatItIsToldTo) {
  EXPECT_THAT(queue(), ElementsAre("c1", "a1", "b1", "a2", "b2"));
  EXPECT_THAT(queue({.skip_tenants = {"alpha", "none"}}), ElementsAre("c1", "b1", "b2"));
  EXPECT_THAT(queue({.skip_campaigns = {"old-api"}}), ElementsAre("a1", "b1", "a2", "b2"));
  EXPECT_THAT(queue({.limit = 2}), ElementsAre("c1", "a1"));
  EXPECT_THAT(queue({.after_seq = stored("b1").seq}), ElementsAre("a2", "b2"));
  must(admit("a1"));
  EXPECT_THAT(queue(), ElementsAre("c1", "b1", "a2", "b2"));
  const auto rows = view().queued({.limit = 1}).value();
  EXPECT_EQ(rows[0].campaign, "old-api");
  EXPECT_EQ(rows[0].tenant, "payments");
  EXPECT_EQ(rows[0].repo_url, "file:///srv/git/c1.git");
}

TEST_F(QueueTest, ARunThatGoesBackKeepsItsPlace) {
  must(admit("a1"));
  must(move_run("a1", 1, run_state::prepare, run_state::schedule));
  EXPECT_THAT(queue(), ElementsAre("c1", "a1", "b1", "a2", "b2"));
  EXPECT_EQ(view().queue_position("a1").value(), 1U);
  EXPECT_EQ(view().queue_position("b2").value(), 4U);
  EXPECT_EQ(view().queue_position("none").error().code, errc::not_found);
}

TEST_F(QueueTest, S3_InterruptedRunsAreThoseUnderWay) {
  EXPECT_THAT(view().interrupted().value(), IsEmpty());
  must(admit("a1"));
  must(admit("b1"));
  must(move_run("b1", 1, run_state::prepare, run_state::waiting_approval));
  must(admit("b2"));
  must(move_run("b2", 1, run_state::prepare, run_state::no_change));
  reopen();
  const auto found = view().interrupted().value();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].id, "a1");
  EXPECT_EQ(found[1].id, "b1");
  EXPECT_EQ(found[1].state, run_state::waiting_approval);
}

TEST_F(QueueTest, T9_11_EndsTheQueuedRunsOfAScopeInBoundedBatches) {
  must(admit("a1"));
  finish_queued op{.scope = switch_scope::all,
                   .target = "",
                   .state = run_state::killed,
                   .failed = failure_of(run_state::killed, "kill switch"),
                   .limit = 2};
  EXPECT_EQ(must(op).affected, 2U);
  EXPECT_EQ(must(op).affected, 2U);
  EXPECT_EQ(must(op).affected, 1U) << "runs of closed waves too";
  EXPECT_EQ(must(op).affected, 0U);
  EXPECT_THAT(queue(), IsEmpty());
  EXPECT_EQ(stored("a1").state, run_state::prepare) << "a run that was admitted is not a row's job";
  const schema::run ended = stored("c2");
  EXPECT_EQ(ended.state, run_state::killed);
  ASSERT_TRUE(ended.failed);
  EXPECT_EQ(ended.failed->reason, "kill switch");
  EXPECT_EQ(ended.failed->at_ms, now_ms_);
  EXPECT_EQ(kinds("c2").back(), "run_killed");
  EXPECT_TRUE(view().verify_chain());
}

TEST_F(QueueTest, T9_11_EndsOnlyTheScope) {
  const auto end = [&](switch_scope scope, const std::string& target) {
    return must(finish_queued{.scope = scope,
                              .target = target,
                              .state = run_state::killed,
                              .failed = failure_of(run_state::killed)})
        .affected;
  };
  EXPECT_EQ(end(switch_scope::tenant, "alpha"), 2U);
  EXPECT_EQ(end(switch_scope::campaign, "old-api"), 2U);
  EXPECT_EQ(end(switch_scope::repo, "file:///srv/git/b1.git"), 1U);
  EXPECT_EQ(end(switch_scope::run, "none"), 0U);
  EXPECT_THAT(queue(), ElementsAre("b2"));
  EXPECT_EQ(end(switch_scope::run, "b2"), 1U);
  EXPECT_EQ(apply(finish_queued{.state = run_state::agent}).error().code, errc::invalid);
}

}  // namespace
}  // namespace skein::store::testing
