// Every rule that is shipped has an example: a case in tests/data/diff_gate, or a test here or
// beside that names it. A rule that nothing finds is a control that only seems to be there.
#include "runtime/diff/patch_reader.hpp"
#include "tests/runtime/diff/gate_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace skein::diff::test {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

std::set<std::string> found_in(const std::string& patch) {
  return all_rules_of(examine(read_patch(patch), open_task(), shipped()));
}

std::string added(const std::string& path, const std::string& mode, const std::string& line) {
  return "diff --git a/" + path + " b/" + path + "\nnew file mode " + mode +
         "\n--- /dev/null\n+++ b/" + path + "\n@@ -0,0 +1 @@\n+" + line + "\n";
}

std::string binary(const std::string& path, const std::string& mode) {
  return "diff --git a/" + path + " b/" + path + "\n" + mode + "\nBinary files a/" + path +
         " and b/" + path + " differ\n";
}

TEST(every_rule, binaries_by_what_they_are) {
  EXPECT_THAT(found_in(binary("a.png", "index 1..2 100644")), Contains("file.image"));
  EXPECT_THAT(found_in(binary("a.bin", "index 1..2 100644")), Not(Contains("file.image")));
  EXPECT_THAT(found_in(binary("a.bin", "deleted file mode 100644")),
              Contains("file.binary_removed"));
  EXPECT_THAT(found_in(binary("a.bin", "index 1..2 100644")), Not(Contains("file.binary_removed")));
}

TEST(every_rule, a_new_script_is_told_of) {
  EXPECT_THAT(found_in(added("run.sh", "100755", "#!/bin/sh")), Contains("file.executable_script"));
  EXPECT_THAT(found_in(added("run.sh", "100644", "#!/bin/sh")),
              Not(Contains("file.executable_script")));
}

TEST(every_rule, lines_nobody_can_review) {
  std::string words;
  while (words.size() <= 20'000) words += "first + ";
  EXPECT_THAT(found_in(added("a.py", "100644", words)), Contains("file.long_line"));
  EXPECT_THAT(found_in(added("a.py", "100644", words.substr(0, 10'000))),
              Not(Contains("file.long_line")));
}

TEST(every_rule, bytes_that_are_no_utf8) {
  EXPECT_THAT(found_in(added("a.py", "100644", "x = \"\xff\xfe\"")), Contains("text.not_utf8"));
  EXPECT_THAT(found_in(added("a.py", "100644", "x = \"\xc3\xa9\"")),
              Not(Contains("text.not_utf8")));
}

TEST(every_rule, a_file_too_long_for_the_lines_to_be_examined) {
  constexpr std::size_t lines = 90'000;
  std::string body;
  for (std::size_t i = 0; i < lines; ++i)
    body += "+value = add(value, another_value, a_third_value)\n";
  const auto patch =
      "diff --git a/a.py b/a.py\nnew file mode 100644\n--- /dev/null\n+++ b/a.py\n"
      "@@ -0,0 +1," +
      std::to_string(lines) + " @@\n" + body;
  EXPECT_THAT(found_in(patch), Contains("diff.not_examined"));
  EXPECT_THAT(found_in(added("a.py", "100644", "x = 1")), Not(Contains("diff.not_examined")));
}

TEST(every_rule, T8_EveryShippedRuleHasAnExample) {
  const auto root = fs::path{SKEIN_TEST_SOURCE_DIR}.parent_path();
  std::set<std::string> without;
  for (const auto& each : YAML::LoadFile((root / "config/diff/rules.yaml").string())["rules"]) {
    without.insert(each.first.as<std::string>());
  }
  ASSERT_GT(without.size(), 90U);
  for (const auto& each : read_cases()) {
    for (const auto& rule : each.expected) without.erase(rule);
    for (const auto& rule : each.reported) without.erase(rule);
  }
  for (const auto& entry : fs::directory_iterator(root / "tests/runtime/diff")) {
    if (entry.path().extension() != ".cpp") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    std::erase_if(without, [&](const std::string& rule) {
      return text.str().find('"' + rule + '"') != std::string::npos;
    });
  }
  // These come from the stages of a run: runtime/git and the red team have their examples.
  for (const auto* rule : {"verifier.changed", "verifier.judged_changed", "diff.mismatch"}) {
    without.erase(rule);
  }
  EXPECT_THAT(without, IsEmpty());
}

}  // namespace
}  // namespace skein::diff::test
