// What a user is told of the queue, and of what a campaign may cost, before anything runs.
#include "tests/e2e/served_program.hpp"

namespace skein::e2e {

using ::testing::HasSubstr;
using ::testing::Not;

class queue_e2e : public served_program {
 protected:
  void SetUp() override {
    served_program::SetUp();
    if (IsSkipped()) return;
    for (const auto* name : {"a", "b", "c", "d"}) repository(name, "echo x >f");
  }
  /// A task that works until it is killed.
  std::string endless(const std::string& name) {
    return write(name + ".yaml",
                 task((directory_ / "remote" / (name + ".git")).string(), "sleep 300"));
  }
  process::child_result detached(const std::string& name) {
    return skein({"run", "-f", endless(name), "--detach"});
  }
  std::string campaign(const std::string& agent) {
    return write(
        "campaign.yaml",
        "apiVersion: skein/v1\nkind: Campaign\nmetadata: {name: all, tenant: team}\nspec:\n"
        "  task:\n    intent: \"Change the sources as the end-to-end test says\"\n"
        "    scope: {include: [\"**\"]}\n    agent: " +
            agent +
            "\n"
            "    budget: {usd: 2, tokens: 1000}\n"
            "    verifiers: [{name: check, run: \"true\"}]\n"
            "  repos: [{glob: \"" +
            (directory_ / "remote").string() +
            "/*.git\"}]\n"
            "  waves: [{size: 1}, {rest: true}]\n");
  }
};

TEST_F(queue_e2e, a_run_says_behind_how_many_it_waits_and_a_full_queue_refuses_it) {
  serve("--cells 1 --config " + config("scheduler: {maxQueued: 5}\n"));
  // Some of them are prepared ahead of the one cell: what waits is said, and nothing is dropped.
  std::string told;
  process::child_result last;
  int taken = 0;
  for (int i = 0; i < 40; ++i) {
    const auto name = "r" + std::to_string(i);
    repository(name, "echo x >f");
    last = detached(name);
    if (last.exit_code != 0) break;
    ++taken;
    told += last.err;
  }
  EXPECT_NE(last.exit_code, 0) << "the queue has a bound";
  EXPECT_THAT(told, HasSubstr(": queued behind 1 run\n"));
  EXPECT_THAT(told, HasSubstr(": queued behind 4 runs\n"));
  EXPECT_THAT(told, Not(HasSubstr("behind 5 runs")));
  EXPECT_THAT(last.err, HasSubstr("scheduler.maxQueued"));
  EXPECT_EQ(nlohmann::json::parse(skein({"get", "runs", "-o", "json"}).out).size(),
            static_cast<std::size_t>(taken))
      << "what was refused left nothing behind";
  const auto campaign_too =
      skein({"campaign", "run", "-f", campaign("{kind: script, steps: [{run: \"true\"}]}")});
  EXPECT_NE(campaign_too.exit_code, 0);
  EXPECT_THAT(campaign_too.err, HasSubstr("scheduler.maxQueued"));
  EXPECT_EQ(skein({"kill", "--all", "--reason", "end of the test"}).exit_code, 0);
}

TEST_F(queue_e2e, a_dry_run_says_what_the_campaign_may_cost_and_where_it_would_end) {
  const auto with = config("tenants:\n  team: {usd: 5}\n");
  const auto file = campaign("{kind: model, provider: anthropic, model: m}");
  const auto plain = skein({"campaign", "run", "-f", file, "--dry-run", "--config", with});
  EXPECT_THAT(plain.out + plain.err, HasSubstr("forecast: at most 8.00 USD"));
  EXPECT_THAT(plain.out + plain.err, HasSubstr("wave 2: 3 runs"));
  EXPECT_THAT(plain.out + plain.err, HasSubstr("tenant team admits only 2 of them"));
  // Said before the dry runs begin, which need no model to be there.
  const auto done = nlohmann::json::parse(
      skein({"campaign", "run", "-f", file, "--dry-run", "--config", with, "-o", "json"}).out);
  EXPECT_EQ(done["forecast"]["most"]["usd"], 8.0) << done.dump();
  EXPECT_EQ(done["forecast"]["stops"]["runs"], 2);
}

}  // namespace skein::e2e
