// What the gate says of files as such, how capabilities and risk change it, and that what it shows
// is harmless.
#include "runtime/diff/examine.hpp"

#include "runtime/diff/patch_reader.hpp"
#include "runtime/diff/report.hpp"
#include "runtime/diff/whole_tests.hpp"
#include "tests/runtime/diff/gate_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace skein::diff::test {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

examination look(const std::string& patch, const schema::task_spec& task = open_task()) {
  return examine(read_patch(patch), task, shipped());
}

std::string added(const std::string& path, const std::string& mode, const std::string& line) {
  return "diff --git a/" + path + " b/" + path + "\nnew file mode " + mode +
         "\n--- /dev/null\n+++ b/" + path + "\n@@ -0,0 +1 @@\n+" + line + "\n";
}

const finding* find(const examination& in, const std::string& rule) {
  for (const auto& each : in.findings) {
    if (each.rule == rule) return &each;
  }
  return nullptr;
}

TEST(examine, T3_6_symlinks_out_of_the_tree_block) {
  for (const char* target : {"/etc/passwd", "../../x", "../.git/config", "a/../../..", "c:\\x"}) {
    const auto found = look(added("dir/link", "120000", target));
    ASSERT_NE(find(found, "file.symlink_escapes"), nullptr) << target;
    EXPECT_EQ(find(found, "file.symlink_escapes")->action, "block");
  }
  EXPECT_THAT(rules_of(look(added("dir/link", "120000", "../other/file"))),
              ElementsAre("file.symlink"));
}

TEST(examine, executables_submodules_binaries_and_modes) {
  EXPECT_THAT(rules_of(look("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n")),
              ElementsAre("file.executable"));
  EXPECT_THAT(rules_of(look(added("run.sh", "100755", "#!/bin/sh"))), IsEmpty());
  EXPECT_THAT(rules_of(look(added("sub", "160000", "Subproject commit 1"))),
              ElementsAre("file.submodule"));
  EXPECT_THAT(rules_of(look(added("x.c", "104755", "int x;"))), ElementsAre("file.unusual_mode"));
  EXPECT_THAT(
      rules_of(look("diff --git a/x.bin b/x.bin\nindex 1..2 100644\nBinary files a/x.bin and "
                    "b/x.bin differ\n")),
      ElementsAre("file.binary"));
  EXPECT_THAT(
      rules_of(look("diff --git a/x.jar b/x.jar\nnew file mode 100644\nBinary files /dev/null "
                    "and b/x.jar differ\n")),
      ElementsAre("file.binary_program"));
  EXPECT_THAT(rules_of(look("diff --git a/x.png b/x.png\nnew file mode 100644\nGIT binary patch\n"
                            "literal 9000000\nabc\n\n")),
              ElementsAre("file.huge"));
}

TEST(examine, T8_high_risk_blocks_ci_changes_and_auth_code_follows_the_matrix) {
  const auto ci = added(".github/workflows/x.yml", "100644", "on: push");
  auto task = open_task();
  EXPECT_EQ(find(look(ci, task), "ci.changed")->action, "approval");
  task.risk = schema::risk_level::high;
  EXPECT_EQ(find(look(ci, task), "ci.changed")->action, "block");
  task.capabilities.modify_ci = true;
  EXPECT_EQ(find(look(ci, task), "ci.changed")->action, "report");
  const auto auth = added("src/auth/login.py", "100644", "x = 1");
  task = open_task();
  auto found = look(auth, task);
  EXPECT_EQ(find(found, "risk.security_code")->action, "draft");
  EXPECT_TRUE(found.raised_risk);
  EXPECT_EQ(found.risk, schema::risk_level::medium);
  task.risk = schema::risk_level::medium;
  EXPECT_EQ(find(look(auth, task), "risk.security_code")->action, "approval");
  task.risk = schema::risk_level::high;
  EXPECT_EQ(find(look(auth, task), "risk.security_code")->action, "block");
  EXPECT_FALSE(look(added("src/x.py", "100644", "x = 1")).raised_risk);
  EXPECT_TRUE(look(added("src/x.py", "100644", "if user.is_admin: pass")).raised_risk);
}

TEST(examine, F8_scope_and_size_are_part_of_it) {
  auto task = open_task();
  task.scope.include = {"src/**"};
  task.scope.max_files = 1;
  task.scope.max_changed_lines = 1;
  const auto found = look(added("docs/a", "100644", "x") + added("src/b", "100644", "y"), task);
  EXPECT_THAT(rules_of(found),
              ElementsAre("scope.path_outside", "scope.too_many_files", "scope.too_many_lines"));
}

TEST(examine, F8_both_names_of_a_rename_are_in_scope_or_not) {
  auto task = open_task();
  task.scope.include = {"src/**"};
  const auto found = look("diff --git a/lib/x b/src/x\nrename from lib/x\nrename to src/x\n", task);
  EXPECT_THAT(rules_of(found), ElementsAre("scope.path_outside"));
}

TEST(examine, without_tables_everything_is_blocked) {
  const auto found = examine(read_patch(added("a", "100644", "x")), open_task(), tables{});
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].action, "block");
}

TEST(examine, a_flood_of_one_finding_is_told_in_a_hundred_rows) {
  std::string lines;
  for (int i = 0; i < 300; ++i) lines += "+x = " + std::to_string(i) + "  # noqa\n";
  const auto found = look(
      "diff --git a/x.py b/x.py\nnew file mode 100644\n--- /dev/null\n+++ b/x.py\n@@ -0,0 +1,300 "
      "@@\n" +
      lines);
  EXPECT_EQ(found.findings.size(), 101U);
  EXPECT_THAT(found.findings.back().message, HasSubstr("200 more"));
}

TEST(examine, B10_what_is_shown_is_escaped_and_bounded) {
  const auto found =
      look(added("x.py", "100644", "run()  # noqa \x1b[2J\xe2\x80\xae" + std::string(5000, 'z')));
  const auto* linter = find(found, "linter.disabled");
  ASSERT_NE(linter, nullptr);
  EXPECT_THAT(linter->after, HasSubstr("\\x1b[2J\\u{202e}"));
  EXPECT_LT(linter->after.size(), 400U);
  EXPECT_NE(find(found, "text.control_characters"), nullptr);
  EXPECT_EQ(find(found, "text.direction_characters")->action, "block");
}

TEST(examine, T5_secrets_are_taken_out_before_anything_is_cut) {
  const std::string secret = "hunter2hunter2hunter2";
  const auto found = examine(
      read_patch(added("x.py", "100644", "k = '" + std::string(140, 'x') + secret + "' # noqa")),
      open_task(), shipped(), [&secret](const std::string& text) {
        std::string out = text;
        if (const auto at = out.find(secret); at != std::string::npos) {
          out.replace(at, secret.size(), "[redacted]");
        }
        return out;
      });
  for (const auto& each : found.findings) EXPECT_THAT(each.after, Not(HasSubstr("hunter")));
}

TEST(examine, hidden_characters_in_file_names_block) {
  const auto found = look(
      "diff --git \"a/a\\342\\200\\256c.py\" \"b/a\\342\\200\\256c.py\"\n"
      "new file mode 100644\n");
  EXPECT_THAT(rules_of(found), Contains("path.hidden_characters"));
  EXPECT_THAT(found.findings[0].path, HasSubstr("\\u{202e}"));
}

TEST(examine, T8_early_return_far_before_the_assertion_is_seen_in_the_whole_file) {
  std::string before = "def test_a():\n    x = load()\n";
  for (int i = 0; i < 40; ++i) before += "    step(" + std::to_string(i) + ")\n";
  before += "    assert x == 1\n";
  std::string after = before;
  after.insert(after.find("    step(0)"), "    if x:\n        return\n");
  const files old_tree{{"tests/test_a.py", before}};
  const files tree{{"tests/test_a.py", after}};
  auto read = read_patch(as_patch(between(old_tree, tree)));
  workspace::change_set set;
  set.files.push_back({"tests/test_a.py", workspace::entry_kind::regular, after});
  show_whole_tests(
      read, set,
      [&before](const std::string&) -> std::optional<base_file> {
        return base_file{0100644, before};
      },
      shipped());
  EXPECT_THAT(rules_of(examine(read, open_task(), shipped())),
              ElementsAre("test.conditional_return"));
}

TEST(examine, facts_count_cases_and_assertions) {
  const files before{{"tests/test_a.py", "def test_a():\n    assert f() == 1\n"}};
  const files after{
      {"tests/test_a.py", "def test_a():\n    assert f() == 2\n    assert g() == 3\n"}};
  const auto facts = facts_of(examine(between(before, after), open_task(), shipped()));
  const auto& file = facts["files"][0];
  EXPECT_EQ(file["language"], "python");
  EXPECT_THAT(file["kinds"].dump(), HasSubstr("test"));
  EXPECT_EQ(file["assertionsRemoved"], 1);
  EXPECT_EQ(file["assertionsAdded"], 2);
  EXPECT_EQ(file["casesRemoved"], 0);
}

TEST(examine, reports_are_json_json_lines_and_sarif) {
  const auto found = look(added("a b.py", "100644", "x = 1  # noqa"));
  const auto lines = json_lines_of(found);
  const auto first = nlohmann::json::parse(lines.substr(0, lines.find('\n')));
  EXPECT_EQ(first["rule"], "linter.disabled");
  EXPECT_EQ(first["path"], "a b.py");
  EXPECT_EQ(first["line"], 1);
  EXPECT_EQ(json_of(found).size(), 1U);
  const auto sarif = sarif_of(found, "1.0.0");
  const auto& result = sarif["runs"][0]["results"][0];
  EXPECT_EQ(result["ruleId"], "linter.disabled");
  EXPECT_EQ(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a%20b.py");
  EXPECT_THAT(text_of(found), HasSubstr("a b.py:1: approval: "));
}

class tables_file : public ::testing::Test {
 protected:
  tables_file() {
    std::string name = (fs::temp_directory_path() / "skein-tables-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~tables_file() override { fs::remove_all(folder_); }
  std::string error_of(const std::string& text) {
    std::ofstream{folder_ / "x.yaml"} << text;
    const auto loaded = tables::load(folder_);
    return loaded ? std::string{} : loaded.error().message;
  }
  fs::path folder_;
};

TEST_F(tables_file, errors_name_the_place) {
  EXPECT_THAT(error_of("rulez: {}\n"), HasSubstr("x.yaml:1:8: unknown key rulez"));
  EXPECT_THAT(error_of("markers:\n  - {rule: nope, match: ['x']}\n"),
              HasSubstr("x.yaml:2:5: unknown rule nope"));
  EXPECT_THAT(error_of("markers:\n  - {rule: a, match: ['(x']}\n"), HasSubstr("no regex of RE2"));
  EXPECT_THAT(error_of("markers:\n  - {rule: a, match: ['x*']}\n"), HasSubstr("nothing at all"));
  EXPECT_THAT(error_of("rules:\n  a: {severity: error, action: shout, message: b}\n"),
              HasSubstr("unknown action shout"));
  EXPECT_THAT(error_of("kinds:\n  nonsense: [x]\n"), HasSubstr("unknown kind nonsense"));
  EXPECT_THAT(error_of("rules: [\n"), HasSubstr("x.yaml:"));
  EXPECT_THAT(error_of("markers:\n  - {rule: a, match: ['" + std::string(9000, 'x') + "']}\n"),
              HasSubstr("too long"));
}

TEST_F(tables_file, no_table_at_all_is_an_error) {
  const auto loaded = tables::load(folder_);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, errc::invalid);
}

}  // namespace
}  // namespace skein::diff::test
