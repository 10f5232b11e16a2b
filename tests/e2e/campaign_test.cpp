// Campaigns, switches and the daemon through the command line.
#include "tests/e2e/program.hpp"

#include <gmock/gmock.h>

namespace skein::e2e {

using ::testing::HasSubstr;

class campaign_e2e : public program_test {
 protected:
  std::string campaign(const std::string& step, const std::string& waves) {
    return write(
        "campaign.yaml",
        "apiVersion: skein/v1\nkind: Campaign\nmetadata: {name: all, tenant: team}\nspec:\n"
        "  task:\n    intent: \"Change the sources as the end-to-end test says\"\n"
        "    scope: {include: [\"**\"]}\n"
        "    agent: {kind: script, steps: [{run: " +
            nlohmann::json(step).dump() +
            "}]}\n"
            "    verifiers: [{name: check, run: \"true\"}]\n"
            "  repos: [{glob: \"" +
            (directory_ / "remote").string() +
            "/*.git\"}]\n"
            "  waves: " +
            waves + "\n");
  }
};

TEST_F(campaign_e2e, flies_in_waves_and_the_same_command_again_does_nothing) {
  for (const auto* name : {"a", "b", "c"}) repository(name, "echo x >f");
  const auto file = campaign("echo y >>f", "[{size: 1, requireSuccess: 100%}, {rest: true}]");
  const auto first =
      nlohmann::json::parse(skein({"campaign", "run", "-f", file, "-o", "json"}).out);
  EXPECT_EQ(last_exit_, 0);
  EXPECT_EQ(first["totals"]["published"], 3);
  EXPECT_EQ(first["waves"].size(), 2U);
  skein({"campaign", "run", "-f", file});
  EXPECT_EQ(last_exit_, 0);
  EXPECT_EQ(nlohmann::json::parse(skein({"get", "runs", "-o", "json"}).out).size(), 3U);
  for (const auto* name : {"a", "b", "c"}) {
    EXPECT_EQ(
        sh(std::string{"git --git-dir=remote/"} + name + ".git branch --list 'skein/*' | wc -l"),
        "1\n");
  }
}

TEST_F(campaign_e2e, changed_content_under_the_same_name_says_what_differs) {
  repository("a", "echo x >f");
  skein({"campaign", "run", "-f", campaign("echo y >>f", "[{rest: true}]")});
  const auto done = skein({"campaign", "run", "-f", campaign("echo z >>f", "[{rest: true}]")});
  EXPECT_NE(done.exit_code, 0);
  EXPECT_THAT(done.err, HasSubstr("/spec/task/agent"));
}

TEST_F(campaign_e2e, a_repository_that_opts_out_is_left_alone) {
  repository("a", "echo x >f");
  repository("b",
             "echo x >f; echo 'optOut: [al*]' >.skein.yaml; echo 'reason: frozen' >>.skein.yaml");
  repository("c", "echo x >f; echo 'optOut: [other]' >.skein.yaml");
  repository("d", "echo x >f; echo 'optOut: {' >.skein.yaml");
  const auto file = campaign("echo y >>f", "[{rest: true}]");
  const auto object =
      nlohmann::json::parse(skein({"campaign", "run", "-f", file, "-o", "json"}).out);
  EXPECT_EQ(object["totals"]["published"], 2);
  EXPECT_EQ(object["totals"]["no_change"], 1);
  EXPECT_EQ(object["totals"]["preparation_failed"], 1);
  for (const auto& run : object["runs"]) {
    if (run["state"] == "no_change") {
      EXPECT_THAT(run["failure"]["failureReason"].get<std::string>(), HasSubstr("frozen"));
    }
    if (run["state"] == "preparation_failed") {
      EXPECT_THAT(run["failure"]["failureReason"].get<std::string>(), HasSubstr(".skein.yaml:2:1"));
    }
  }
}

TEST_F(campaign_e2e, failing_first_wave_halts_the_rest) {
  for (const auto* name : {"a", "b", "c"}) repository(name, "echo x >f");
  const auto file = campaign("exit 3", "[{size: 1, requireSuccess: 100%}, {rest: true}]");
  const auto object =
      nlohmann::json::parse(skein({"campaign", "run", "-f", file, "-o", "json"}).out);
  EXPECT_EQ(last_exit_, 5);  // every failure in it is a used-up budget
  EXPECT_EQ(object["state"], "halted");
  EXPECT_EQ(object["totals"]["budget_exhausted"], 1);
}

TEST_F(campaign_e2e, kill_switch_from_another_terminal_ends_the_campaign_and_stays) {
  for (const auto* name : {"a", "b"}) repository(name, "echo x >f");
  const auto file = campaign("touch /tmp/at-work; " + long_sleep(), "[{rest: true}]");
  // A session of its own: it outlives the shell that starts it, as in another terminal.
  const std::string program = std::string{SKEIN_TEST_BIN_DIR} + "/skein";
  write("fly",
        program + " campaign run -f " + file + " --cells 2 --state-dir state; echo $? >ended\n");
  sh("mkfifo ended; setsid sh fly >out 2>&1 </dev/null &\n"
     "i=0; until " +
     program +
     " get runs --state agent --state-dir state -o json 2>/dev/null | "
     "grep -q runId; do i=$((i+1)); [ $i -lt 600 ] || exit 1; done");
  const auto killed = skein({"kill", "--campaign", "all", "--reason", "wrong night", "-o", "json"});
  EXPECT_EQ(killed.exit_code, 0) << killed.err;
  EXPECT_EQ(nlohmann::json::parse(killed.out)["stoppedRuns"], 2);
  EXPECT_EQ(sh("cat ended"), "7\n");
  EXPECT_EQ(leftovers(), 0);
  const auto runs = nlohmann::json::parse(skein({"get", "runs", "-o", "json"}).out);
  for (const auto& run : runs) EXPECT_EQ(run["state"], "killed");
  // Still on: the same command is refused until it is lifted.
  EXPECT_NE(skein({"campaign", "run", "-f", file}).exit_code, 0);
  EXPECT_EQ(skein({"lift", "--campaign", "all"}).exit_code, 0);
}

}  // namespace skein::e2e
