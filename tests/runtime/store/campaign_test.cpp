// Campaigns: starting, waves, retry.
#include "tests/runtime/store/store_fixture.hpp"

namespace skein::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class CampaignTest : public StoreTest {
 protected:
  std::vector<std::string> queue() { return ids_of(view().queued({}).value()); }
  void fail(const std::string& id) {
    must(admit(id));
    must(move_run(id, 1, run_state::prepare, run_state::verification_failed));
  }
};

TEST_F(CampaignTest, StartsWithItsRunsAndOnlyTheFirstWaveIsQueued) {
  add_campaign op = campaign_of("old-api", {"a", "b", "c", "d", "e"}, 2);
  const std::string task = R"({"kind":"Task"})";
  op.tasks = {{schema::sha256_hex(task), task}};
  for (add_run& each : op.runs) each.value.task_sha256 = op.tasks[0].first;
  EXPECT_EQ(must(op).affected, 6U);
  EXPECT_THAT(queue(), ElementsAre("a", "b"));

  const campaign_row row = view().campaign("old-api").value();
  EXPECT_EQ(row.value, op.value);
  EXPECT_EQ(row.spec_sha256, op.spec_sha256);
  EXPECT_EQ(row.state, schema::campaign_state::running);
  EXPECT_EQ(row.open_wave, 0U);
  EXPECT_EQ(row.created_ms, now_ms_);
  const auto events = view().events("", 0, 1).value();
  EXPECT_EQ(events[0].kind, "campaign_started");
  EXPECT_EQ(events[0].by, "ada");
  EXPECT_EQ(events[0].campaign, "old-api");
  EXPECT_TRUE(events[0].audited);
}

TEST_F(CampaignTest, OpeningAWaveMakesItsRunsEligible) {
  must(campaign_of("old-api", {"a", "b", "c", "d", "e"}, 2));
  must(admit("a"));
  const applied answer = must(set_campaign{.name = "old-api", .open_wave = 1});
  EXPECT_EQ(answer.affected, 3U) << "the campaign and two runs";
  EXPECT_THAT(queue(), ElementsAre("b", "c", "d"));
  EXPECT_EQ(must(set_campaign{.name = "old-api", .open_wave = 0}).affected, 0U)
      << "waves do not close";
  EXPECT_EQ(view().campaign("old-api")->open_wave, 1U);
  EXPECT_EQ(kinds().back(), "campaign_wave_opened");
}

TEST_F(CampaignTest, ATakenNameIsAConflictAndLeavesNothing) {
  must(campaign_of("old-api", {"a"}, 1));
  const auto answer = apply(campaign_of("old-api", {"b"}, 1));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, errc::conflict);
  EXPECT_EQ(view().run("b").error().code, errc::not_found);
}

TEST_F(CampaignTest, OneBadRunRefusesTheWholeCampaignButNotTheBatch) {
  must(add_run{queued_run_of("b")});
  const auto answers = writer_->commit(std::vector<operation>{add_run{queued_run_of("x")},
                                                              campaign_of("old-api", {"a", "b"}, 2),
                                                              add_run{queued_run_of("y")}});
  EXPECT_TRUE(answers[0]);
  EXPECT_EQ(answers[1].error().code, errc::conflict);
  EXPECT_TRUE(answers[2]);
  EXPECT_EQ(view().campaign("old-api").error().code, errc::not_found);
  EXPECT_EQ(view().run("a").error().code, errc::not_found);
  EXPECT_EQ(stored("y").seq, 3);
  EXPECT_EQ(view().verify_chain().value(), 3U);
}

TEST_F(CampaignTest, TextThatIsNoCampaignIsRefused) {
  add_campaign op = campaign_of("old-api", {"a"}, 1);
  for (const char* text : {"", "[]", "{\"kind\":\"Task\"}", "null"}) {
    op.spec_json = text;
    EXPECT_EQ(apply(op).error().code, errc::invalid) << text;
  }
}

TEST_F(CampaignTest, StatesAreRememberedWithTheirReason) {
  must(campaign_of("old-api", {"a"}, 1));
  must(set_campaign{.name = "old-api",
                    .state = schema::campaign_state::halted,
                    .reason = "2 of 5 failed",
                    .by = "system"});
  EXPECT_EQ(view().campaign("old-api")->state, schema::campaign_state::halted);
  EXPECT_EQ(view().campaign("old-api")->reason, "2 of 5 failed");
  must(set_campaign{.name = "old-api", .state = schema::campaign_state::running, .by = "ada"});
  EXPECT_THAT(kinds(),
              ElementsAre("campaign_started", "run_queued", "campaign_halted", "campaign_resumed"));
  EXPECT_EQ(
      must(set_campaign{.name = "old-api", .state = schema::campaign_state::running}).event_seq, 0)
      << "a repeat says nothing";
  EXPECT_EQ(apply(set_campaign{.name = "none"}).error().code, errc::not_found);
  EXPECT_TRUE(view().verify_chain());
}

TEST_F(CampaignTest, APausedCampaignQueuesNothingUntilItGoesOn) {
  must(campaign_of("old-api", {"a", "b", "c", "d"}, 2));
  must(admit("a"));
  must(set_campaign{.name = "old-api", .state = schema::campaign_state::paused, .by = "ada"});
  must(set_campaign{.name = "old-api", .open_wave = 1});
  EXPECT_THAT(queue(), IsEmpty()) << "a wave that opens meanwhile waits too";
  must(move_run("a", 1, run_state::prepare, run_state::schedule));
  EXPECT_THAT(queue(), IsEmpty()) << "a run that a crash puts back waits too";
  reopen();
  EXPECT_THAT(queue(), IsEmpty());
  must(set_campaign{.name = "old-api", .state = schema::campaign_state::running, .by = "ada"});
  EXPECT_THAT(queue(), ElementsAre("a", "b", "c", "d"));
}

TEST_F(CampaignTest, RetryReplacesFailedRuns) {
  must(campaign_of("old-api", {"a", "b"}, 2));
  fail("a");
  retry_runs op{.campaign = "old-api", .superseded = {"a"}, .runs = {}, .by = "ada"};
  add_run fresh{queued_run_of("a2")};
  fresh.value.campaign = "old-api";
  fresh.value.fingerprint = stored("a").fingerprint;
  op.runs.push_back(fresh);
  EXPECT_EQ(must(op).affected, 2U);
  EXPECT_TRUE(stored("a").superseded);
  EXPECT_EQ(stored("a").state, run_state::verification_failed);
  EXPECT_EQ(stored("a2").state, run_state::schedule);
  const auto totals = view().totals("old-api").value();
  ASSERT_EQ(totals.size(), 1U);
  EXPECT_THAT(totals[0].states, ElementsAre(Pair(run_state::schedule, 2U)));
  EXPECT_EQ(view().runs({.campaign = "old-api"})->size(), 2U);
  EXPECT_EQ(view().runs({.campaign = "old-api", .with_superseded = true})->size(), 3U);
}

TEST_F(CampaignTest, RetryRefusesWhatDidNotFailAndLeavesNoTrace) {
  must(campaign_of("old-api", {"a", "b", "c"}, 3));
  must(add_run{queued_run_of("other")});
  fail("a");
  fail("other");
  must(admit("c"));
  must(move_run("c", 1, run_state::prepare, run_state::published));
  const auto refused = [&](const std::vector<std::string>& ids) {
    return apply(retry_runs{.campaign = "old-api", .superseded = ids, .runs = {}}).error().code;
  };
  EXPECT_EQ(refused({"a", "b"}), errc::conflict) << "still queued";
  EXPECT_EQ(refused({"a", "c"}), errc::conflict) << "published";
  EXPECT_EQ(refused({"a", "other"}), errc::conflict) << "not of this campaign";
  EXPECT_EQ(refused({"a", "none"}), errc::not_found);
  EXPECT_EQ(refused({"a", "a"}), errc::conflict) << "twice";
  EXPECT_FALSE(stored("a").superseded);
  must(retry_runs{.campaign = "old-api", .superseded = {"a"}, .runs = {}});
  EXPECT_EQ(refused({"a"}), errc::conflict) << "a repeat replaces nothing twice";
  EXPECT_TRUE(view().verify_chain());
}

TEST_F(CampaignTest, TotalsCountByWaveAndState) {
  must(campaign_of("old-api", {"a", "b", "c", "d", "e"}, 2));
  fail("a");
  must(admit("b"));
  const auto totals = view().totals("old-api").value();
  ASSERT_EQ(totals.size(), 3U);
  EXPECT_THAT(totals[0].states,
              ::testing::UnorderedElementsAre(Pair(run_state::verification_failed, 1U),
                                              Pair(run_state::prepare, 1U)));
  EXPECT_THAT(totals[1].states, ElementsAre(Pair(run_state::schedule, 2U)));
  EXPECT_THAT(totals[2].states, ElementsAre(Pair(run_state::schedule, 1U)));
  EXPECT_THAT(view().totals("none").value(), IsEmpty());
}

TEST_F(CampaignTest, FiveThousandRunsAreOneOperation) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5000; ++i) ids.push_back("run" + std::to_string(i));
  EXPECT_EQ(must(campaign_of("fleet", ids, 100)).affected, 5001U);
  EXPECT_EQ(view().totals("fleet")->size(), 50U);
  EXPECT_EQ(view().count_runs({.campaign = "fleet"}).value(), 5000U);
  EXPECT_EQ(view().verify_chain().value(), 5001U);
}

}  // namespace
}  // namespace skein::store::testing
