// What users get for the files they write: values, or a place, what is wrong and what was expected.
#include "schema/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

namespace skein::schema {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::vector<std::string> problems(std::string_view text) {
  const loaded file = load_documents(text, "f.yaml");
  EXPECT_NE(file.documents.empty(), file.problems.empty());
  std::vector<std::string> out;
  for (const diagnostic& each : file.problems) out.push_back(to_string(each));
  return out;
}

/// A task with `spec` as its indented body, which starts on line 5.
std::string with_spec(const std::string& spec) {
  return "apiVersion: skein/v1\nkind: Task\nmetadata: {name: a}\nspec:\n" + spec;
}

task load_task(const std::string& text) {
  const loaded file = load_documents(text, "f.yaml");
  EXPECT_THAT(problems(text), IsEmpty());
  return file.documents.empty() ? task{} : std::get<task>(file.documents[0]);
}

TEST(Document, TheExampleOfTheInterfaceLoads) {
  const task value = load_task(R"(apiVersion: skein/v1
kind: Task
metadata: {name: replace-old-api, tenant: payments, labels: {team: core}}
spec:
  intent: "Replace old_api() by new_api() in the C sources; behaviour stays."
  risk: low                      # low | medium | high
  repo: {url: git@host:org/a.git, branch: main}
  scope: {include: ["src/**"], exclude: [], maxFiles: 200, maxChangedLines: 4000}
  capabilities: {network: none, modifyCi: false, modifyLockfile: false, modifyTests: false}
  agent: {kind: script, steps: [{run: "grep -rl 'old_api(' src | xargs -r sed -i 's/old_api(/new_api(/g'"}]}
  verifiers: [{name: unit, run: "make -s test", timeout: 5m, required: true}, {use: secrets}]
  budget: {attempts: 3, repairs: 5, wallClock: 30m, tokens: 200000, usd: 5.00, toolCalls: 200,
           shellOutputBytes: 1MiB, fileReadBytes: 8MiB}
  publish: {mode: pr, branchPrefix: skein/, title: "Use new_api", labels: [migration], reviewers: codeowners}
)");
  EXPECT_EQ(value.name, "replace-old-api");
  EXPECT_EQ(value.tenant, "payments");
  EXPECT_EQ(value.labels.at("team"), "core");
  EXPECT_EQ(value.spec.repo.url, "git@host:org/a.git");
  EXPECT_THAT(value.spec.scope.include, ElementsAre("src/**"));
  ASSERT_EQ(value.spec.agent.steps.size(), 1U);
  ASSERT_EQ(value.spec.verifiers.size(), 2U);
  EXPECT_EQ(value.spec.verifiers[0].timeout, std::chrono::minutes{5});
  EXPECT_EQ(value.spec.verifiers[1].use, "secrets");
  EXPECT_TRUE(value.spec.verifiers[1].required);
  EXPECT_EQ(value.spec.budget, budget_spec{});
  EXPECT_THAT(value.spec.publish.reviewers, ElementsAre("codeowners"));
  EXPECT_THAT(missing_for_admission(value), IsEmpty());
}

TEST(Document, TheCampaignOfTheInterfaceLoads) {
  const loaded file = load_documents(R"(apiVersion: skein/v1
kind: Campaign
metadata: {name: old-api, tenant: payments}
spec:
  task: {intent: "x", scope: {include: ["**"]}}
  repos: [{url: https://host/a}, {file: repos.txt}, {glob: "/srv/git/*.git"}, {github: "org:acme language:c"}]
  waves: [{size: 5, requireSuccess: 80%}, {size: 25%, requireSuccess: 90%, soak: 1h}, {rest: true}]
  limits: {concurrency: 8, maxOpenPullRequests: 50, usd: 300}
  schedule: {cron: "0 1 * * 1-5", timezone: Europe/Berlin, window: "01:00-06:00", whenMissed: skip}
)",
                                     "f.yaml");
  ASSERT_THAT(file.problems, IsEmpty()) << to_string(file.problems[0]);
  const auto& value = std::get<campaign>(file.documents.at(0));
  EXPECT_EQ(value.repos.size(), 4U);
  ASSERT_EQ(value.waves.size(), 3U);
  EXPECT_EQ(value.waves[0].size, 5U);
  EXPECT_EQ(value.waves[0].require_success, 0.8);
  EXPECT_EQ(value.waves[1].percent, 25);
  EXPECT_EQ(value.waves[1].soak, std::chrono::hours{1});
  EXPECT_TRUE(value.waves[2].rest);
  EXPECT_EQ(value.limits.usd, 300);
  EXPECT_EQ(value.schedule->cron, "0 1 * * 1-5");
}

TEST(Document, SeveralDocumentsOfAFile) {
  const loaded file = load_documents(
      "---\n" + with_spec("  {}\n") + "---\napiVersion: skein/v1\nkind: Config\ncells: 3\n---\n",
      "f");
  ASSERT_EQ(file.documents.size(), 2U);
  EXPECT_EQ(std::get<config>(file.documents[1]).cells, 3U);
}

TEST(Document, JsonIsReadAsYaml) {
  const task value = load_task(
      "{\n\t\"apiVersion\": \"skein/v1\", \"kind\": \"Task\",\n"
      "\t\"metadata\": {\"name\": \"a\"},\n\t\"spec\": {\"intent\": \"a\\/\\u00fc\"}}\n");
  EXPECT_EQ(value.spec.intent, "a/ü");
}

TEST(Document, UnknownKeyNamesTheClosest) {
  EXPECT_THAT(
      problems(with_spec("  intent: x\n  scop: {}\n")),
      ElementsAre(StartsWith("f.yaml:6:3: unknown key \"scop\", expected one of scope, repo, ")));
  EXPECT_THAT(
      problems(with_spec("  budget: {atempts: 1, foo: 2}\n")),
      ElementsAre(StartsWith("f.yaml:5:12: unknown key \"atempts\", expected one of attempts,"),
                  StartsWith("f.yaml:5:24: unknown key \"foo\"")));
}

TEST(Document, WrongTypesSayWhatStandsThere) {
  EXPECT_THAT(
      problems(with_spec("  budget:\n    attempts: many\n")),
      ElementsAre("f.yaml:6:15: wrong type: text \"many\", expected an integer from 1 to 20"));
  EXPECT_THAT(problems(with_spec("  budget: {attempts: 3.5}\n")),
              ElementsAre(HasSubstr("wrong type: number 3.5, expected an integer from 1 to 20")));
  EXPECT_THAT(
      problems(with_spec("  budget: {attempts: 21}\n")),
      ElementsAre("f.yaml:5:22: out of range: number 21, expected an integer from 1 to 20"));
  EXPECT_THAT(problems(with_spec("  scope: [a]\n")),
              ElementsAre("f.yaml:5:10: wrong type: a list, expected a map of keys"));
  EXPECT_THAT(problems(with_spec("  scope:\n")),
              ElementsAre(HasSubstr("wrong type: nothing, expected a map of keys")));
  EXPECT_THAT(
      problems(with_spec("  risk: extreme\n")),
      ElementsAre("f.yaml:5:9: unknown value text \"extreme\", expected one of low, medium, high"));
  EXPECT_THAT(problems(with_spec("  capabilities: {modifyCi: yes}\n")),
              ElementsAre("f.yaml:5:28: wrong type: text \"yes\", expected true or false"));
  EXPECT_THAT(problems(with_spec("  scope: {include: \"src/**\"}\n")),
              ElementsAre(HasSubstr("wrong type: text \"src/**\", expected a list")));
}

TEST(Document, NumbersWhereTextIsWantedAskForQuotes) {
  EXPECT_THAT(
      problems("apiVersion: skein/v1\nkind: Task\nmetadata: {name: a, labels: {year: 2024}}\nspec: "
               "{}\n"),
      ElementsAre(HasSubstr("f.yaml:3:36: wrong type: number 2024, expected text of at most 256 "
                            "characters in quotes")));
}

TEST(Document, QuotedScalarsStayText) {
  EXPECT_THAT(problems(with_spec("  budget: {attempts: \"3\"}\n")),
              ElementsAre(HasSubstr("wrong type: text \"3\"")));
  EXPECT_EQ(load_task(with_spec("  repo: {branch: \"1.10\"}\n")).spec.repo.branch, "1.10");
  EXPECT_EQ(load_task(with_spec("  intent: \"true\"\n")).spec.intent, "true");
  EXPECT_THAT(problems(with_spec("  budget: {attempts: 03}\n")),
              ElementsAre(HasSubstr("wrong type: text \"03\"")));
}

TEST(Document, MissingKeysAndHeads) {
  EXPECT_THAT(problems("kind: Task\n"),
              ElementsAre("f.yaml:1:1: key \"apiVersion\" is missing, expected skein/v1"));
  EXPECT_THAT(problems("apiVersion: skein/v2\nkind: Task\n"),
              ElementsAre("f.yaml:1:13: unknown apiVersion \"skein/v2\", expected skein/v1"));
  EXPECT_THAT(
      problems("apiVersion: skein/v1\nkind: Tusk\n"),
      ElementsAre(
          "f.yaml:2:7: unknown kind \"Tusk\", expected one of Task, Campaign, Config, Verifier, Policy, Tool, Agent, ToolApprovals, ToolRules, Controls"));
  EXPECT_THAT(problems("apiVersion: skein/v1\nkind: [Task]\n"),
              ElementsAre(HasSubstr("unknown kind")));
  EXPECT_THAT(
      problems("apiVersion: skein/v1\nkind: Task\nmetadata: {}\nspec: {}\n"),
      ElementsAre("f.yaml:3:1: key \"name\" is missing, expected a name such as replace-old-api"));
  EXPECT_THAT(problems("- a\n"), ElementsAre(HasSubstr("not a document")));
  EXPECT_THAT(
      problems(""),
      ElementsAre("f.yaml: there is no document in it, expected a map with apiVersion and kind"));
}

TEST(Document, AgentKeysBelongToTheirKind) {
  EXPECT_THAT(
      problems(with_spec("  agent: {kind: script, provider: anthropic}\n")),
      ElementsAre("f.yaml:5:25: key \"provider\" does not belong to an agent of kind script, "
                  "expected it with kind: model"));
  EXPECT_THAT(problems(with_spec("  agent: {kind: model, provider: x, model: y, steps: []}\n")),
              ElementsAre(HasSubstr("key \"steps\" does not belong")));
  EXPECT_THAT(problems(with_spec("  agent: {steps: []}\n")),
              ElementsAre(HasSubstr("key \"kind\" is missing")));
}

TEST(Document, VerifiersAreEitherOwnOrOfThePlatform) {
  EXPECT_THAT(
      problems(with_spec("  verifiers: [{name: a, run: x, use: b}]\n")),
      ElementsAre(HasSubstr("key \"name\" beside use"), HasSubstr("exactly one of run, use")));
  EXPECT_THAT(problems(with_spec("  verifiers: [{name: a}]\n")),
              ElementsAre(HasSubstr("exactly one of run, use")));
  EXPECT_THAT(problems(with_spec("  verifiers: [{run: x}]\n")),
              ElementsAre(HasSubstr("key \"name\" is missing")));
  EXPECT_THAT(problems(with_spec("  verifiers: [{name: a, run: x}, {use: a}]\n")),
              ElementsAre(HasSubstr("a second verifier called \"a\"")));
  EXPECT_THAT(problems(with_spec("  verifiers: [{name: a, run: x, timeout: soon}]\n")),
              ElementsAre(HasSubstr("not a duration: \"soon\", expected a duration such as 30s")));
}

TEST(Document, B1NamesAndTextsThatWouldReachGitOrAForge) {
  EXPECT_THAT(problems("apiVersion: skein/v1\nkind: Task\nmetadata: {name: \"A b\"}\nspec: {}\n"),
              ElementsAre(HasSubstr("f.yaml:3:18: not a valid name: \"A b\"")));
  EXPECT_THAT(problems(with_spec("  publish: {branchPrefix: \"-x/\"}\n")),
              ElementsAre(HasSubstr("not the start of a branch name")));
  EXPECT_THAT(problems(with_spec("  publish: {title: \"a\\nb\"}\n")),
              ElementsAre(HasSubstr("a line break")));
  EXPECT_THAT(problems(with_spec("  publish: {labels: [\"a\\tb\"]}\n")),
              ElementsAre(HasSubstr("a line break")));
  EXPECT_THAT(problems(with_spec("  publish: {reviewers: everyone}\n")),
              ElementsAre(HasSubstr("unknown value \"everyone\", expected codeowners")));
  EXPECT_THAT(problems(with_spec("  repo: {url: \"ext::sh -c id\"}\n")),
              ElementsAre(HasSubstr("transport helpers are not allowed")));
  EXPECT_THAT(problems(with_spec("  repo: {url: \"https://u:p@host/a\"}\n")),
              ElementsAre(::testing::AllOf(HasSubstr("user or password"),
                                           ::testing::Not(HasSubstr("u:p")))));
  EXPECT_THAT(problems(with_spec("  repo: {commit: abc}\n")),
              ElementsAre(HasSubstr("not a full object id")));
  EXPECT_THAT(problems(with_spec("  capabilities: {network: all}\n")),
              ElementsAre(HasSubstr("unknown value \"all\"")));
  EXPECT_THAT(problems(with_spec("  capabilities: {network: {allow: [\"host\"]}}\n")),
              ElementsAre(HasSubstr("not a host with port")));
  EXPECT_THAT(problems(with_spec("  scope: {include: [\"../x\"]}\n")),
              ElementsAre(HasSubstr("not a usable pattern")));
}

TEST(Document, F1IncompleteTasksAreNotMalformed) {
  EXPECT_FALSE(missing_for_admission(load_task(with_spec("  {}\n"))).empty());
}

TEST(Document, CampaignsExplainTheirRules) {
  const auto campaign_with = [](const std::string& rest) {
    return "apiVersion: skein/v1\nkind: Campaign\nmetadata: {name: a}\nspec:\n  task: {}\n" + rest;
  };
  EXPECT_THAT(problems(campaign_with("")), ElementsAre(HasSubstr("key \"repos\" is missing")));
  EXPECT_THAT(problems(campaign_with("  repos: []\n")),
              ElementsAre(HasSubstr("a list of at least 1 entries")));
  EXPECT_THAT(problems(campaign_with("  repos: [{url: a, glob: b}]\n")),
              ElementsAre("f.yaml:6:20: key \"glob\" excludes another that is there, "
                          "expected exactly one of url, file, glob, github"));
  EXPECT_THAT(problems(campaign_with("  repos: [{url: a}, {url: a}]\n")),
              ElementsAre(HasSubstr("is there twice")));
  EXPECT_THAT(problems(campaign_with("  repos: [{file: a, branch: b}]\n")),
              ElementsAre(HasSubstr("key \"branch\" without url")));
  const std::string repos = "  repos: [{url: a}]\n";
  EXPECT_THAT(problems(campaign_with(repos + "  waves: [{rest: true}, {size: 1}]\n")),
              ElementsAre(HasSubstr("only in the last wave")));
  EXPECT_THAT(problems(campaign_with(repos + "  waves: [{size: 1, rest: true}]\n")),
              ElementsAre(HasSubstr("exactly one of size, label, owner, rest")));
  EXPECT_THAT(
      problems(campaign_with(
          repos + "  waves: [{size: 0%}, {size: 5x}, {requireSuccess: 0.5, size: 1}]\n")),
      ElementsAre(HasSubstr("not a wave size: \"0%\""), HasSubstr("not a wave size: \"5x\"")));
  EXPECT_THAT(problems(campaign_with(repos + "  waves: [{size: 1, requireSuccess: 80}]\n")),
              ElementsAre(HasSubstr("out of range: number 80")));
  EXPECT_THAT(problems(campaign_with(repos + "  schedule: {cron: daily}\n")),
              ElementsAre(HasSubstr("not a cron expression")));
  EXPECT_THAT(problems(campaign_with(repos + "  limits: {maxFailureRate: often}\n")),
              ElementsAre(HasSubstr("not a share")));
  EXPECT_THAT(problems("apiVersion: skein/v1\nkind: Campaign\nmetadata: {name: a}\nspec:\n"
                       "  task: {repo: {url: x}}\n  repos: [{url: a}]\n"),
              ElementsAre(HasSubstr("unknown key \"repo\"")));
}

TEST(Document, TwoOfAName) {
  const std::string one = with_spec("  {}\n");
  EXPECT_THAT(problems(one + "---\n" + one),
              ElementsAre(HasSubstr("a second Task called \"a\" in one file")));
}

TEST(Document, ColumnsCountCharacters) {
  EXPECT_THAT(problems(with_spec("  publish: {title: \"üü日🙂\", x: 1}\n")),
              ElementsAre(StartsWith("f.yaml:5:28: unknown key \"x\"")));
}

TEST(Document, ProblemsAreSortedAndBounded) {
  std::string spec;
  for (int index = 0; index < 500; ++index) spec += "  k" + std::to_string(index) + ": 1\n";
  const loaded file = load_documents(with_spec(spec), "f");
  EXPECT_EQ(file.problems.size(), 50U);
  EXPECT_TRUE(std::is_sorted(file.problems.begin(), file.problems.end(),
                             [](const auto& a, const auto& b) { return a.line < b.line; }));
}

TEST(Document, LineEndsAndByteOrderMark) {
  std::string text = with_spec("  intent: abc\n  nope: 1\n");
  std::string windows;
  for (const char c : text) windows += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_THAT(problems("\xef\xbb\xbf" + windows),
              ElementsAre(StartsWith("f.yaml:6:3: unknown key \"nope\"")));
}

class FileDocument : public ::testing::Test {
 protected:
  FileDocument() {
    std::string pattern = ::testing::TempDir() + "skein-document-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~FileDocument() override {
    std::remove((folder_ + "/f.yaml").c_str());
    ::rmdir(folder_.c_str());
  }
  std::string folder_;
};

TEST_F(FileDocument, FilesAreReadUpToTheLimit) {
  const std::string path = folder_ + "/f.yaml";
  std::ofstream(path) << with_spec("  {}\n");
  EXPECT_EQ(load_file(path).documents.size(), 1U);
  ASSERT_EQ(::truncate(path.c_str(), 100L << 20), 0);  // sparse
  const loaded file = load_file(path);
  ASSERT_EQ(file.problems.size(), 1U);
  EXPECT_EQ(to_string(file.problems[0]), path + ": the file is too long, expected at most 4 MiB");
}

TEST_F(FileDocument, EndlessMissingAndFolders) {
  EXPECT_THAT(to_string(load_file("/dev/zero").problems.at(0)), HasSubstr("too long"));
  EXPECT_THAT(to_string(load_file(folder_ + "/f.yaml").problems.at(0)), HasSubstr("no such file"));
  EXPECT_THAT(to_string(load_file(folder_).problems.at(0)), HasSubstr("it is a folder"));
  EXPECT_THAT(to_string(load_file("/dev/null").problems.at(0)), HasSubstr("there is no document"));
}

}  // namespace
}  // namespace skein::schema
