// Runs: adding, reading back, moving along, fencing, group commit.
#include "tests/runtime/store/store_fixture.hpp"

#include <random>

namespace skein::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RunTest : public StoreTest {};

TEST_F(RunTest, ReadsBackEverythingThatWasAdded) {
  const std::string json = R"({"kind":"Task"})";
  schema::run value = queued_run_of("0123456789abcdef");
  value.task_sha256 = schema::sha256_hex(json);
  value.tenant = "payments";
  value.repo = {"git@host:org/a.git", "main", "0f0f"};
  value.risk = schema::risk_level::high;
  value.dry_run = true;
  must(put_task{value.task_sha256, json});
  const applied answer = must(add_run{value});
  EXPECT_EQ(answer.state, run_state::schedule);
  EXPECT_EQ(answer.affected, 1U);

  value.seq = 1;
  value.created_ms = value.updated_ms = now_ms_;
  EXPECT_EQ(stored(value.id), value);
  EXPECT_EQ(view().task_json(value.task_sha256).value(), json);
  EXPECT_THAT(kinds(value.id), ElementsAre("run_queued"));
}

TEST_F(RunTest, ReadsBackEverythingThatAnAdvanceSets) {
  must(add_run{queued_run_of("a")});
  now_ms_ += 5;
  must(admit("a"));
  advance_run op = move_run("a", 1, run_state::prepare, run_state::blocked);
  op.failed_attempts = 2;
  op.crashes = 1;
  op.base_branch = "main";
  op.base_commit = "c0ffee";
  op.tree = "7ree";
  op.patch_ref = "sha256:patch";
  op.log_ref = "sha256:log";
  op.diff = schema::diff_summary{3, 20, 10, "d1ff"};
  schema::verdict verdict;
  verdict.name = "unit";
  verdict.status = schema::verdict_status::timed_out;
  verdict.baseline = schema::verdict_status::failed_before;
  verdict.baseline_cached = true;
  verdict.flaky = true;
  verdict.duration_ms = 12;
  verdict.log_ref = "sha256:v";
  verdict.digest = "d";
  verdict.excerpt = "line 1\nline \xC3\xBC";
  op.verdicts = {verdict};
  op.findings = {{"secret.aws", "error", "src/a.c", 7, "block", "a key"}};
  op.failed = failure_of(run_state::blocked, "a secret in the diff");
  op.failed->cls = schema::failure_class::f7;
  op.published =
      schema::publication{schema::publish_mode::draft, "skein/a", "c", "u", true, "t", "body"};
  op.used = schema::usage{1, 2, 0.5, 3, 4, 5, 6};
  op.timings = schema::stage_timings{1, 2, 3, 4, 5, 6, 7};
  op.event = {{"why", "scan"}};
  now_ms_ += 5;
  must(op);

  const schema::run run = stored("a");
  EXPECT_EQ(run.state, run_state::blocked);
  EXPECT_EQ(run.attempt, 1U);
  EXPECT_EQ(run.failed_attempts, 2U);
  EXPECT_EQ(run.crashes, 1U);
  EXPECT_EQ(run.repo.branch, "main");
  EXPECT_EQ(run.base_commit, "c0ffee");
  EXPECT_EQ(run.tree, "7ree");
  EXPECT_EQ(run.patch_ref, "sha256:patch");
  EXPECT_EQ(run.log_ref, "sha256:log");
  EXPECT_EQ(run.diff, op.diff);
  EXPECT_EQ(run.verdicts, *op.verdicts);
  EXPECT_EQ(run.findings, *op.findings);
  EXPECT_EQ(run.published, op.published);
  EXPECT_EQ(run.used, *op.used);
  EXPECT_EQ(run.timings, *op.timings);
  EXPECT_EQ(run.updated_ms, now_ms_);
  EXPECT_EQ(run.started_ms, now_ms_ - 5);
  op.failed->at_ms = now_ms_;
  EXPECT_EQ(run.failed, op.failed);

  const auto events = view().events("a", 0, 0).value();
  ASSERT_EQ(events.size(), 3U);
  const auto payload = nlohmann::json::parse(events.back().payload);
  EXPECT_EQ(payload, (nlohmann::json{{"attempt", 1},
                                     {"from", "prepare"},
                                     {"to", "blocked"},
                                     {"class", "F7"},
                                     {"why", "scan"}}));
}

TEST_F(RunTest, MembersThatAreNotSetKeepTheirValue) {
  must(add_run{queued_run_of("a")});
  advance_run first = admit("a");
  first.base_commit = "c0ffee";
  first.crashes = 3;
  first.timings = schema::stage_timings{1, 0, 0, 0, 0, 0, 0};
  must(first);
  must(move_run("a", 1, run_state::prepare, run_state::agent));
  advance_run third = move_run("a", 1, run_state::agent, run_state::verify);
  third.tree = "7ree";
  must(third);
  const schema::run run = stored("a");
  EXPECT_EQ(run.base_commit, "c0ffee");
  EXPECT_EQ(run.tree, "7ree");
  EXPECT_EQ(run.crashes, 3U);
  EXPECT_EQ(run.timings[0], 1);
}

TEST_F(RunTest, HostileTextComesBackUnchanged) {
  schema::run value = queued_run_of("a");
  value.repo.url = "x'; DROP TABLE runs; --";
  value.repo.branch = std::string("nul\0inside", 10);
  value.task_name = "\xE2\x80\xAE name";
  must(add_run{value});
  EXPECT_EQ(stored("a").repo, value.repo);
  EXPECT_EQ(stored("a").task_name, value.task_name);

  advance_run op = admit("a");
  op.event = {{"output", "\xff\xfe broken"}, {"attempt", "forged"}, {"to", "published"}};
  must(op);
  const auto payload = nlohmann::json::parse(view().events("a", 0, 0)->back().payload);
  EXPECT_EQ(payload["attempt"], 1) << "an event field must not hide a real one";
  EXPECT_EQ(payload["to"], "prepare");
  EXPECT_TRUE(view().verify_chain());
}

TEST_F(RunTest, F10_AnOldAttemptIsRefusedAsStale) {
  must(add_run{queued_run_of("a")});
  must(admit("a"));
  advance_run again = move_run("a", 1, run_state::prepare, run_state::prepare);
  again.new_attempt = 2;
  must(again);
  const auto late = apply(move_run("a", 1, run_state::prepare, run_state::agent));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, errc::stale);
  EXPECT_THAT(late.error().message, HasSubstr("run a"));
  EXPECT_EQ(stored("a").state, run_state::prepare);
  EXPECT_EQ(stored("a").attempt, 2U);
}

TEST_F(RunTest, AWrongFromStateIsRefusedAsStale) {
  must(add_run{queued_run_of("a")});
  const auto answer = apply(move_run("a", 0, run_state::agent, run_state::verify));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, errc::stale);
  EXPECT_THAT(kinds("a"), ElementsAre("run_queued"));
}

TEST_F(RunTest, ANewAttemptHasToGrow) {
  must(add_run{queued_run_of("a")});
  must(admit("a"));
  advance_run op = move_run("a", 1, run_state::prepare, run_state::prepare);
  op.new_attempt = 1;
  EXPECT_EQ(apply(op).error().code, errc::invalid);
}

TEST_F(RunTest, C15_AFailedFinalStateNeedsAFailureRecord) {
  must(add_run{queued_run_of("a")});
  must(admit("a"));
  advance_run bare = move_run("a", 1, run_state::prepare, run_state::preparation_failed);
  bare.failed.reset();
  EXPECT_EQ(apply(bare).error().code, errc::invalid);
  schema::run rejected = queued_run_of("b");
  rejected.state = run_state::rejected;
  EXPECT_EQ(apply(add_run{rejected}).error().code, errc::invalid);
  EXPECT_EQ(view().run("b").error().code, errc::not_found);
}

TEST_F(RunTest, NoTransitionLeavesAFinalState) {
  int number = 0;
  for (const run_state last : schema::all_run_states) {
    if (!schema::is_final(last)) continue;
    const std::string id = "final" + std::to_string(number++);
    must(add_run{queued_run_of(id)});
    must(admit(id));
    must(move_run(id, 1, run_state::prepare, last));
    for (const run_state next : schema::all_run_states) {
      const auto answer = apply(move_run(id, 1, last, next));
      ASSERT_FALSE(answer) << schema::to_string(last) << " → " << schema::to_string(next);
      EXPECT_EQ(answer.error().code, errc::stale);
    }
    EXPECT_EQ(stored(id).state, last);
  }
  EXPECT_TRUE(view().verify_chain());
}

TEST_F(RunTest, RandomMovesMatchAModel) {
  std::mt19937 random(20240229);
  struct model {
    run_state state = run_state::schedule;
    std::uint32_t attempt = 0;
  };
  std::vector<model> models(8);
  for (std::size_t i = 0; i < models.size(); ++i) {
    must(add_run{queued_run_of("r" + std::to_string(i))});
  }
  std::uint64_t accepted = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<operation> batch;
    std::vector<bool> expected;
    for (int i = 0; i < 7; ++i) {
      const std::size_t at = random() % models.size();
      model& run = models[at];
      const auto any = [&] { return schema::all_run_states[random() % 23]; };
      const run_state from = random() % 3 == 0 ? any() : run.state;
      // Mostly non-final, so that runs live for a while.
      run_state to = any();
      if (schema::is_final(to) && random() % 4 != 0) to = run_state::agent;
      const std::uint32_t attempt = random() % 4 == 0 ? random() % 3 : run.attempt;
      advance_run op = move_run("r" + std::to_string(at), attempt, from, to);
      if (random() % 3 == 0) op.new_attempt = run.attempt + random() % 2;
      const bool legal = from == run.state && attempt == run.attempt &&
                         !schema::is_final(run.state) && to != run_state::intake &&
                         (!op.new_attempt || *op.new_attempt > run.attempt);
      if (legal) {
        run = {to, op.new_attempt.value_or(run.attempt)};
        ++accepted;
      }
      batch.emplace_back(std::move(op));
      expected.push_back(legal);
    }
    const auto answers = writer_->commit(batch);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      ASSERT_EQ(answers[i].has_value(), expected[i]) << "round " << round << " operation " << i;
    }
  }
  for (std::size_t i = 0; i < models.size(); ++i) {
    EXPECT_EQ(stored("r" + std::to_string(i)).state, models[i].state);
    EXPECT_EQ(stored("r" + std::to_string(i)).attempt, models[i].attempt);
  }
  EXPECT_GT(accepted, 20U);
  const auto all = kinds();
  const auto withdrawn = std::count(all.begin(), all.end(), "approval_withdrawn");
  EXPECT_EQ(view().verify_chain().value(),
            models.size() + accepted + static_cast<std::size_t>(withdrawn));
}

TEST_F(RunTest, ARefusedOperationLeavesNoTraceAmongGoodOnes) {
  must(add_run{queued_run_of("a")});
  const std::vector<operation> batch{
      add_run{queued_run_of("b")},
      advance_run(move_run("a", 7, run_state::schedule, run_state::prepare)),  // stale
      add_run{queued_run_of("a")},                                             // conflict
      advance_run(move_run("none", 0, run_state::schedule, run_state::prepare)),
      admit("a"),
      add_run{queued_run_of("c")}};
  const auto answers = writer_->commit(batch);
  ASSERT_EQ(answers.size(), 6U);
  EXPECT_TRUE(answers[0]);
  EXPECT_EQ(answers[1].error().code, errc::stale);
  EXPECT_EQ(answers[2].error().code, errc::conflict);
  EXPECT_EQ(answers[3].error().code, errc::not_found);
  EXPECT_TRUE(answers[4]);
  EXPECT_TRUE(answers[5]);
  EXPECT_EQ(stored("c").seq, 3) << "refused runs take no number";
  EXPECT_THAT(kinds(), ElementsAre("run_queued", "run_queued", "run_prepare", "run_queued"));
  EXPECT_EQ(answers[5]->event_seq, 4);
  EXPECT_EQ(view().verify_chain().value(), 4U);
}

TEST_F(RunTest, ARunOfAnUnknownTaskOrCampaignIsRefused) {
  schema::run value = queued_run_of("a");
  value.task_sha256 = "beef";
  EXPECT_EQ(apply(add_run{value}).error().code, errc::not_found);
  value.task_sha256.clear();
  value.campaign = "nobody";
  const auto answer = apply(add_run{value});
  EXPECT_EQ(answer.error().code, errc::not_found);
  EXPECT_THAT(answer.error().message, HasSubstr("nobody"));
  EXPECT_EQ(view().count_runs({}).value(), 0U);
}

TEST_F(RunTest, C13_ATaskIsStoredOnlyUnderItsOwnHash) {
  EXPECT_EQ(apply(put_task{std::string(64, '0'), "{}"}).error().code, errc::invalid);
  const std::string sha = schema::sha256_hex("{}");
  EXPECT_EQ(must(put_task{sha, "{}"}).affected, 1U);
  EXPECT_EQ(must(put_task{sha, "{}"}).affected, 0U) << "a repeat changes nothing";
}

TEST_F(RunTest, IdsMayBeShortened) {
  for (const char* id : {"abc1", "abc2", "abd1", "ab"}) must(add_run{queued_run_of(id)});
  EXPECT_EQ(view().resolve_run("abd").value(), "abd1");
  EXPECT_EQ(view().resolve_run("ab").value(), "ab") << "an exact id wins";
  const auto ambiguous = view().resolve_run("abc");
  EXPECT_EQ(ambiguous.error().code, errc::conflict);
  EXPECT_THAT(ambiguous.error().message, HasSubstr("abc1, abc2"));
  for (const char* none : {"", "x", "abd10", "%", "ab_"}) {
    EXPECT_EQ(view().resolve_run(none).error().code, errc::not_found) << none;
  }
}

TEST_F(RunTest, ListsByStateTenantAndCursor) {
  for (int i = 0; i < 6; ++i) {
    schema::run value = queued_run_of("r" + std::to_string(i));
    value.tenant = i % 2 == 0 ? "even" : "odd";
    must(add_run{value});
  }
  must(admit("r1"));
  must(admit("r3"));
  must(move_run("r3", 1, run_state::prepare, run_state::published));
  const auto list = [&](const run_filter& filter) {
    std::vector<std::string> ids;
    const auto found = view().runs(filter);
    EXPECT_TRUE(found);
    for (const schema::run& each : *found) ids.push_back(each.id);
    EXPECT_EQ(view().count_runs(filter).value(), ids.size());
    return ids;
  };
  EXPECT_THAT(list({}), ElementsAre("r0", "r1", "r2", "r3", "r4", "r5"));
  EXPECT_THAT(list({.after_seq = 4}), ElementsAre("r4", "r5"));
  EXPECT_THAT(list({.state = run_state::schedule}), ElementsAre("r0", "r2", "r4", "r5"));
  EXPECT_THAT(list({.state = run_state::schedule, .tenant = "odd"}), ElementsAre("r5"));
  EXPECT_THAT(list({.state = run_state::prepare}), ElementsAre("r1"));
  EXPECT_THAT(list({.state = run_state::published}), ElementsAre("r3"));
  EXPECT_THAT(list({.tenant = "odd"}), ElementsAre("r1", "r3", "r5"));
  EXPECT_THAT(list({.tenant = "odd", .non_final_only = true}), ElementsAre("r1", "r5"));
  EXPECT_THAT(list({.non_final_only = true}), ElementsAre("r0", "r1", "r2", "r4", "r5"));
  EXPECT_THAT(list({.state = run_state::blocked}), ElementsAre());
  EXPECT_EQ(view().runs({.limit = 2})->size(), 2U);
  EXPECT_EQ(view().runs({.limit = 0})->size(), 6U);
}

}  // namespace
}  // namespace skein::store::testing
