// F1: what a task has to say before anything works on it.
#include "schema/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skein::schema {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

task complete() {
  task out;
  out.name = "a";
  out.spec.intent = "Replace old_api() by new_api() in the C sources";
  out.spec.scope.include = {"src/**"};
  out.spec.agent_given = true;
  out.spec.agent.steps = {{"true", std::nullopt}};
  out.spec.verifiers = {{"unit", "make test", "", std::chrono::minutes{5}, true}};
  out.spec.repo.url = "/srv/a.git";
  return out;
}

TEST(Admission, F1CompleteTasksPass) {
  EXPECT_THAT(missing_for_admission(complete()), IsEmpty());
  task value = complete();
  value.spec.scope.include = {"**"};
  value.spec.verifiers = {{"", "", "maven", {}, true}};
  EXPECT_THAT(missing_for_admission(value), IsEmpty());
}

TEST(Admission, F1EmptyTaskAsksForEverything) {
  EXPECT_THAT(missing_for_admission(task{}),
              ElementsAre(StartsWith("spec.intent"), StartsWith("spec.scope.include"),
                          StartsWith("spec.agent"), StartsWith("spec.verifiers"),
                          StartsWith("spec.repo.url")));
}

TEST(Admission, F1VagueIntents) {
  for (const char* vague : {"", "   ", "fix it", "Fix it!", "improve code", "Improve the code.",
                            "refactor", "Refactor the codebase", "clean up",
                            "make it better please", "Fix all the bugs", "update stuff", "x"}) {
    task value = complete();
    value.spec.intent = vague;
    EXPECT_THAT(missing_for_admission(value), ElementsAre(StartsWith("spec.intent"))) << vague;
  }
  for (const char* concrete :
       {"Use new_api", "Rename foo to bar", "Fix the overflow in parse_header()",
        "Ersetze alte Schnittstelle", "日本語のコメントを英語に翻訳する", "Bump zlib to 1.3"}) {
    task value = complete();
    value.spec.intent = concrete;
    EXPECT_THAT(missing_for_admission(value), IsEmpty()) << concrete;
  }
}

TEST(Admission, F1AgentsWithNothingToDo) {
  task value = complete();
  value.spec.agent.steps = {{" \n", std::nullopt}};
  EXPECT_THAT(missing_for_admission(value), ElementsAre(StartsWith("spec.agent.steps")));
  value.spec.agent = {};
  value.spec.agent.kind = agent_kind::model;
  EXPECT_THAT(missing_for_admission(value), ElementsAre(StartsWith("spec.agent.provider")));
  value.spec.agent.kind = agent_kind::external;
  EXPECT_THAT(missing_for_admission(value), ElementsAre(StartsWith("spec.agent.use")));
  value.spec.agent.kind = agent_kind::replay;
  EXPECT_THAT(missing_for_admission(value), ElementsAre(StartsWith("spec.agent.transcript")));
}

TEST(Admission, F1C11OptionalVerifiersDoNotCount) {
  task value = complete();
  value.spec.verifiers[0].required = false;
  EXPECT_THAT(missing_for_admission(value), ElementsAre(StartsWith("spec.verifiers")));
}

TEST(Admission, F1BlankScope) {
  task value = complete();
  value.spec.scope.include = {" "};
  EXPECT_THAT(missing_for_admission(value), SizeIs(1));
}

}  // namespace
}  // namespace skein::schema
