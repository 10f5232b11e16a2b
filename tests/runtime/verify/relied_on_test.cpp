// What a verifier runs of the repository.
#include "runtime/verify/relied_on.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace skein::verify {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using files = std::map<std::string, std::string>;

reliance all_of(const std::string& line, const std::set<std::string>& changed, const files& base) {
  return relied_on({line}, changed, [&base](const std::string& path) -> std::optional<std::string> {
    const auto found = base.find(path);
    return found == base.end() ? std::nullopt : std::optional(found->second);
  });
}

std::set<std::string> of(const std::string& line, const std::set<std::string>& changed,
                         const files& base = {}) {
  return all_of(line, changed, base).judges;
}

TEST(relied_on, T8_R3_CodeUnderTestIsNoJudgeAndIsNamed) {
  const files base = {{"run-tests",
                       "sh src/deploy.sh site | grep -q deploying\n"
                       "[ \"$(python3 src/sum.py 1 2)\" = 3 ]\n"
                       "sh checks/lint.sh\n"
                       "sh checks/pipe.sh\n"
                       "sh checks/both.sh | wc -l; sh checks/both.sh\n"},
                      {"checks/pipe.sh", "sh checks/make.sh | sh\n"}};
  const auto found = all_of(
      "sh ./run-tests",
      {"src/deploy.sh", "src/sum.py", "checks/lint.sh", "checks/make.sh", "checks/both.sh"}, base);
  EXPECT_THAT(found.judged, ElementsAre("src/deploy.sh", "src/sum.py"));
  EXPECT_THAT(found.judges, ElementsAre("checks/both.sh", "checks/lint.sh", "checks/make.sh"));
  // What the task itself names is the verifier, whatever is made of its words.
  EXPECT_THAT(of("sh checks/all.sh | grep -q PASS", {"checks/all.sh"}),
              ElementsAre("checks/all.sh"));
}

TEST(relied_on, T8_R3_ScriptsAndProgramsByName) {
  EXPECT_THAT(of("./gradlew test", {"gradlew", "src/a.java"}), ElementsAre("gradlew"));
  EXPECT_THAT(of("sh -eu scripts/check.sh --fast", {"scripts/check.sh"}),
              ElementsAre("scripts/check.sh"));
  EXPECT_THAT(of("cd . && env -i A=b bash ./scripts/check.sh", {"scripts/check.sh"}),
              ElementsAre("scripts/check.sh"));
  EXPECT_THAT(of("cd sub && timeout 9 bash check.sh", {"sub/check.sh", "check.js"}),
              ElementsAre("sub/check.sh"));
  EXPECT_THAT(of("true && (python3 -u tools/t.py || exit 1)", {"tools/t.py"}),
              ElementsAre("tools/t.py"));
  EXPECT_THAT(of("make -f ci/checks.mk all", {"ci/checks.mk"}), ElementsAre("ci/checks.mk"));
  EXPECT_THAT(of("sh -c '. ./lib.sh; check'", {"lib.sh"}), ElementsAre("lib.sh"));
}

TEST(relied_on, T8_R3_WhatIsNotPlainCountsWordByWord) {
  EXPECT_THAT(of("\"$PWD/scripts/check.sh\"", {"scripts/check.sh"}),
              ElementsAre("scripts/check.sh"));
  EXPECT_THAT(of("sh \"$(pwd)/scripts/check.sh\" 'broken", {"scripts/check.sh"}),
              ElementsAre("scripts/check.sh"));
  EXPECT_THAT(of("for t in tests/*; do sh $t; done; eval \"$x tools/run\"", {"tools/run"}),
              ElementsAre("tools/run"));
}

TEST(relied_on, T8_R3_WhatIsFoundByAPattern) {
  EXPECT_THAT(
      of("for f in chk/*.sh; do sh \"$f\" || exit 1; done", {"chk/t.sh", "chk/t.txt", "t.sh"}),
      ElementsAre("chk/t.sh"));
  EXPECT_THAT(of("find chk -name '*.sh' -exec sh {} \\;", {"chk/a/t.sh", "chk/t.py", "t.sh"}),
              ElementsAre("chk/a/t.sh"));
  EXPECT_THAT(of("find chk -name '*.sh' -newer x", {"chk/t.sh"}), IsEmpty());
}

TEST(relied_on, T8_R3_FoldersOfThePathAndModules) {
  EXPECT_THAT(of("PATH=tools:$PATH lint", {"tools/lint", "lint"}),
              ElementsAre("lint", "tools/lint"));
  EXPECT_THAT(of("python3 -m pytest -q", {"pytest.py", "src/pytest.py"}), ElementsAre("pytest.py"));
  EXPECT_THAT(of("python3 -m a.b", {"a/__init__.py", "a/b.py", "a/c.py"}),
              ElementsAre("a/__init__.py", "a/b.py"));
}

TEST(relied_on, T8_R3_WhatThoseRunInTurn) {
  const files base = {{"scripts/check.sh", "#!/bin/sh\n. scripts/lib.sh\ncheck\n"},
                      {"scripts/lib.sh", "check() { node tools/check.js; }\n"},
                      {"Makefile", "test: all\n\t@-./scripts/check.sh\n"},
                      {"package.json", R"({"scripts": {"test": "make test"}})"}};
  EXPECT_THAT(of("scripts/check.sh", {"scripts/lib.sh"}, base), ElementsAre("scripts/lib.sh"));
  EXPECT_THAT(of("make test", {"tools/check.js", "Makefile"}, base), ElementsAre("tools/check.js"));
  EXPECT_THAT(of("npm test", {"scripts/check.sh"}, base), ElementsAre("scripts/check.sh"));
}

TEST(relied_on, FilesThatAreOnlyReadAreNone) {
  EXPECT_THAT(of("grep -q new file && test -f docs/a.md", {"file", "docs/a.md"}), IsEmpty());
  EXPECT_THAT(of("pytest tests/test_a.py", {"tests/test_a.py"}), IsEmpty());
  EXPECT_THAT(of("python3 -c 'import a' && sh -c 'cat file'", {"a.py", "file"}), IsEmpty());
  EXPECT_THAT(of("./scripts/check.sh file", {"file", "other/scripts/x"}), IsEmpty());
}

TEST(relied_on, AScriptThatRunsItselfAndAFloodOfThemEnd) {
  files base = {{"a.sh", "sh a.sh\n"}};
  for (int i = 0; i < 1000; ++i) {
    base["s" + std::to_string(i)] = "sh s" + std::to_string(i + 1) + "\n";
  }
  EXPECT_THAT(of("sh a.sh; sh s0", {"x"}, base), IsEmpty());
}

}  // namespace
}  // namespace skein::verify
