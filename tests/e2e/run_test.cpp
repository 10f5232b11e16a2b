// One task on one repository, from the command line to the branch.
#include "tests/e2e/program.hpp"

#include <gmock/gmock.h>

namespace skein::e2e {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class run_e2e : public program_test {};

TEST_F(run_e2e, lands_a_branch_with_trailers_and_a_record) {
  const auto url = repository("a", "printf 'old\\n' >file");
  const auto object = run(task(url, "sed -i s/old/new/ file", "grep -q . file"));
  EXPECT_EQ(last_exit_, 0);
  EXPECT_EQ(object["state"], "published");
  EXPECT_EQ(object["repo"]["branch"], "main");
  EXPECT_EQ(object["diff"]["files"], 1);
  EXPECT_EQ(object["verifiers"][0]["baseline"], "passed");
  const std::string branch = object["publication"]["branch"];
  EXPECT_THAT(branch, StartsWith("skein/change-it-"));
  EXPECT_EQ(sh("git --git-dir=remote/a.git rev-parse " + branch),
            object["publication"]["commit"].get<std::string>() + "\n");
  EXPECT_EQ(sh("git --git-dir=remote/a.git show " + branch + ":file"), "new\n");
  EXPECT_THAT(sh("git --git-dir=remote/a.git log -1 --format=%B " + branch),
              HasSubstr("Skein-Run: " + object["runId"].get<std::string>()));
  EXPECT_THAT(skein({"describe", "run", object["runId"]}).out, HasSubstr(branch));
  // The kept patch applies to the base with git itself.
  write("p", skein({"patch", object["runId"]}).out);
  sh("git clone -q remote/a.git clone && cd clone && git apply --index ../p && grep -q new file");
  EXPECT_EQ(skein({"audit", "verify"}).exit_code, 0);
}

TEST_F(run_e2e, second_time_is_a_duplicate_and_pushes_nothing) {
  const auto url = repository("a", "printf 'old\\n' >file");
  run(task(url, "sed -i s/old/new/ file"));
  const auto again = run(task(url, "sed -i s/old/new/ file"));
  EXPECT_EQ(again["state"], "duplicate");
  EXPECT_EQ(sh("git --git-dir=remote/a.git branch --list 'skein/*' | wc -l"), "1\n");
}

TEST_F(run_e2e, dry_run_pushes_nothing_and_keeps_the_patch) {
  const auto url = repository("a", "printf 'old\\n' >file");
  const auto object = run(task(url, "sed -i s/old/new/ file"), {"--dry-run"});
  EXPECT_EQ(last_exit_, 0);
  EXPECT_EQ(object["publication"], nullptr);
  EXPECT_THAT(skein({"diff", object["runId"]}).out, HasSubstr("+new"));
  EXPECT_EQ(sh("git --git-dir=remote/a.git branch --list 'skein/*' | wc -l"), "0\n");
}

TEST_F(run_e2e, publish_modes_patch_draft_none) {
  const auto url = repository("a", "printf 'old\\n' >file");
  EXPECT_EQ(run(task(url, "echo 1 >>file", "true", "  publish: {mode: patch}\n"))["state"],
            "published");
  EXPECT_EQ(run(task(url, "echo 2 >>file", "true", "  publish: {mode: none}\n"))["state"],
            "analysis_only");
  EXPECT_EQ(sh("git --git-dir=remote/a.git branch --list 'skein/*' | wc -l"), "0\n");
  const auto draft = run(task(url, "echo 3 >>file", "true", "  publish: {mode: draft}\n"));
  EXPECT_EQ(draft["state"], "draft_published");
  EXPECT_EQ(draft["publication"]["draft"], true);
}

TEST_F(run_e2e, F5_failing_verifier_blames_the_change_and_shows_its_log) {
  const auto url = repository("a", "printf 'old\\n' >file");
  const auto object =
      run(task(url, "sed -i s/old/new/ file", "grep -q old file || { echo tilt; exit 1; }"));
  EXPECT_EQ(last_exit_, 6);
  EXPECT_EQ(object["state"], "verification_failed");
  EXPECT_EQ(object["failure"]["failureClass"], "F5");
  EXPECT_THAT(skein({"logs", object["runId"]}).out, HasSubstr("tilt"));
  EXPECT_EQ(sh("git --git-dir=remote/a.git branch --list 'skein/*' | wc -l"), "0\n");
}

TEST_F(run_e2e, verifier_that_failed_before_is_reported_as_such) {
  const auto url = repository("a", "printf 'old\\n' >file");
  const auto object = run(task(url, "sed -i s/old/new/ file", "false"));
  EXPECT_EQ(object["state"], "draft_published");
  EXPECT_EQ(object["verifiers"][0]["status"], "failed_before");
}

TEST_F(run_e2e, verifier_sees_the_change_and_nothing_else_of_the_agents) {
  const auto url = repository("a", "printf 'old\\n' >file; printf 'build\\n' >.gitignore");
  const auto object = run(task(
      url, "sed -i s/old/new/ file; mkdir build; echo x >build/o; echo t >/tmp/left; sleep 300 &",
      "test ! -e build && test ! -e /tmp/left && test \"$(ps ax 2>/dev/null | grep -c '[s]leep')\" "
      "-eq 0"));
  EXPECT_EQ(object["state"], "published") << object.dump(1);
  EXPECT_EQ(object["diff"]["files"], 1);
}

TEST_F(run_e2e, F4_timed_out_step_kills_the_whole_tree) {
  const auto url = repository("a", ":");
  const auto document = task(url, "x", "true", "  budget: {attempts: 1}\n");
  auto timed = document;
  const std::string step = "{run: \"x\"}";
  timed.replace(timed.find(step), step.size(),
                "{run: \"(setsid " + long_sleep() + " &) ; " + long_sleep() + "\", timeout: 1s}");
  const auto object = run(timed);
  EXPECT_EQ(last_exit_, 5);
  EXPECT_EQ(object["failure"]["failureClass"], "F4");
  EXPECT_EQ(leftovers(), 0);
}

TEST_F(run_e2e, F6_wall_clock_and_output_budgets_end_the_run) {
  const auto url = repository("a", ":");
  const auto slow = run(task(url, "sleep 60", "true", "  budget: {wallClock: 2s}\n"));
  EXPECT_EQ(slow["state"], "budget_exhausted");
  EXPECT_EQ(last_exit_, 5);
  EXPECT_THAT(slow["failure"]["failureReason"].get<std::string>(), HasSubstr("wall clock"));
  const auto loud = run(task(url, "yes", "true", "  budget: {shellOutputBytes: 64KiB}\n"));
  EXPECT_EQ(loud["state"], "budget_exhausted");
  EXPECT_EQ(loud["failure"]["failureClass"], "F6");
  EXPECT_LT(skein({"logs", loud["runId"]}).out.size(), 256U << 10);
}

TEST_F(run_e2e, F7_secret_in_the_change_is_blocked_and_its_value_is_shown_nowhere) {
  const auto url = repository("a", ":");
  // Put together here, so that the test's own source holds no secret.
  const std::string secret = std::string{"ghp_"} + "1B4mL9xQ2vR7tY5nZ8kW3cJ6hD0fG1sA4pEu";
  const auto object = run(task(url, "echo token=" + secret + " > config"));
  EXPECT_EQ(object["state"], "blocked");
  EXPECT_EQ(last_exit_, 3);
  EXPECT_EQ(object["failure"]["failureClass"], "F7");
  for (const auto* verb : {"logs", "diff", "patch", "why"}) {
    EXPECT_EQ(skein({verb, object["runId"]}).out.find(secret), std::string::npos) << verb;
  }
  EXPECT_EQ(sh("git --git-dir=remote/a.git branch --list 'skein/*' | wc -l"), "0\n");
}

TEST_F(run_e2e, F8_change_outside_the_scope_is_blocked) {
  const auto url = repository("a", "mkdir src; echo x >src/f; echo y >other");
  auto narrow = task(url, "echo z >>other");
  narrow.replace(narrow.find("\"**\""), 4, "\"src/**\"");
  const auto object = run(narrow);
  EXPECT_EQ(object["state"], "blocked");
  EXPECT_EQ(object["failure"]["failureClass"], "F8");
  EXPECT_THAT(object["failure"]["failureReason"].get<std::string>(), HasSubstr("other"));
}

TEST_F(run_e2e, F12_rejected_push_keeps_the_patch) {
  const auto url = repository("a", ":");
  sh("printf '#!/bin/sh\\necho closed for the night; exit 1\\n' >remote/a.git/hooks/pre-receive; "
     "chmod +x remote/a.git/hooks/pre-receive");
  const auto object = run(task(url, "echo z >new"));
  EXPECT_EQ(last_exit_, 1);
  EXPECT_EQ(object["state"], "publish_failed");
  EXPECT_EQ(object["failure"]["failureClass"], "F12");
  EXPECT_THAT(skein({"patch", object["runId"]}).out, HasSubstr("+z"));
}

TEST_F(run_e2e, cell_has_no_network_no_host_files_and_no_inherited_environment) {
  const auto url = repository("a", ":");
  const auto object = run(
      task(url,
           "{ env; ls /root /home /srv /var 2>&1; cat /etc/shadow 2>&1; "
           "grep -v '^ *lo:\\|^Inter\\|^ face' /proc/net/dev; echo end; } | grep -v TOKEN > seen"));
  ASSERT_EQ(object["state"], "published") << object.dump(1);
  const auto seen = skein({"diff", object["runId"]}).out;
  EXPECT_EQ(seen.find("SKEIN_STATE_DIR"), std::string::npos);
  EXPECT_EQ(seen.find(directory_.string()), std::string::npos);
  EXPECT_EQ(seen.find("root:"), std::string::npos);
  EXPECT_EQ(seen.find("eth"), std::string::npos);
  EXPECT_THAT(seen, HasSubstr("+end"));
}

}  // namespace skein::e2e
