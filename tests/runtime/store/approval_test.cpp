// Approvals: who may answer, what an answer does, and that nothing of it can be repeated or forged.
#include "tests/runtime/store/store_fixture.hpp"

#include <gmock/gmock.h>

namespace skein::store::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using schema::approval_state;

class ApprovalTest : public StoreTest {
 protected:
  /// A run of ada's that waits for `required` people.
  void park(const std::string& id, std::uint32_t required = 1, const std::string& diff = "d1") {
    must(add_run{queued_run_of(id)});
    must(admit(id));
    auto move = move_run(id, 1, run_state::prepare, run_state::waiting_approval);
    move.approval = approval_request{
        diff, schema::risk_level::medium, required, {"touches CI"}, now_ms_ + 60'000};
    must(move);
  }
  decide_approval answer(const std::string& id, const std::string& by, bool approve = true) {
    decide_approval out;
    out.run_id = id;
    out.diff_sha256 = "d1";
    out.approve = approve;
    out.by = by;
    out.reason = "looked at it";
    out.denied = failure_of(run_state::approval_denied, "denied by " + by);
    return out;
  }
  schema::approval the_approval(const std::string& id) {
    approval_filter filter;
    filter.run_id = id;
    const auto found = view().approvals(filter).value();
    EXPECT_EQ(found.size(), 1U);
    return found.empty() ? schema::approval{} : found.front();
  }
};

TEST_F(ApprovalTest, H_ParkedRunsAreListedWithWhatIsAsked) {
  park("a");
  const auto waiting = the_approval("a");
  EXPECT_EQ(waiting.state, approval_state::pending);
  EXPECT_EQ(waiting.submitter, "ada");
  EXPECT_EQ(waiting.diff_sha256, "d1");
  EXPECT_EQ(waiting.risk, schema::risk_level::medium);
  EXPECT_THAT(waiting.why, ElementsAre("touches CI"));
  reopen();
  EXPECT_EQ(the_approval("a"), waiting);
}

TEST_F(ApprovalTest, H_YesMovesTheRunToPublishInTheSameTransaction) {
  park("a");
  EXPECT_EQ(must(answer("a", "bob")).state, run_state::publish);
  EXPECT_EQ(stored("a").state, run_state::publish);
  EXPECT_EQ(the_approval("a").state, approval_state::approved);
  EXPECT_THAT(kinds("a"), Contains("approval_answered"));
  EXPECT_THAT(kinds("a"), Contains("approval_approved"));
  EXPECT_TRUE(view().verify_chain());
}

TEST_F(ApprovalTest, C12_TheSubmitterCannotApprove) {
  park("a");
  EXPECT_EQ(apply(answer("a", "ada")).error().code, errc::unauthorised);
  EXPECT_EQ(stored("a").state, run_state::waiting_approval);
  EXPECT_TRUE(the_approval("a").votes.empty());
  EXPECT_EQ(must(answer("a", "ada", false)).state, run_state::approval_denied);
}

TEST_F(ApprovalTest, H_HighRiskNeedsTwoPeopleAndNobodyCountsTwice) {
  park("a", 2);
  EXPECT_EQ(must(answer("a", "bob")).state, run_state::waiting_approval);
  EXPECT_EQ(apply(answer("a", "bob")).error().code, errc::conflict);
  EXPECT_EQ(apply(answer("a", "ada")).error().code, errc::unauthorised);
  EXPECT_EQ(stored("a").state, run_state::waiting_approval);
  reopen();
  EXPECT_EQ(must(answer("a", "eve")).state, run_state::publish);
  EXPECT_EQ(the_approval("a").votes.size(), 2U);
}

TEST_F(ApprovalTest, H_OneNoEndsTheRun) {
  park("a", 2);
  must(answer("a", "bob"));
  EXPECT_EQ(must(answer("a", "eve", false)).state, run_state::approval_denied);
  EXPECT_EQ(stored("a").failed->reason, "denied by eve");
  EXPECT_EQ(the_approval("a").state, approval_state::denied);
  EXPECT_EQ(apply(answer("a", "kim")).error().code, errc::not_found);
}

TEST_F(ApprovalTest, H_AnAnswerCountsForTheDiffThatWasLookedAtOnly) {
  park("a", 1, "d2");
  EXPECT_EQ(apply(answer("a", "bob")).error().code, errc::conflict);
  EXPECT_EQ(stored("a").state, run_state::waiting_approval);
}

TEST_F(ApprovalTest, H_TheTimeToDecideEnds) {
  park("a");
  expire_approval end{"a", failure_of(run_state::approval_denied, "nobody approved it in time")};
  EXPECT_EQ(apply(end).error().code, errc::stale);
  must(escalate_approval{"a"});
  EXPECT_GT(the_approval("a").escalated_ms, 0);
  EXPECT_EQ(must(escalate_approval{"a"}).affected, 0U);
  now_ms_ += 60'000;
  EXPECT_EQ(apply(answer("a", "bob")).error().code, errc::refused);
  must(end);
  EXPECT_EQ(stored("a").state, run_state::approval_denied);
  EXPECT_EQ(the_approval("a").state, approval_state::expired);
}

TEST_F(ApprovalTest, T9_11_AKilledRunWaitsForNobody) {
  park("a");
  must(move_run("a", 1, run_state::waiting_approval, run_state::killed));
  EXPECT_EQ(the_approval("a").state, approval_state::withdrawn);
  EXPECT_EQ(apply(answer("a", "bob")).error().code, errc::not_found);
}

TEST_F(ApprovalTest, NobodyIsParkedWithoutAQuestionNorAskedWithoutBeingParked) {
  must(add_run{queued_run_of("a")});
  must(admit("a"));
  auto move = move_run("a", 1, run_state::prepare, run_state::waiting_approval);
  move.approval.reset();
  EXPECT_EQ(apply(move).error().code, errc::invalid);
  move.to = run_state::agent;
  move.approval = approval_request{"d1", schema::risk_level::low, 1, {}, now_ms_ + 1};
  EXPECT_EQ(apply(move).error().code, errc::invalid);
}

TEST_F(ApprovalTest, T5_IncidentsAreKeptAndAudited) {
  park("a");
  must(put_incident{"secret_in_diff", "a", "", "", "a secret in the change", {{"rule", "aws"}}});
  reopen();
  const auto all = view().incidents("", "", 0).value();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].run_id, "a");
  EXPECT_EQ(all[0].kind, "secret_in_diff");
  EXPECT_EQ(all[0].facts.at("rule"), "aws");
  EXPECT_TRUE(view().incidents("nobody", "", 0).value().empty());
  const auto events = view().events("a", 0, 0).value();
  EXPECT_EQ(events.back().kind, "incident_recorded");
  EXPECT_TRUE(events.back().audited);
  EXPECT_TRUE(view().verify_chain());
}

}  // namespace
}  // namespace skein::store::testing
