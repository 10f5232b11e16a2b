// The hash chain: what it is made of, and that tampering with events or state rows is noticed.
#include "runtime/store/event_chain.hpp"
#include "tests/runtime/store/store_fixture.hpp"

namespace skein::store::testing {
namespace {

using ::testing::HasSubstr;

class ChainTest : public StoreTest {
 protected:
  ChainTest() {
    must(campaign_of("old-api", {"c"}, 1));
    for (const char* id : {"a", "b"}) {
      must(add_run{queued_run_of(id)});
      must(admit(id));
    }
    must(put_intent{"b", 1, "u", "branch", "commit", {}});
    must(move_run("a", 1, run_state::prepare, run_state::published));
    events_ = view().verify_chain().value();
  }

  /// Edits the file as an attacker would: guards off, then `sql`.
  void tamper(const std::string& sql) {
    writer_.reset();
    SQLite::Database db(layout_.database().string(), SQLite::OPEN_READWRITE);
    std::vector<std::string> triggers;
    {
      SQLite::Statement names(db, "SELECT name FROM sqlite_schema WHERE type = 'trigger'");
      while (names.executeStep()) triggers.push_back(names.getColumn(0).getString());
    }
    for (const std::string& each : triggers) db.exec("DROP TRIGGER " + each);
    ASSERT_GT(db.exec(sql), 0) << "the test did not tamper with anything";
  }

  /// What a reader finds after `sql`; its message.
  std::string found_after(const std::string& sql) {
    tamper(sql);
    auto opened = reader::open(layout_);
    if (!opened) return opened.error().message;
    const auto verdict = (*opened)->verify_chain();
    if (verdict) return "nothing";
    EXPECT_EQ(verdict.error().code, errc::corrupt);
    EXPECT_FALSE(verdict.error().remedy.empty());
    return verdict.error().message;
  }

  std::uint64_t events_ = 0;
};

TEST_F(ChainTest, CountsTheEventsOfAnUntouchedStore) {
  EXPECT_EQ(events_, 8U);
  writer_.reset();
  EXPECT_EQ(reader::open(layout_).value()->verify_chain().value(), 8U);
}

TEST_F(ChainTest, AnotherProgramCanRecomputeTheHashes) {
  // Only from what events() exports, and the description in event_chain.hpp.
  const auto number = [](std::uint64_t value) {
    std::string out;
    for (int i = 0; i < 8; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
    return out;
  };
  std::string previous(32, '\0');
  for (const event_row& each : *view().events("", 0, 0)) {
    std::string bytes = previous + number(static_cast<std::uint64_t>(each.seq)) +
                        number(static_cast<std::uint64_t>(each.at_ms));
    for (const std::string& text :
         {each.kind, each.run_id, each.campaign, each.tenant, each.by, each.payload}) {
      bytes += number(text.size()) + text;
    }
    bytes.push_back(each.audited ? '\1' : '\0');
    EXPECT_EQ(schema::sha256_hex(bytes), each.hash) << "event " << each.seq;
    previous.clear();
    for (std::size_t i = 0; i < each.hash.size(); i += 2) {
      previous.push_back(static_cast<char>(std::stoi(each.hash.substr(i, 2), nullptr, 16)));
    }
  }
}

TEST_F(ChainTest, FieldsDoNotRunIntoEachOther) {
  chain_hasher hasher;
  const std::string ab = "ab";
  const std::string c = "c";
  const std::string a = "a";
  const std::string bc = "bc";
  EXPECT_NE(hasher.next({}, 1, {0, ab, c, a, a, a, a, false}),
            hasher.next({}, 1, {0, a, bc, a, a, a, a, false}));
}

TEST_F(ChainTest, NoticesAChangedEvent) {
  for (const char* set : {"payload = '{}'", "at_ms = 1", "kind = 'run_agent'", "run_seq = 1",
                          "run_seq = NULL", "campaign = 'x'", "tenant = 'x'", "actor = 'x'",
                          "audited = 1 - audited", "hash = zeroblob(32)"}) {
    EXPECT_THAT(found_after("UPDATE events SET " + std::string(set) + " WHERE seq = 4"),
                HasSubstr("event 4:"))
        << set;
    // Restores the state for the next round.
    std::filesystem::remove_all(dir_.path());
    std::filesystem::create_directory(dir_.path());
    reopen();
    must(campaign_of("old-api", {"c"}, 1));
    for (const char* id : {"a", "b"}) {
      must(add_run{queued_run_of(id)});
      must(admit(id));
    }
  }
}

TEST_F(ChainTest, NoticesARemovedEvent) {
  EXPECT_THAT(found_after("DELETE FROM events WHERE seq = 4"), HasSubstr("event 4:"));
}

TEST_F(ChainTest, NoticesARemovedBeginning) {
  EXPECT_THAT(found_after("DELETE FROM events WHERE seq = 1"), HasSubstr("event 1:"));
}

TEST_F(ChainTest, NoticesARemovedEnd) {
  EXPECT_THAT(found_after("DELETE FROM events WHERE seq > 6"), HasSubstr("event 7:"));
  auto opened = writer::open(layout_, [] { return std::int64_t{0}; });
  ASSERT_FALSE(opened) << "nothing may be appended to a log that was cut";
  EXPECT_EQ(opened.error().code, errc::corrupt);
}

TEST_F(ChainTest, NoticesAChangedRun) {
  EXPECT_THAT(found_after("UPDATE runs SET state = 'published', phase = 2 WHERE id = 'b'"),
              HasSubstr("run b says published"));
}

TEST_F(ChainTest, NoticesARunThatWasMadeToRunAgain) {
  EXPECT_THAT(found_after("UPDATE runs SET phase = 0 WHERE id = 'a'"), HasSubstr("run a"));
}

TEST_F(ChainTest, NoticesARenamedRun) {
  EXPECT_THAT(found_after("UPDATE runs SET id = 'z' WHERE id = 'b'"), HasSubstr("event"));
}

TEST_F(ChainTest, NoticesARemovedRun) {
  EXPECT_THAT(found_after("DELETE FROM runs WHERE id = 'b'"), HasSubstr("run is missing"));
}

TEST_F(ChainTest, NoticesAnInventedRun) {
  EXPECT_THAT(found_after("INSERT INTO runs SELECT 9, 'z', tenant, campaign, wave, superseded, "
                          "eligible, phase, started_ms, failed_attempts, crashes, state, attempt, "
                          "updated_ms, timings_json, priority, rank, preempted FROM runs WHERE id = 'a'"),
              HasSubstr("run z"));
}

TEST_F(ChainTest, NoticesAChangedCampaign) {
  EXPECT_THAT(found_after("UPDATE campaigns SET state = 'completed'"),
              HasSubstr("campaign old-api says completed"));
}

TEST_F(ChainTest, NoticesAChangedIntent) {
  EXPECT_THAT(found_after("UPDATE outbox SET state = 'done'"), HasSubstr("the intent of run b"));
}

TEST_F(ChainTest, NoticesARemovedIntent) {
  EXPECT_THAT(found_after("DELETE FROM outbox"), HasSubstr("intents"));
}

class ApprovalChainTest : public ChainTest {
 protected:
  ApprovalChainTest() {
    must(add_run{queued_run_of("q")});
    must(admit("q"));
    auto move = move_run("q", 1, run_state::prepare, run_state::waiting_approval);
    move.approval = approval_request{
        "d1", schema::risk_level::high, 2, {"touches CI"}, now_ms_ + 60'000};
    must(move);
    decide_approval yes;
    yes.run_id = "q";
    yes.diff_sha256 = "d1";
    yes.approve = true;
    yes.by = "bob";
    must(yes);
  }
};

TEST_F(ApprovalChainTest, H_AnUntouchedQuestionIsFine) {
  EXPECT_TRUE(view().verify_chain());
}

TEST_F(ApprovalChainTest, H_ANoteThatSoundsLikeAnAnswerIsNone) {
  note_event note;
  note.run_id = "q";
  note.kind = "approval_requested";
  must(note);
  note.kind = "intent_of_the_agent";
  must(note);
  EXPECT_TRUE(view().verify_chain());
}

TEST_F(ApprovalChainTest, H_NoticesAForgedAnswer) {
  EXPECT_THAT(found_after("INSERT INTO approval_votes (run_seq, attempt, voter, approve, reason, at_ms) "
                          "SELECT run_seq, attempt, 'eve', 1, '', 1 FROM approval_votes"),
              HasSubstr("the answer of eve about run q says approve, its last event nothing"));
}

TEST_F(ApprovalChainTest, H_NoticesAnAnswerOfSomebodyElse) {
  EXPECT_THAT(found_after("UPDATE approval_votes SET voter = 'eve'"), HasSubstr("the answer of eve"));
}

TEST_F(ApprovalChainTest, H_NoticesARemovedAnswer) {
  EXPECT_THAT(found_after("DELETE FROM approval_votes"), HasSubstr("has no row"));
}

TEST_F(ApprovalChainTest, H_NoticesAQuestionAboutAnotherChange) {
  EXPECT_THAT(found_after("UPDATE approvals SET diff_sha256 = 'd2'"), HasSubstr("change d2"));
}

TEST_F(ApprovalChainTest, H_NoticesAQuestionThatWasClosed) {
  EXPECT_THAT(found_after("UPDATE approvals SET state = 'approved'"),
              HasSubstr("the approval of run q says approved, its last event pending"));
}

TEST_F(ChainTest, AChangedTaskIsNotHandedOut) {
  const std::string sha = schema::sha256_hex("{}");
  must(put_task{sha, "{}"});
  tamper("UPDATE tasks SET json = '{\"x\":1}'");
  EXPECT_EQ(reader::open(layout_).value()->task_json(sha).error().code, errc::corrupt);
}

TEST_F(ChainTest, ARowThatCannotBeReadIsAnErrorNotACrash) {
  tamper("UPDATE runs SET state = 'nonsense', timings_json = '{' WHERE id = 'b'");
  auto opened = reader::open(layout_).value();
  EXPECT_EQ(opened->run("b").error().code, errc::corrupt);
  EXPECT_EQ(opened->runs({}).error().code, errc::corrupt);
  EXPECT_TRUE(opened->run("a"));
}

TEST_F(ChainTest, OrdinarySqlCannotRewriteHistory) {
  writer_.reset();
  SQLite::Database db(layout_.database().string(), SQLite::OPEN_READWRITE);
  for (const char* sql : {"UPDATE events SET kind = 'x'", "DELETE FROM events", "DELETE FROM runs",
                          "UPDATE run_origins SET submitter = 'x'"}) {
    EXPECT_THROW(db.exec(sql), SQLite::Exception) << sql;
  }
}

}  // namespace
}  // namespace skein::store::testing
