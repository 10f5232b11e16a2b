// Defence in depth: each layer by itself. The layers before it, and often those behind it, are
// switched off by giving the program another shipped configuration, in which nothing is forbidden.
#include "tests/e2e/program.hpp"
#include "tests/support/http_peer.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

namespace skein::e2e {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

class layers : public program_test {
 protected:
  layers() {
    // Only what a test puts back holds anything.
    const auto shipped = std::string{SKEIN_TEST_SOURCE_DIR} + "/../config";
    sh("cp -r " + shipped + " share; rm share/policies/*; rm share/secrets/*");
    write("share/policies/all.yaml",
          "apiVersion: skein/v1\nkind: Policy\nmetadata: {name: all}\nrules:\n"
          "  - {rule: everything, when: {tool: '*'}, action: allow}\n");
    write("share/secrets/none.toml",
          "[[rules]]\nid = \"none\"\ndescription = \"none\"\nregex = '''never-there-4711'''\n"
          "keywords = [\"never-there-4711\"]\n");
    sh("sed -i -E 's/action: (block|approval|draft)/action: report/; "
       "s/byRisk: \\[[a-z, ]*\\]/byRisk: [report, report, report]/; "
       "s/relaxedTo: (draft|approval)/relaxedTo: report/; s/raisesRisk: true/raisesRisk: false/' "
       "share/diff/rules.yaml");
    environment_.push_back("SKEIN_SHARE=" + (directory_ / "share").string());
  }

  /// The shipped files of one layer are back.
  void put_back(const std::string& what) {
    sh("rm -rf share/" + what + "; cp -r " + std::string{SKEIN_TEST_SOURCE_DIR} + "/../config/" +
       what + " share/" + what);
  }
  std::string branches() {
    return sh("git --git-dir=remote/a.git branch --list 'skein/*' | wc -l");
  }
  std::string trace(const nlohmann::json& run) {
    return skein({"trace", run["runId"], "-o", "json"}).out;
  }
};

// What every other test here builds on: with all of it off, the same attack goes through.
TEST_F(layers, D_WithNoneOfThemAWorkingChangeWithoutItsTestIsPublished) {
  const auto url = repository(
      "a", "mkdir tests; printf 'def test_a():\\n    assert f() == 2\\n' >tests/test_a.py");
  const auto object = run(task(url, "rm -r tests"));
  EXPECT_EQ(object["state"], "published") << object.dump(1);
}

TEST_F(layers, D1_ValidationAloneRefusesWhatIsNoTask) {
  const auto url = repository("a", "echo old >file");
  for (const std::string broken : {"../../etc", "a/../../b"}) {
    auto text = task(url, "echo new >file");
    text.replace(text.find("\"**\""), 4, "\"" + broken + "\"");
    const auto ended = skein({"run", "-f", write("task.yaml", text), "-o", "json"});
    EXPECT_NE(ended.exit_code, 0) << broken << ended.out;
    EXPECT_THAT(ended.err + ended.out, HasSubstr("task.yaml:")) << broken;
  }
  EXPECT_NE(skein({"run", "-f", write("task.yaml", task("--upload-pack=x", "true")), "-o", "json"})
                .exit_code,
            0);
  EXPECT_EQ(branches(), "0\n");
}

TEST_F(layers, D2_PolicyAloneStopsAStepBeforeItRuns) {
  write("share/policies/step.yaml",
        "apiVersion: skein/v1\nkind: Policy\nmetadata: {name: ours}\nrules:\n"
        "  - {rule: no_curl, when: {tool: run_step}, denyPatterns: ['curl '], "
        "action: deny_unless_allowed, allowPrefixes: ['echo ']}\n");
  const auto url = repository("a", "echo old >file");
  const auto object = run(task(url, "curl http://example.org/ >file"));
  EXPECT_EQ(object["state"], "blocked") << object.dump(1);
  EXPECT_THAT(trace(object), HasSubstr("policy_denied"));
  EXPECT_THAT(trace(object), Not(HasSubstr("tool_call_finished")));
}

TEST_F(layers, D3_TheCellAloneKeepsTheHostOutOfReach) {
  write("secret", "host-secret-4711");
  const auto host = directory_.string();
  const auto url = repository("a", "ln -s " + host + " out; echo old >file");
  const auto object = run(task(
      url, "cat out/secret " + host + "/secret; touch " + host +
               "/tripped out/tripped; "
               "bash -c 'exec 3<>/dev/tcp/1.1.1.1/80'; unshare -U true; mount -t tmpfs x /mnt; "
               "kill -9 -1; ls -l /proc/1/root; echo new >file; true"));
  EXPECT_EQ(object["state"], "published") << object.dump(1);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "tripped"));
  EXPECT_THAT(skein({"logs", object["runId"]}).out, Not(HasSubstr("host-secret-4711")));
}

TEST_F(layers, D4_ToolPermissionAloneRefusesWhatIsNotApprovedOrNotInItsForm) {
  test::http_peer peer;
  const auto calls = [&peer](const std::string& name, const nlohmann::json& arguments) {
    test::peer_reply reply;
    reply.headers = {{"content-type", "application/json"}};
    reply.body = nlohmann::json{{"id", "msg"},
                                {"type", "message"},
                                {"role", "assistant"},
                                {"model", "m"},
                                {"content", nlohmann::json::array({{{"type", "tool_use"},
                                                                    {"id", "toolu_" + name},
                                                                    {"name", name},
                                                                    {"input", arguments}}})},
                                {"stop_reason", "tool_use"},
                                {"usage", {{"input_tokens", 9}, {"output_tokens", 9}}}}
                     .dump();
    peer.push(std::move(reply));
  };
  calls("run_anything", {{"command", "echo evil >file"}});
  calls("write_file", {{"path", "file"}, {"content", "evil"}, {"sudo", true}});
  calls("write_file", {{"path", "file"}, {"content", 7}});
  calls("finish", {{"summary", "done"}, {"outcome", "changed"}});
  const auto key = write("provider.key", "e2e-key-0123456789abcdef\n");
  const auto config =
      write("skein.yaml",
            "apiVersion: skein/v1\nkind: Config\nproviders:\n  peer: {wire: anthropic, "
            "baseUrl: \"" +
                peer.url() + "\", key: {file: \"" + key +
                "\"}, models: [m], prices: {m: {input: 1, output: 2}}}\n");
  auto text = task(repository("a", "echo old >file"), "");
  const auto agent = text.find("  agent: ");
  text.replace(agent, text.find('\n', agent) - agent,
               "  agent: {kind: model, provider: peer, model: m}");
  const auto object = run(text, {"--config", config});
  EXPECT_EQ(object["state"], "no_change") << object.dump(1);
  const auto told = trace(object);
  std::size_t rejected = 0;
  for (auto at = told.find("tool_call_rejected"); at != std::string::npos;
       at = told.find("tool_call_rejected", at + 1)) {
    ++rejected;
  }
  EXPECT_GE(rejected, 3U) << told;
}

TEST_F(layers, D5_RedactionAloneKeepsSecretsOutOfWhatIsKept) {
  put_back("secrets");
  const std::string key = std::string("AKIA") + "Q3EGRTZ7YHJ2WQXN";
  const auto url = repository("a", "echo 'aws_access_key_id = " + key + "' >creds; echo old >file");
  const auto object = run(task(url, "cat creds; env; echo new >file", "cat creds; true"));
  EXPECT_EQ(object["state"], "published") << object.dump(1);
  EXPECT_THAT(skein({"logs", object["runId"]}).out, HasSubstr("[redacted:"));
  EXPECT_EQ(sh("grep -rlaF " + key + " state/artifacts state/skein.db* || true"), "");
}

TEST_F(layers, D6_TheVerifierAloneStopsAChangeThatBreaks) {
  const auto url = repository("a", "echo old >file");
  const auto object = run(task(url, "echo broken >file", "! grep -q broken file"));
  EXPECT_EQ(object["state"], "verification_failed") << object.dump(1);
  EXPECT_EQ(branches(), "0\n");
}

TEST_F(layers, D7_TheDiffPolicyAloneStopsADeletedTest) {
  put_back("diff");
  const auto url = repository(
      "a", "mkdir tests; printf 'def test_a():\\n    assert f() == 2\\n' >tests/test_a.py");
  const auto object = run(task(url, "rm -r tests"));
  EXPECT_EQ(object["state"], "waiting_approval") << object.dump(1);
  EXPECT_THAT(object["findings"].dump(), HasSubstr("test.file_deleted"));
  EXPECT_EQ(branches(), "0\n");
}

TEST_F(layers, D8_TheJudgeAloneStopsCodeThatKnowsItIsTested) {
  const auto config =
      write("skein.yaml", "apiVersion: skein/v1\nkind: Config\njudge: {mode: always}\n");
  const auto url = repository("a", "echo 'export const price = c => c.sum;' >shop.js");
  const auto object =
      run(task(url,
               "printf 'export const price = c => {\\n  if (process.env.NODE_ENV === \"test\") "
               "return 42;\\n  return c.sum;\\n};\\n' >shop.js"),
          {"--config", config});
  EXPECT_THAT(object["state"].get<std::string>(), AnyOf("blocked", "waiting_approval"))
      << object.dump(1);
  EXPECT_THAT(object["findings"].dump(), HasSubstr("judge"));
  EXPECT_EQ(branches(), "0\n");
}

TEST_F(layers, D9_TheGateOfPullRequestsAloneWantsAPersonForCi) {
  sh("cp " + std::string{SKEIN_TEST_SOURCE_DIR} +
     "/../config/policies/publish.yaml share/policies/");
  const auto url =
      repository("a", "mkdir -p .github/workflows; echo 'on: push' >.github/workflows/ci.yml");
  const auto object = run(task(url, "echo 'on: [push]' >.github/workflows/ci.yml"));
  EXPECT_EQ(object["state"], "waiting_approval") << object.dump(1);
  EXPECT_THAT(object["findings"].dump(), HasSubstr("ci_change_needs_approval"));
  EXPECT_EQ(branches(), "0\n");
}

TEST_F(layers, D10_TheAuditTrailAloneTellsWhatWasDoneAndThatItWasChanged) {
  const auto url = repository("a", "echo old >file");
  const auto object = run(task(url, "echo new >file"));
  EXPECT_EQ(object["state"], "published") << object.dump(1);
  for (const std::string kind : {"run_queued", "tool_call_finished", "run_gate", "intent_done"}) {
    EXPECT_THAT(trace(object), HasSubstr(kind));
  }
  EXPECT_EQ(skein({"audit", "verify"}).exit_code, 0);
  SQLite::Database file((directory_ / "state/skein.db").string(), SQLite::OPEN_READWRITE);
  EXPECT_THROW(file.exec("UPDATE events SET payload = '{}'"), SQLite::Exception);
  // Whoever can write the file can take that away, too.
  std::vector<std::string> triggers;
  for (SQLite::Statement found(file, "SELECT name FROM sqlite_master WHERE type = 'trigger'");
       found.executeStep();) {
    triggers.push_back(found.getColumn(0).getString());
  }
  for (const auto& name : triggers) file.exec("DROP TRIGGER " + name);
  file.exec(
      "UPDATE events SET payload = replace(payload, 'echo new', 'echo old') "
      "WHERE kind = 'tool_call_finished'");
  EXPECT_NE(skein({"audit", "verify"}).exit_code, 0);
}

}  // namespace skein::e2e
