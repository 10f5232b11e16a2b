// Forges, webhooks and the remote fleet in skein.yaml; what only the platform may say in a task.
#include "schema/document.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace skein::schema {
namespace {

loaded read(const std::string& rest) {
  return load_documents("apiVersion: skein/v1\nkind: Config\n" + rest + "\n", "f.yaml");
}

TEST(ForgeConfig, ReadsWhatItWritesAndTheOtherWayRound) {
  const loaded file = read(
      "server: fleet.example:4477\ncredentials: /home/ann/ann.yaml\n"
      "webhooks: {listen: 127.0.0.1:4480}\n"
      "forges: {reviews: {kind: local, repositories: /srv/git/, directory: /var/lib/reviews, "
      "webhook: {secret: {credential: hook}, oldSecret: {env: OLD}}}}");
  ASSERT_TRUE(file.problems.empty()) << to_string(file.problems.front());
  const auto& found = std::get<config>(file.documents.at(0));
  EXPECT_EQ(found.server, "fleet.example:4477");
  EXPECT_EQ(found.credentials, "/home/ann/ann.yaml");
  EXPECT_EQ(found.webhooks_listen, "127.0.0.1:4480");
  const auto& forge = found.forges.at("reviews");
  EXPECT_EQ(forge.kind, "local");
  EXPECT_EQ(forge.directory, "/var/lib/reviews");
  EXPECT_EQ(forge.webhook_secret.credential, "hook");
  EXPECT_EQ(forge.webhook_old_secret.env, "OLD");
  EXPECT_EQ(config_from_json(to_json(found)), found);
}

TEST(ForgeConfig, WrongValuesHaveAPlace) {
  for (const char* text :
       {"webhooks: {secret: x}", "forges: {a: {repositories: /srv/, webhook: {}}}",
        "forges: {a: {repositories: /srv/, webhook: {secret: {env: A, file: /b}}}}",
        "forges: {a: {repositories: /srv/, webhook: {secret: plain}}}",
        "forges: {a: {repositories: /srv/, kind: gitea}}"}) {
    const loaded file = read(text);
    ASSERT_FALSE(file.problems.empty()) << text;
    EXPECT_EQ(3U, file.problems.front().line) << text;
  }
}

TEST(FollowUp, IsKeptInAFrozenTaskButNoFileCanSayIt) {
  const std::string head =
      "apiVersion: skein/v1\nkind: Task\nmetadata: {name: t}\nspec:\n  intent: \"Replace old_api "
      "by "
      "new_api\"\n  repo: {url: /r}\n  scope: {include: [\"**\"]}\n"
      "  agent: {kind: model, provider: p, model: m}\n  verifiers: [{name: u, run: \"true\"}]\n";
  const loaded file = load_documents(head, "f.yaml");
  ASSERT_TRUE(file.problems.empty()) << to_string(file.problems.front());
  auto value = std::get<task>(file.documents.at(0));
  auto& follow = value.spec.follow_up.emplace();
  follow.run = "0001aaaa";
  follow.branch = "skein/x";
  follow.round = 2;
  follow.failed = {{"unit", "u", "3 failed"}};
  EXPECT_EQ(task_from_json(to_json(value)), value);
  EXPECT_FALSE(
      load_documents(head + "  followUp: {run: x, branch: main}\n", "f.yaml").problems.empty());
}

}  // namespace
}  // namespace skein::schema
