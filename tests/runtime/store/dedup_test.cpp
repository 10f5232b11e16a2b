// T10.2: two tasks that would open the same pull request.
#include "tests/runtime/store/store_fixture.hpp"

namespace skein::store::testing {
namespace {

using ::testing::HasSubstr;

class DedupTest : public StoreTest {
 protected:
  static schema::run twin(const std::string& id) {
    schema::run out = queued_run_of(id);
    out.fingerprint = "same";
    return out;
  }
  /// Puts run `id` into `state`.
  void settle(const std::string& id, run_state state) {
    must(admit(id));
    must(move_run(id, 1, run_state::prepare, state));
  }
};

TEST_F(DedupTest, T10_2_ARunThatMayStillSucceedMakesTheNextADuplicate) {
  must(add_run{twin("first")});
  const applied answer = must(add_run{twin("second")});
  EXPECT_EQ(answer.state, run_state::duplicate);
  const schema::run run = stored("second");
  EXPECT_EQ(run.state, run_state::duplicate);
  ASSERT_TRUE(run.failed);
  EXPECT_EQ(run.failed->state, run_state::duplicate);
  EXPECT_THAT(run.failed->reason, HasSubstr("first"));
  EXPECT_THAT(run.failed->suggested_next_action, HasSubstr("skein describe run first"));
  EXPECT_THAT(kinds("second"), ::testing::ElementsAre("run_duplicate"));
}

TEST_F(DedupTest, T10_2_OnlyWhatStandsOrMayStillStandCounts) {
  int number = 0;
  for (const run_state state : schema::all_run_states) {
    if (state == run_state::intake || state == run_state::schedule) continue;
    const std::string id = std::to_string(number++);
    schema::run old = queued_run_of("old" + id);
    old.fingerprint = "same " + id;
    must(add_run{old});
    settle(old.id, state);
    schema::run next = queued_run_of("new" + id);
    next.fingerprint = old.fingerprint;
    const bool stands = !schema::is_final(state) || state == run_state::published ||
                        state == run_state::draft_published;
    EXPECT_EQ(must(add_run{next}).state == run_state::duplicate, stands)
        << schema::to_string(state);
  }
}

TEST_F(DedupTest, ADryRunNeitherIsNorMakesADuplicate) {
  schema::run dry = twin("dry");
  dry.dry_run = true;
  must(add_run{dry});
  EXPECT_EQ(must(add_run{twin("real")}).state, run_state::schedule);
  dry.id = "dry-again";
  EXPECT_EQ(must(add_run{dry}).state, run_state::schedule);
}

TEST_F(DedupTest, AsksOnlyWhenTold) {
  must(add_run{twin("first")});
  EXPECT_EQ(must(add_run{.value = twin("second"), .dedup = false}).state, run_state::schedule);
}

TEST_F(DedupTest, WithoutAFingerprintNothingIsADuplicate) {
  schema::run blank = queued_run_of("a");
  blank.fingerprint.clear();
  must(add_run{blank});
  blank.id = "b";
  EXPECT_EQ(must(add_run{blank}).state, run_state::schedule);
}

TEST_F(DedupTest, ARejectedRunStaysRejected) {
  must(add_run{twin("first")});
  schema::run rejected = twin("second");
  rejected.state = run_state::rejected;
  rejected.failed = failure_of(run_state::rejected, "no verifier");
  EXPECT_EQ(must(add_run{rejected}).state, run_state::rejected);
  EXPECT_EQ(stored("second").failed->reason, "no verifier");
}

TEST_F(DedupTest, TwoInOneBatchAreSeen) {
  const auto answers =
      writer_->commit(std::vector<operation>{add_run{twin("first")}, add_run{twin("second")}});
  EXPECT_EQ(answers[0]->state, run_state::schedule);
  EXPECT_EQ(answers[1]->state, run_state::duplicate);
}

}  // namespace
}  // namespace skein::store::testing
