// One line a run, everything about one run, times and coloured diffs.
#include "cli/render/run_text.hpp"

#include "cli/render/diff_text.hpp"
#include "cli/render/printable.hpp"
#include "cli/render/time_text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace skein::cli {
namespace {

using schema::run_state;

schema::run published_run() {
  schema::run run;
  run.id = "abcdefgh12345678";
  run.repo.url = "/srv/git/a.git";
  run.state = run_state::published;
  run.started_ms = 1'000;
  run.updated_ms = 4'200;
  run.published.emplace();
  run.published->branch = "skein/old-api-abcd";
  return run;
}

schema::run failed_run() {
  schema::run run;
  run.id = "zyxwvuts12345678";
  run.repo.url = "/srv/git/longer.git";
  run.state = run_state::verification_failed;
  run.started_ms = 1'000;
  run.updated_ms = 62'000;
  run.failed.emplace();
  run.failed->state = run.state;
  run.failed->cls = schema::failure_class::f5;
  run.failed->reason = "verifier unit fails with the change and passed without it";
  run.failed->suggested_next_action = "read `skein logs zyxwvuts`";
  run.failed->component = "verifier:unit";
  return run;
}

TEST(outcome, is_one_line_a_run_and_what_to_do_after_a_failure) {
  EXPECT_EQ(outcome_text({published_run(), failed_run()}, style(), 99'000),
            "published            /srv/git/a.git       skein/old-api-abcd  (abcdefgh, 3.2s)\n"
            "verification_failed  /srv/git/longer.git  verifier unit fails with the change and "
            "passed without it  (zyxwvuts, 1m01s)\n"
            "                     next: read `skein logs zyxwvuts`\n");
}

TEST(outcome, B10_text_of_others_is_printable) {
  auto run = failed_run();
  run.failed->reason = "\x1b[2J\nsecond line";
  run.repo.url = "/srv/\x1b[31m";
  const auto text = outcome_text({run}, style(), 0);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST(branch_or_reason, says_something_for_every_end) {
  schema::run run;
  run.state = run_state::no_change;
  EXPECT_EQ(branch_or_reason(run), "nothing to change");
  run.state = run_state::analysis_only;
  run.dry_run = true;
  run.diff = {2, 3, 1, ""};
  EXPECT_EQ(branch_or_reason(run), "dry run: 2 files +3 -1");
}

TEST(description, has_the_failure_the_verifiers_and_the_publication) {
  auto run = failed_run();
  run.verdicts.push_back({"unit", true, schema::verdict_status::failed,
                          schema::verdict_status::passed, true, false, 1500, "ref", "digest",
                          "FAIL: test_x\n\x1b[31mexpected 1"});
  run.published = published_run().published;
  run.published->title = "Use new_api";
  run.published->body = "First line\nSecond line";
  run.timings[static_cast<std::size_t>(schema::stage::agent)] = 120;
  run_surroundings around;
  around.shown = run.state;
  around.events = 9;
  const auto text = description_text(run, around, 0, style(), 100'000);
  for (const char* part :
       {"zyxwvuts12345678", "F5", "verifier:unit", "FAIL: test_x", "\\x1b[31mexpected 1",
        "Use new_api", "Second line", "agent 120 ms", "9 (skein trace zyxwvuts)", "passed *"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
  }
  const auto object = description_json(run, around);
  EXPECT_EQ(object.at("publication").at("body"), "First line\nSecond line");
  EXPECT_EQ(object.at("events"), 9);
  EXPECT_EQ(object.at("timings").at("agent"), 120);
}

TEST(run_table, short_ids_and_wide_columns) {
  const auto narrow =
      run_table({{published_run(), run_state::published}}, false, 10'000).text(0, style());
  EXPECT_NE(narrow.find("abcdefgh  published  /srv/git/a.git"), std::string::npos) << narrow;
  EXPECT_EQ(narrow.find("abcdefgh12345678"), std::string::npos);
  const auto wide =
      run_table({{published_run(), run_state::published}}, true, 10'000).text(0, style());
  EXPECT_NE(wide.find("abcdefgh12345678"), std::string::npos) << wide;
  EXPECT_NE(wide.find("SUBMITTER"), std::string::npos);
}

TEST(duration_text, has_two_units_at_most) {
  EXPECT_EQ(duration_text(-5), "0.0s");
  EXPECT_EQ(duration_text(72), "72ms");
  EXPECT_EQ(duration_text(430), "0.4s");
  EXPECT_EQ(duration_text(12'999), "12s");
  EXPECT_EQ(duration_text(185'000), "3m05s");
  EXPECT_EQ(duration_text(7'800'000), "2h10m");
  EXPECT_EQ(duration_text(273'600'000), "3d04h");
}

TEST(utc_time, is_rfc_3339) {
  EXPECT_EQ(utc_time(1'714'571'109'007), "2024-05-01T13:45:09.007Z");
}

TEST(diff_text, colours_by_place_and_not_by_looks) {
  const std::string patch =
      "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n ctx\n--- not a header\n+++ nor "
      "this\n"
      " end\ndiff --git a/y b/y\n";
  const auto text = diff_text(patch, style(true));
  EXPECT_NE(text.find("\x1b[1m--- a/x\x1b[0m"), std::string::npos) << text;
  EXPECT_NE(text.find("\x1b[31m--- not a header\x1b[0m"), std::string::npos) << text;
  EXPECT_NE(text.find("\x1b[32m+++ nor this\x1b[0m"), std::string::npos) << text;
  EXPECT_NE(text.find("\x1b[1mdiff --git a/y b/y\x1b[0m"), std::string::npos) << text;
}

TEST(diff_text, without_colours_is_the_patch) {
  const std::string patch = "@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n";
  EXPECT_EQ(diff_text(patch, style()), patch);
}

TEST(diff_text, B10_content_cannot_speak_to_the_terminal) {
  EXPECT_EQ(diff_text("@@ -0,0 +1 @@\n+\x1b]0;owned\x07\r\n", style()),
            "@@ -0,0 +1 @@\n+\\x1b]0;owned\\x07\\r\n");
}

}  // namespace
}  // namespace skein::cli
