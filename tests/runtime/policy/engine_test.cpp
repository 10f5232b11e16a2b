// How rules add up, and what each condition and action does.
#include "tests/runtime/policy/policy_fixture.hpp"

#include <gmock/gmock.h>

namespace skein::policy::test {
namespace {

using nlohmann::json;

TEST(PolicyEngine, DefaultIsDeny) {
  const engine none = engine_of("  []\n");
  const decision said = decide(none, "read_file", {{"path", "a"}});
  EXPECT_EQ(said.what, effect::deny);
  EXPECT_EQ(said.rule, "default_deny");
  EXPECT_THAT(said.reason, ::testing::HasSubstr("read_file"));
  EXPECT_THAT(said.paths, ::testing::ElementsAre("a"));
}

TEST(PolicyEngine, DenyWinsOverAllow) {
  const engine rules = engine_of(
      "  - {rule: a, when: {tool: read_file}, action: allow}\n"
      "  - {rule: b, when: {tool: read_file, pathMatches: '**/.env'}, action: deny}\n"
      "  - {rule: c, when: {tool: read_file, pathMatches: '**/.env'}, action: allow}\n"
      "  - {rule: d, when: {tool: read_file, tenant: x, risk: low}, action: allow}\n");
  circumstances around;
  around.tenant = "x";
  around.risk = "low";
  EXPECT_EQ(decide(rules, "read_file", {{"path", ".env"}}, around).rule, "b");
  EXPECT_EQ(decide(rules, "read_file", {{"path", "a"}}, around).what, effect::allow);
}

TEST(PolicyEngine, AMoreSpecificAllowLiftsADenial) {
  const engine rules = engine_of(
      "  - {rule: any, when: {tool: '*'}, action: deny}\n"
      "  - {rule: named, when: {tool: list_files}, action: allow}\n"
      "  - {rule: docs, when: {tool: read_file, pathMatches: 'docs/**'}, action: deny}\n"
      "  - {rule: public, when: {tool: read_file, pathMatches: 'docs/public/**'}, action: allow}\n"
      "  - {rule: pem, when: {tool: write_file, pathMatches: '**/*.pem'}, action: deny}\n"
      "  - {rule: one, when: {tool: write_file, pathMatches: 'test/a.pem'}, action: allow}\n"
      "  - {rule: src, when: {tool: write_file, tenant: t, pathMatches: 'src/**'}, action: "
      "allow}\n");
  EXPECT_EQ(decide(rules, "list_files", json::object()).rule, "named");
  EXPECT_EQ(decide(rules, "other", json::object()).rule, "any");
  EXPECT_EQ(decide(rules, "read_file", {{"path", "docs/public/a"}}).rule, "public");
  EXPECT_EQ(decide(rules, "read_file", {{"path", "docs/a"}}).rule, "docs");
  EXPECT_EQ(decide(rules, "write_file", {{"path", "test/a.pem"}}).rule, "one");
  circumstances around;
  around.tenant = "t";
  EXPECT_EQ(decide(rules, "write_file", {{"path", "src/a.pem"}}, around).rule, "pem");
  EXPECT_EQ(decide(rules, "write_file", {{"path", "src/a.c"}}, around).rule, "src");
  // A permission holds only for what it says in every reading.
  EXPECT_EQ(decide(rules, "read_file", {{"path", "docs/public/%2e%2e/a"}}).rule, "docs");
}

TEST(PolicyEngine, ARestrictionNeverWeakensAnother) {
  const engine rules = engine_of(
      "  - {rule: a, when: {tool: x}, action: allow}\n"
      "  - {rule: b, when: {tool: x, tenant: t}, action: needs_approval}\n"
      "  - {rule: c, when: {tool: x, tenant: t, risk: high}, action: draft_only}\n"
      "  - {rule: d, when: {tool: x, lane: slow}, action: analysis_only}\n"
      "  - {rule: e, when: {tool: x, capability: power}, action: deny}\n");
  circumstances around;
  EXPECT_EQ(decide(rules, "x", json::object(), around).what, effect::allow);
  around.tenant = "t";
  around.risk = "high";
  EXPECT_EQ(decide(rules, "x", json::object(), around).what, effect::needs_approval);
  around.lane = "slow";
  EXPECT_EQ(decide(rules, "x", json::object(), around).what, effect::analysis_only);
  around.capabilities = {"power"};
  EXPECT_EQ(decide(rules, "x", json::object(), around).what, effect::deny);
  EXPECT_EQ(outcome(effect::draft_only), "allow");
  EXPECT_EQ(outcome(effect::analysis_only), "deny");
  EXPECT_EQ(outcome(effect::needs_approval), "needs_approval");
}

TEST(PolicyEngine, WhatIsForbiddenOrRequiredCannotBeLifted) {
  const engine rules = engine_of(
      "  - {rule: list, when: {tool: run_shell}, allow: [ls], denyPatterns: [rm -rf], action: "
      "deny_unless_allowed}\n"
      "  - {rule: more, when: {tool: run_shell}, allow: [pwd -P], action: deny_unless_allowed}\n"
      "  - {rule: all, when: {tool: run_shell, tenant: t}, action: allow}\n"
      "  - {rule: pr, when: {tool: pr, requiredVerifiersAllPassed: true}, action: deny_if_false}\n"
      "  - {rule: prs, when: {tool: pr, tenant: t, requiredVerifiersAllPassed: false}, action: "
      "allow}\n");
  circumstances around;
  EXPECT_EQ(decide(rules, "run_shell", {{"command", "ls"}}).what, effect::allow);
  EXPECT_EQ(decide(rules, "run_shell", {{"command", "pwd -P"}}).what, effect::allow);
  EXPECT_EQ(decide(rules, "run_shell", {{"command", "id"}}).what, effect::deny);
  around.tenant = "t";
  EXPECT_EQ(decide(rules, "run_shell", {{"command", "id"}}, around).what, effect::allow);
  EXPECT_EQ(decide(rules, "run_shell", {{"command", "rm -r -f x"}}, around).rule, "list");
  EXPECT_EQ(decide(rules, "pr", json::object(), around).what, effect::deny);
  around.required_verifiers_all_passed = true;
  EXPECT_EQ(decide(rules, "pr", json::object(), around).what, effect::allow);
}

TEST(PolicyEngine, TheStrictestOfSeveralPathsCounts) {
  const engine rules = engine_of(
      "  - {rule: a, when: {tool: [move_file, apply_patch], normalizedPathUnder: workspaceRoot}, "
      "action: allow}\n"
      "  - {rule: b, when: {pathMatches: ['*.lock']}, action: needs_approval}\n"
      "  - {rule: c, when: {pathMatches: ['*.pem']}, action: deny}\n");
  EXPECT_EQ(decide(rules, "move_file", {{"from", "a"}, {"to", "b"}}).what, effect::allow);
  EXPECT_EQ(decide(rules, "move_file", {{"from", "a"}, {"to", "x.lock"}}).what,
            effect::needs_approval);
  EXPECT_EQ(decide(rules, "move_file", {{"from", "x.pem"}, {"to", "x.lock"}}).what, effect::deny);
  EXPECT_EQ(decide(rules, "move_file", {{"from", "a"}, {"to", "/b"}}).what, effect::deny);
  EXPECT_EQ(decide(rules, "move_file", {{"paths", {"a", "x.pem"}}}).what, effect::deny);
  EXPECT_EQ(decide(rules, "move_file", {{"edits", {{{"filePath", "/x"}}}}}).what, effect::deny);
  EXPECT_EQ(decide(rules, "move_file", {{"path", 5}}).what, effect::deny);
  EXPECT_EQ(decide(rules, "move_file", {{"path", nullptr}}).what, effect::deny);
}

TEST(PolicyEngine, EachConditionDecides) {
  const engine rules = engine_of(
      "  - {rule: branch, when: {tool: push, args: {branch: [main, 'release/*']}}, action: deny}\n"
      "  - {rule: name, when: {tool: push, argMatches: {name: '^x+$'}}, action: deny}\n"
      "  - {rule: lane, when: {tool: push, lane: [night]}, action: deny}\n"
      "  - {rule: without, when: {tool: push, withoutCapability: push}, action: deny}\n"
      "  - {rule: files, when: {tool: push, diffFilesAbove: 10}, action: deny}\n"
      "  - {rule: lines, when: {tool: push, diffLinesAbove: 100}, action: deny}\n"
      "  - {rule: touches, when: {tool: push, diffTouches: ['.ci/**']}, action: deny}\n"
      "  - {rule: has, when: {tool: push, diffHas: [test-deleted]}, action: deny}\n"
      "  - {rule: ok, when: {tool: push}, action: allow}\n");
  const auto by = [&](const json& args, const json& facts, const std::string& lane = {}) {
    circumstances around;
    around.capabilities = {"push"};
    around.lane = lane;
    EXPECT_TRUE(add_facts(facts, around));
    return decide(rules, "push", args, around).rule;
  };
  const json none = json::object();
  EXPECT_EQ(by(none, none), "ok");
  EXPECT_EQ(by({{"branch", "main"}}, none), "branch");
  EXPECT_EQ(by({{"branch", "release/1"}}, none), "branch");
  EXPECT_EQ(by({{"branch", {"a", "main"}}}, none), "branch");
  EXPECT_EQ(by({{"branch", "a"}}, none), "ok");
  EXPECT_EQ(by({{"name", "xxx"}}, none), "name");
  EXPECT_EQ(by(none, none, "night"), "lane");
  EXPECT_EQ(by(none, {{"diff", {{"files", 11}}}}), "files");
  EXPECT_EQ(by(none, {{"diff", {{"files", 10}}}}), "ok");
  EXPECT_EQ(by(none, {{"diff", {{"lines", 101}}}}), "lines");
  EXPECT_EQ(by(none, {{"diff", {{"paths", {"a", ".CI/x"}}}}}), "touches");
  EXPECT_EQ(by(none, {{"diff", {{"has", {"test-deleted"}}}}}), "has");
  EXPECT_EQ(decide(rules, "push", none).rule, "without");
}

TEST(PolicyEngine, FactsComeFromThePlatformOnly) {
  circumstances around;
  EXPECT_FALSE(add_facts({{"requiredVerifiersAllPassed", "true"}}, around));
  EXPECT_FALSE(add_facts({{"other", 1}}, around));
  EXPECT_FALSE(add_facts(json::array({1}), around));
  EXPECT_EQ(decide(shipped(), "create_pull_request",
                   {{"requiredVerifiersAllPassed", true}, {"facts", {{"a", 1}}}})
                .what,
            effect::deny);
}

TEST(PolicyEngine, CommandsRunWhereTheyAreJudged) {
  const auto by = [](const json& args) { return decide(shipped(), "run_shell", args).what; };
  EXPECT_EQ(by({{"command", "mvn -q test"}}), effect::allow);
  EXPECT_EQ(by({{"command", {"mvn", "-q", "test"}}}), effect::allow);
  EXPECT_EQ(by({{"command", "mvn -q test"}, {"cwd", "sub"}}), effect::allow);
  EXPECT_EQ(by({{"command", "mvn -q test > out.txt"}}), effect::allow);
  EXPECT_EQ(by({{"command", "mvn -q test > ../x"}, {"cwd", "sub"}}), effect::allow);
  EXPECT_EQ(by({{"command", "mvn -q test > ../../x"}, {"cwd", "sub"}}), effect::deny);
  EXPECT_EQ(by({{"command", "mvn -q test"}, {"cwd", "/tmp"}}), effect::deny);
  EXPECT_EQ(by({{"command", "mvn -q test"}, {"cwd", ".git"}}), effect::deny);
  EXPECT_EQ(by({{"command", "mvn -q test"}, {"path", "a/.env"}}), effect::deny);
  EXPECT_EQ(by({{"command", "mvn -q test > .github/workflows/x.yml"}}), effect::deny);
  EXPECT_EQ(by({{"command", "mvn -q test > AGENTS.md"}}), effect::deny);
  EXPECT_EQ(by({{"command", "mvn -q test"}, {"env", {{"PATH", "/tmp"}}}}), effect::deny);
  EXPECT_EQ(by({{"command", "mvn -q test"}, {"cmd", "id"}}), effect::deny);
  EXPECT_EQ(by({{"command", {"sh", "-c", "id"}}}), effect::deny);
  EXPECT_EQ(by({{"command", {"mvn -q test"}}}), effect::deny);
  EXPECT_EQ(by({{"command", {"mvn", 5}}}), effect::deny);
  EXPECT_EQ(by({{"command", 5}}), effect::deny);
  EXPECT_EQ(by(json::object()), effect::deny);
  EXPECT_EQ(by(json::array()), effect::deny);
}

TEST(PolicyEngine, PatchesNameTheirPaths) {
  const auto by = [](const std::string& patch) {
    return decide(shipped(), "apply_patch", {{"patch", patch}}).what;
  };
  EXPECT_EQ(by("--- a/src/a.c\n+++ b/src/a.c\n@@ -1 +1 @@\n-a\n+b\n"), effect::allow);
  EXPECT_EQ(by("*** Begin Patch\n*** Add File: src/a.c\n+x\n*** End Patch\n"), effect::allow);
  for (const char* patch :
       {"--- a/../../x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n",
        "--- a/x\n+++ b/.git/config\n@@ -1 +1 @@\n",
        "diff --git a/x b/.github/workflows/x.yml\nnew file mode 100644\n",
        "diff --git a/x b/x\nrename from x\nrename to /etc/x\n",
        "--- /dev/null\n+++ \"b/.g\\151t/config\"\n@@ -0,0 +1 @@\n+x\n",
        "*** Update File: .mcp.json\n@@\n", "*** Update File: a\n*** Move to: .git/x\n",
        // A hunk that claims the next header.
        "--- a/x\n+++ b/x\n@@ -1,100 +1,100 @@\n a\n--- a/.git/x\n+++ b/.git/x\n@@ -1 +1 "
        "@@\n-a\n+b\n",
        "--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n a\ndiff --git a/CLAUDE.md b/CLAUDE.md\n",
        "no patch at all", "Index: .vscode/tasks.json\n",
        "diff --git a/x y b/.git/y b/x y b/.git/y\n"}) {
    EXPECT_EQ(by(patch), effect::deny) << patch;
  }
  // Lines of the file that look like headers.
  EXPECT_EQ(by("--- a/x.sql\n+++ b/x.sql\n@@ -1,2 +1,1 @@\n--- /etc/x\n a\n"), effect::allow);
}

class Protected : public ::testing::TestWithParam<const char*> {};
TEST_P(Protected, T8_1NeedsACapability) {
  for (const char* tool : {"write_file", "edit_file", "delete_file", "move_file"}) {
    const decision said = decide(shipped(), tool, {{"path", GetParam()}});
    EXPECT_EQ(said.what, effect::deny) << tool;
    EXPECT_NE(said.rule, "default_deny") << tool;
    EXPECT_FALSE(said.reason.empty());
  }
}
INSTANTIATE_TEST_SUITE_P(
    Paths, Protected,
    ::testing::Values(".git/config", ".github/workflows/ci.yml", ".GITHUB/workflows/ci.yml",
                      "github~1/workflows/a.yml", ".github/workflows", ".gitlab-ci.yml",
                      "Jenkinsfile", "Jenkinsfile.release", ".circleci/config.yml",
                      "azure-pipelines.yml", ".travis.yml", "AGENTS.md", "agents.MD",
                      "sub/CLAUDE.md", ".cursor/rules/x", "sub/.cursor/x", ".mcp.json",
                      ".vscode/settings.json", "sub/.vscode/tasks.json", ".idea/x.xml",
                      ".devcontainer/devcontainer.json", "devcon~1/x", ".bashrc", "sub/.envrc",
                      ".npmrc", ".pip/pip.conf", "pip.conf", ".yarnrc.yml", ".gitattributes",
                      ".gitmodules", ".husky/pre-commit", "package-lock.json", "web/Cargo.lock",
                      ".github/copilot-instructions.md", "CLAUDE\xef\xbc\x8emd", "%2evscode/x",
                      ".vs\xe2\x80\x8b"
                      "code/x",
                      "AGENTS.md::$DATA", "AGENTS.md. ", ".claude"));

TEST(PolicyEngine, CapabilitiesOpenProtectedPaths) {
  circumstances around;
  around.capabilities = {"modifyCi", "modifyLockfile"};
  const auto by = [&](const char* path) {
    return decide(shipped(), "write_file", {{"path", path}}, around).what;
  };
  EXPECT_EQ(by(".github/workflows/ci.yml"), effect::allow);
  EXPECT_EQ(by("yarn.lock"), effect::allow);
  EXPECT_EQ(by("AGENTS.md"), effect::deny);
  EXPECT_EQ(by(".git/config"), effect::deny);
  EXPECT_EQ(decide(shipped(), "write_file", {{"path", "src/a.c"}}).what, effect::allow);
  EXPECT_EQ(decide(shipped(), "read_file", {{"path", "AGENTS.md"}}).what, effect::allow);
}

}  // namespace
}  // namespace skein::policy::test
