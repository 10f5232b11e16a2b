// Notes, baselines, the outbox, switches and what tenants used.
#include "tests/runtime/store/store_fixture.hpp"

namespace skein::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RecordTest : public StoreTest {
 protected:
  RecordTest() {
    must(add_run{queued_run_of("a")});
    must(admit("a"));
  }
  put_intent intent(std::uint32_t attempt = 1) {
    return {"a", attempt, "file:///srv/git/a.git", "skein/a", "c0ffee", {{"title", "Use new_api"}}};
  }
};

TEST_F(RecordTest, C14_ANoteIsKeptEvenIfTheRunMovedOn) {
  must(move_run("a", 1, run_state::prepare, run_state::published));
  note_event op;
  op.kind = "tool_call_finished";
  op.run_id = "a";
  op.payload = {{"tool", "run_shell"}};
  now_ms_ += 7;
  const applied answer = must(op);
  const auto rows = view().events("a", answer.event_seq - 1, 10).value();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].kind, "tool_call_finished");
  EXPECT_EQ(rows[0].at_ms, now_ms_);
  EXPECT_EQ(rows[0].tenant, "default") << "taken from the run";
  EXPECT_EQ(rows[0].payload, R"({"tool":"run_shell"})");
  EXPECT_EQ(rows[0].hash.size(), 64U);
  EXPECT_FALSE(rows[0].audited);
}

TEST_F(RecordTest, ANoteMustNotImitateTheStoresOwnEvents) {
  for (const char* kind : {"run_published", "run_queued", "intent_done", "switch_lifted",
                           "campaign_aborted", "", "Has Space", "x'y"}) {
    EXPECT_EQ(apply(note_event{.kind = kind, .run_id = "a"}).error().code, errc::invalid) << kind;
  }
  EXPECT_EQ(apply(note_event{.kind = "attempt_failed", .run_id = "none"}).error().code,
            errc::not_found);
  note_event large{.kind = "attempt_failed", .run_id = "a"};
  large.payload = {{"text", std::string(300'000, 'x')}};
  EXPECT_EQ(apply(large).error().code, errc::invalid);
}

TEST_F(RecordTest, TheAuditIsWhatPeopleDidAndHowRunsEnded) {
  must(note_event{.kind = "tool_call_finished", .run_id = "a"});
  must(note_event{.kind = "approval_granted", .run_id = "a", .by = "grace"});
  must(note_event{.kind = "incident_opened", .run_id = "a"});
  must(move_run("a", 1, run_state::prepare, run_state::published));
  std::vector<std::string> audited;
  for (const event_row& each : *view().events("", 0, 0)) {
    if (each.audited) audited.push_back(each.kind);
  }
  EXPECT_THAT(audited,
              ElementsAre("run_queued", "approval_granted", "incident_opened", "run_published"));
}

TEST_F(RecordTest, EventsAreReadByCursor) {
  for (int i = 0; i < 5; ++i) must(note_event{.kind = "attempt_failed", .run_id = "a"});
  EXPECT_EQ(view().events("a", 0, 3)->size(), 3U);
  EXPECT_EQ(view().events("a", 3, 0)->front().seq, 4);
  EXPECT_THAT(view().events("none", 0, 0).value(), IsEmpty());
}

TEST_F(RecordTest, BaselinesAreFoundByRepositoryCommitAndDigest) {
  put_baseline op{"url", "commit", "digest", {}};
  op.value.name = "unit";
  op.value.status = schema::verdict_status::failed;
  op.value.digest = "digest";
  op.value.excerpt = "why";
  must(op);
  EXPECT_EQ(view().baseline("url", "commit", "digest").value(), op.value);
  EXPECT_EQ(view().baseline("url", "commit", "other").value(), std::nullopt);
  op.value.status = schema::verdict_status::passed;
  must(op);
  EXPECT_EQ(view().baseline("url", "commit", "digest").value()->status,
            schema::verdict_status::passed);
}

TEST_F(RecordTest, S3_AnIntentIsRecordedOnce) {
  must(intent());
  EXPECT_EQ(apply(intent()).error().code, errc::conflict);
  const outbox_row row = view().intent("a").value().value();
  EXPECT_EQ(row.state, outbox_state::pending);
  EXPECT_EQ(row.branch, "skein/a");
  EXPECT_EQ(row.commit, "c0ffee");
  EXPECT_EQ(row.attempt, 1U);
  EXPECT_EQ(row.payload["title"], "Use new_api");
  EXPECT_EQ(view().open_intents()->size(), 1U);
  EXPECT_EQ(view().intent("none").value().has_value(), false);
}

TEST_F(RecordTest, AnIntentOfAnOldAttemptIsStale) {
  EXPECT_EQ(apply(intent(0)).error().code, errc::stale);
  must(move_run("a", 1, run_state::prepare, run_state::killed));
  EXPECT_EQ(apply(intent(1)).error().code, errc::stale);
  EXPECT_EQ(view().intent("a").value().has_value(), false);
}

TEST_F(RecordTest, S3_OnlyLegalMovesOfTheOutbox) {
  using enum outbox_state;
  const std::vector<outbox_state> all{pending, unknown, done, failed};
  int number = 0;
  for (const outbox_state from : all) {
    for (const outbox_state to : all) {
      const std::string id = "o" + std::to_string(number++);
      must(add_run{queued_run_of(id)});
      must(admit(id));
      must(put_intent{id, 1, "u", "b", "c", {}});
      if (from != pending) must(set_intent{id, from, ""});
      const auto answer = apply(set_intent{id, to, "because"});
      const bool open = from == pending || from == unknown;
      EXPECT_EQ(answer.has_value(), open || from == to)
          << to_string(from) << " → " << to_string(to);
      if (answer) {
        EXPECT_EQ(answer->affected, from == to ? 0U : 1U);
      } else {
        EXPECT_EQ(answer.error().code, errc::conflict);
      }
      EXPECT_EQ(view().intent(id).value()->state, answer ? to : from);
    }
  }
  EXPECT_EQ(apply(set_intent{"a", done, ""}).error().code, errc::not_found);
  EXPECT_TRUE(view().verify_chain());
}

TEST_F(RecordTest, T9_11_SwitchesSurviveARestartUntilLifted) {
  const switch_row hold{switch_kind::hold, switch_scope::tenant, "payments", "ada", "audit", 5};
  const switch_row kill{switch_kind::kill, switch_scope::tenant, "payments", "ada", "fire", 6};
  const switch_row drain{switch_kind::drain, switch_scope::all, "", "grace", "upgrade", 7};
  for (const switch_row& each : {hold, kill, drain}) must(set_switch{each});
  reopen();
  EXPECT_THAT(view().switches().value(), ElementsAre(hold, kill, drain));
  EXPECT_EQ(must(lift_switch{switch_scope::tenant, "payments", switch_kind::kill, "ada"}).affected,
            1U);
  EXPECT_THAT(view().switches().value(), ElementsAre(hold, drain));
  must(set_switch{kill});
  EXPECT_EQ(must(lift_switch{switch_scope::tenant, "payments", std::nullopt, "ada"}).affected, 2U);
  EXPECT_EQ(must(lift_switch{switch_scope::tenant, "payments", std::nullopt, "ada"}).event_seq, 0)
      << "nothing to lift, nothing to tell";
  EXPECT_EQ(kinds().back(), "switch_lifted");
  EXPECT_EQ(view().events("", 0, 0)->back().by, "ada");
  EXPECT_EQ(view().events("", 0, 0)->back().tenant, "payments");
}

TEST_F(RecordTest, ASwitchWithoutATargetIsForAllOnly) {
  EXPECT_EQ(
      apply(set_switch{{switch_kind::kill, switch_scope::repo, "", "ada", "", 0}}).error().code,
      errc::invalid);
  EXPECT_EQ(
      apply(set_switch{{switch_kind::kill, switch_scope::all, "x", "ada", "", 0}}).error().code,
      errc::invalid);
}

TEST_F(RecordTest, T9_7_TenantsSumWhatTheirRunsUsed) {
  schema::run other = queued_run_of("b");
  other.tenant = "payments";
  must(add_run{other});
  advance_run op = move_run("a", 1, run_state::prepare, run_state::agent);
  op.used = schema::usage{.tokens_in = 10, .tokens_out = 5, .usd = 0.25};
  must(op);
  op = move_run("a", 1, run_state::agent, run_state::verify);
  op.used = schema::usage{.tokens_in = 20, .tokens_out = 10, .usd = 0.75};
  must(op);
  const auto rows = view().tenants().value();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].tenant, "default");
  EXPECT_EQ(rows[0].active, 1U);
  EXPECT_EQ(rows[0].queued, 0U);
  EXPECT_EQ(rows[0].tokens, 30U) << "a later figure replaces the earlier one of the same run";
  EXPECT_DOUBLE_EQ(rows[0].usd, 0.75);
  EXPECT_EQ(rows[1].tenant, "payments");
  EXPECT_EQ(rows[1].queued, 1U);
}

}  // namespace
}  // namespace skein::store::testing
