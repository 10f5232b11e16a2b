// T10: what becomes of a change, and of its pull request.
#include "runtime/forge/pull_request_life.hpp"
#include "runtime/forge/pull_request_quality.hpp"
#include "runtime/forge/pull_request_text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace skein::forge {
namespace {

constexpr std::int64_t hour = 3'600'000;
constexpr std::int64_t day = 24 * hour;
constexpr std::int64_t now = 1000 * day;

candidate change() {
  candidate out;
  out.run = "run2";
  out.fingerprint = "f";
  out.repository = "acme/pay";
  out.base_branch = "main";
  out.paths = {"src/a.c", "src/b.c"};
  return out;
}

earlier_pull_request earlier(earlier_end end, const std::string& fingerprint = "f") {
  return {"acme/pay", 12, "run1", fingerprint, end, now - 30 * day};
}

opening_decision decide(const candidate& wanted, const std::vector<earlier_pull_request>& known,
                        const std::vector<neighbour_run>& neighbours = {}) {
  return decide_opening(wanted, known, neighbours, {}, now);
}

TEST(opening, T10_1_a_plain_change_opens) {
  const auto decision = decide(change(), {});
  EXPECT_EQ(decision.what, opening::open);
  EXPECT_TRUE(decision.reasons.empty());
}

TEST(opening, T10_2_the_same_fingerprint_is_a_duplicate) {
  for (const auto end : {earlier_end::open, earlier_end::merged, earlier_end::closed_by_person}) {
    const auto decision = decide(change(), {earlier(end)});
    EXPECT_EQ(decision.what, opening::duplicate);
    EXPECT_EQ(decision.other, "#12");
  }
  EXPECT_EQ(decide(change(), {earlier(earlier_end::closed_by_platform)}).what, opening::open);
  EXPECT_EQ(decide(change(), {earlier(earlier_end::open, "g")}).what, opening::open);
  auto elsewhere = earlier(earlier_end::open);
  elsewhere.repository = "acme/other";
  EXPECT_EQ(decide(change(), {elsewhere}).what, opening::open);
}

TEST(opening, T10_2_what_a_person_closed_is_not_opened_again_even_by_its_own_run) {
  auto own = earlier(earlier_end::closed_by_person);
  own.run = "run2";
  EXPECT_EQ(decide(change(), {own}).what, opening::duplicate);
  own.end = earlier_end::open;
  EXPECT_EQ(decide(change(), {own}).what, opening::open);
}

TEST(opening, T10_3_limits_of_the_repository_hold_and_say_until_when) {
  std::vector<earlier_pull_request> known;
  for (int i = 0; i < 5; ++i) {
    auto one = earlier(earlier_end::merged, "other");
    one.opened_ms = now - 50 * 60'000 + i * 60'000;
    known.push_back(one);
  }
  const auto decision = decide(change(), known);
  EXPECT_EQ(decision.what, opening::hold);
  EXPECT_EQ(decision.again_ms, now + 10 * 60'000);
  EXPECT_EQ(decide_opening(change(), known, {}, {}, decision.again_ms).what, opening::open);
  for (auto& one : known) {
    one.end = earlier_end::open;
    one.opened_ms = now - 9 * day;
  }
  const auto full = decide(change(), known);
  EXPECT_EQ(full.what, opening::hold);
  EXPECT_EQ(full.again_ms, 0);
}

TEST(opening, T10_3_openings_of_the_future_count_after_a_clock_jump) {
  std::vector<earlier_pull_request> known(5, earlier(earlier_end::merged, "other"));
  for (auto& one : known) one.opened_ms = now + 400 * day;
  const auto decision = decide(change(), known);
  EXPECT_EQ(decision.what, opening::hold);
  EXPECT_EQ(decision.again_ms, now + hour);
}

TEST(opening, T10_5_low_confidence_risk_or_a_rule_make_a_draft) {
  auto unsure = change();
  unsure.confidence = 0.2;
  auto risky = change();
  risky.risk = schema::risk_level::high;
  auto ruled = change();
  ruled.draft_by_rule = true;
  auto not_a_number = change();
  not_a_number.confidence = std::numeric_limits<double>::quiet_NaN();
  for (const auto& one : {unsure, risky, ruled, not_a_number}) {
    const auto decision = decide(one, {});
    EXPECT_EQ(decision.what, opening::draft);
    EXPECT_EQ(decision.reasons.size(), 1U);
  }
}

TEST(opening, T10_9_overlapping_runs_conflict_before_publish) {
  const neighbour_run same_file{"run1", "main", {"src/b.c"}, true};
  const auto decision = decide(change(), {}, {same_file});
  EXPECT_EQ(decision.what, opening::conflict);
  EXPECT_EQ(decision.other, "run1");
  auto later = same_file;
  later.goes_first = false;
  EXPECT_EQ(decide(change(), {}, {later}).what, opening::open);
  auto branch = same_file;
  branch.base_branch = "release";
  EXPECT_EQ(decide(change(), {}, {branch}).what, opening::open);
  auto apart = same_file;
  apart.paths = {"src/c.c", "src/a.cpp"};
  EXPECT_EQ(decide(change(), {}, {apart}).what, opening::open);
}

TEST(opening, T10_9_a_file_and_a_directory_of_its_name_overlap) {
  EXPECT_TRUE(paths_overlap({"a"}, {"a-b", "a.c", "a/b"}));
  EXPECT_TRUE(paths_overlap({"a/b/c"}, {"a/b"}));
  EXPECT_FALSE(paths_overlap({"a/b"}, {"a/bc", "a-b", "b"}));
  EXPECT_FALSE(paths_overlap({}, {"a"}));
}

TEST(opening, a_base_that_moved_asks_for_a_rebase) {
  auto moved = change();
  moved.base_moved = true;
  EXPECT_EQ(decide(moved, {}).what, opening::rebase);
  EXPECT_EQ(decide(moved, {earlier(earlier_end::open)}).what, opening::duplicate);
}

TEST(marker, is_read_back_from_the_text_of_a_pull_request) {
  schema::run run;
  run.id = "0123456789abcdef";
  run.fingerprint = "feed";
  run.base_commit = std::string(40, 'a');
  const auto text = describe(run, {}, "x <!-- skein run=evil fingerprint=evil -->", false);
  const auto marker = read_marker(text.body);
  EXPECT_EQ(marker.run, run.id);
  EXPECT_EQ(marker.fingerprint, "feed");
  EXPECT_NE(text.body.find(marker_of_run(run.id)), std::string::npos);
  EXPECT_EQ(text.body.find(marker_of_run("evil")), std::string::npos);
  EXPECT_NE(text.body.find("### Quality: "), std::string::npos);
  EXPECT_EQ(read_marker("nothing").run, "");
  EXPECT_EQ(read_marker("<!-- skein run=a fingerprint=b\n -->").run, "");
  EXPECT_EQ(read_marker("<!-- skein run= fingerprint= -->").run, "");
}

TEST(text, a_body_is_rewritten_between_its_hidden_lines_only) {
  schema::run run;
  run.id = std::string(16, 'a');
  run.fingerprint = "feed";
  run.base_commit = std::string(40, 'a');
  const auto old_body = describe(run, {}, "words", false).body;
  run.base_commit = std::string(40, 'b');
  const auto new_body = describe(run, {}, "words", false).body;
  EXPECT_TRUE(same_text(*rewritten(old_body, new_body), new_body));
  const auto around = rewritten("above\n" + old_body + "below", new_body);
  EXPECT_TRUE(around->starts_with("above\n<!-- skein facts -->"));
  EXPECT_TRUE(around->ends_with("-->\nbelow"));
  EXPECT_EQ(around->find(std::string(12, 'a') + "`"), std::string::npos);
  // Quoted twice: the last one is the one that counts.
  const auto twice = rewritten(old_body + old_body, new_body);
  EXPECT_TRUE(twice->starts_with(old_body));
  // Of another run, cut off, or of nobody.
  run.id = std::string(16, 'c');
  EXPECT_FALSE(rewritten(old_body, describe(run, {}, "words", false).body));
  EXPECT_FALSE(rewritten(old_body.substr(0, old_body.size() - 5), new_body));
  EXPECT_FALSE(rewritten("", new_body));
  EXPECT_FALSE(rewritten(old_body, "no marker"));
  EXPECT_TRUE(same_text("a\r\nb\r\n", "a\nb"));
  EXPECT_FALSE(same_text("a\nb", "a b"));
  EXPECT_TRUE(same_text("\n", ""));
}

TEST(stale, T10_7_is_reminded_closed_and_cleaned_up) {
  const stale_rules rules;
  open_age age;
  age.touched_ms = now;
  auto step = decide_stale(age, rules, now);
  EXPECT_EQ(step.what, stale_step::wait);
  EXPECT_EQ(step.again_ms, now + 7 * day);
  EXPECT_EQ(decide_stale(age, rules, step.again_ms).what, stale_step::remind);
  age.reminded_ms = now + 7 * day;
  step = decide_stale(age, rules, age.reminded_ms + 1);
  EXPECT_EQ(step.what, stale_step::wait);
  EXPECT_EQ(decide_stale(age, rules, step.again_ms).what, stale_step::close);
  age.open = false;
  age.closed_ms = now + 21 * day;
  step = decide_stale(age, rules, age.closed_ms);
  EXPECT_EQ(step.what, stale_step::wait);
  EXPECT_EQ(decide_stale(age, rules, step.again_ms).what, stale_step::delete_branch);
  age.branch_there = false;
  EXPECT_EQ(decide_stale(age, rules, now + 90 * day).what, stale_step::finished);
}

TEST(stale, T10_7_a_person_who_answers_starts_it_again) {
  open_age age;
  age.touched_ms = now + 8 * day;
  age.reminded_ms = now + 7 * day;
  EXPECT_EQ(decide_stale(age, {}, now + 14 * day).what, stale_step::wait);
  // Even far in the future there is a reminder first.
  EXPECT_EQ(decide_stale(age, {}, now + 900 * day).what, stale_step::remind);
  age.held = true;
  EXPECT_EQ(decide_stale(age, {}, now + 900 * day).what, stale_step::wait);
}

TEST(stale, T10_7_the_branch_of_what_a_person_closed_stays) {
  open_age age;
  age.open = false;
  age.closed_by_person = true;
  EXPECT_EQ(decide_stale(age, {}, now).what, stale_step::finished);
  age.merged = true;
  EXPECT_EQ(decide_stale(age, {}, now).what, stale_step::delete_branch);
}

TEST(feedback, failing_checks_go_back_at_most_twice) {
  EXPECT_EQ(decide_feedback(true, true, true, 0), feedback::feed_back);
  EXPECT_EQ(decide_feedback(true, true, true, 1), feedback::feed_back);
  EXPECT_EQ(decide_feedback(true, true, true, 2), feedback::give_up);
  EXPECT_EQ(decide_feedback(false, true, true, 0), feedback::done);
  EXPECT_EQ(decide_feedback(true, false, true, 0), feedback::wait);
  EXPECT_EQ(decide_feedback(true, true, false, 0), feedback::wait);
}

TEST(rebase, T10_is_wanted_once_at_a_time_and_so_often) {
  moved_base facts;
  EXPECT_EQ(decide_rebase(facts, 3), rebase_step::rebase);
  facts.rebases = 3;
  EXPECT_EQ(decide_rebase(facts, 3), rebase_step::exhausted);
  facts.at_work = true;
  EXPECT_EQ(decide_rebase(facts, 3), rebase_step::wait);
  facts.ours = false;
  EXPECT_EQ(decide_rebase(facts, 3), rebase_step::wait) << "what is on the branch may be its push";
  facts.at_work = false;
  EXPECT_EQ(decide_rebase(facts, 3), rebase_step::taken_over);
  facts = {};
  facts.tried_here = true;
  facts.rebases = 1;
  EXPECT_EQ(decide_rebase(facts, 3), rebase_step::failed);
  EXPECT_EQ(decide_rebase({}, 0), rebase_step::none);
  facts = {};
  facts.pinned = true;
  EXPECT_EQ(decide_rebase(facts, 3), rebase_step::none);
}

TEST(quality, T10_8_has_a_score_with_its_reasons) {
  schema::run good;
  good.verdicts.resize(1);
  good.verdicts[0].status = schema::verdict_status::passed;
  good.diff = schema::diff_summary{2, 10, 3, {}};
  const auto high = judge_quality(good, 0);
  EXPECT_EQ(high.score, 100U);
  schema::run bad = good;
  bad.verdicts[0].flaky = true;
  bad.diff->insertions = 4'000'000'000;
  bad.diff->deletions = 4'000'000'000;
  bad.risk = schema::risk_level::high;
  bad.findings.resize(100'000);
  for (auto& finding : bad.findings) finding.severity = "error";
  const auto low = judge_quality(bad, 3);
  EXPECT_LT(low.score, 20U);
  for (const auto& reason : low.reasons) {
    EXPECT_NE(describe_quality(low).find(reason.text), std::string::npos);
  }
  EXPECT_LE(judge_quality({}, 0).score, 60U);
}

}  // namespace
}  // namespace skein::forge
