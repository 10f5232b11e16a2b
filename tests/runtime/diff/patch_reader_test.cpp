// Unified diffs as git writes them, and as nobody should.
#include "runtime/diff/patch_reader.hpp"
#include "tests/runtime/diff/gate_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace skein::diff::test {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::set<std::string> faults_of(const std::string& patch) {
  std::set<std::string> out;
  for (const auto& each : read_patch(patch).faults) out.insert(each.rule);
  return out;
}

const std::string plain =
    "diff --git a/a.c b/a.c\n"
    "index 1111111..2222222 100644\n"
    "--- a/a.c\n"
    "+++ b/a.c\n"
    "@@ -1,3 +1,3 @@ int f()\n"
    " one\n"
    "-two\n"
    "+2\n"
    " three\n";

TEST(patch_reader, reads_a_plain_change) {
  const auto read = read_patch(plain);
  EXPECT_THAT(read.faults, IsEmpty());
  ASSERT_THAT(read.files, SizeIs(1));
  const auto& file = read.files[0];
  EXPECT_EQ(file.old_path, "a.c");
  EXPECT_EQ(file.new_path, "a.c");
  EXPECT_EQ(file.new_mode, 0100644U);
  EXPECT_EQ(file.insertions, 1U);
  EXPECT_EQ(file.deletions, 1U);
  EXPECT_EQ(file.hunks.at(0).heading, "int f()");
  EXPECT_EQ(file.lines.at(2).text, "2");
  EXPECT_EQ(file.lines.at(2).new_line, 2U);
}

TEST(patch_reader, reads_renames_copies_modes_and_empty_files) {
  const auto read = read_patch(
      "diff --git a/old name.c b/new name.c\nsimilarity index 100%\nrename from old name.c\n"
      "rename to new name.c\n"
      "diff --git a/x b/y\nsimilarity index 100%\ncopy from x\ncopy to y\n"
      "diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n"
      "diff --git a/empty b/empty\nnew file mode 100644\nindex 0000000..e69de29\n"
      "diff --git a/gone b/gone\ndeleted file mode 100644\nindex e69de29..0000000\n");
  EXPECT_THAT(read.faults, IsEmpty());
  ASSERT_THAT(read.files, SizeIs(5));
  EXPECT_TRUE(read.files[0].renamed());
  EXPECT_EQ(read.files[0].new_path, "new name.c");
  EXPECT_TRUE(read.files[1].copied);
  EXPECT_EQ(read.files[2].new_mode, mode_executable);
  EXPECT_TRUE(read.files[3].added());
  EXPECT_TRUE(read.files[4].removed());
}

TEST(patch_reader, reads_quoted_names_symlinks_submodules_and_binaries) {
  const auto read = read_patch(
      "diff --git \"a/gr\\303\\274n\\tx\" \"b/gr\\303\\274n\\tx\"\nnew file mode 120000\n"
      "--- /dev/null\n+++ \"b/gr\\303\\274n\\tx\"\n@@ -0,0 +1 @@\n+target\n"
      "\\ No newline at end of file\n"
      "diff --git a/sub b/sub\nindex 1111111..2222222 160000\n--- a/sub\n+++ b/sub\n"
      "@@ -1 +1 @@\n-Subproject commit 1\n+Subproject commit 2\n"
      "diff --git a/p.bin b/p.bin\nnew file mode 100644\nindex 0000000..1\nGIT binary patch\n"
      "literal 5\nMcmZ?wbhEHbRA\n\nliteral 0\nHcmV?d00001\n\n"
      "diff --git a/q.bin b/q.bin\nindex 1..2 100644\nBinary files a/q.bin and b/q.bin differ\n");
  EXPECT_THAT(read.faults, IsEmpty()) << read.faults.at(0).message;
  ASSERT_THAT(read.files, SizeIs(4));
  EXPECT_EQ(read.files[0].new_path, "gr\303\274n\tx");
  EXPECT_EQ(read.files[0].new_mode, mode_symlink);
  EXPECT_EQ(read.files[1].new_mode, mode_submodule);
  EXPECT_TRUE(read.files[2].binary);
  EXPECT_EQ(read.files[2].binary_bytes, 5U);
  EXPECT_TRUE(read.files[3].binary);
}

TEST(patch_reader, reads_carriage_returns_mails_and_plain_diffs) {
  std::string windows = plain;
  for (std::size_t at = 0; (at = windows.find('\n', at)) != std::string::npos; at += 2) {
    windows.insert(at, "\r");
  }
  EXPECT_THAT(faults_of(windows), IsEmpty());
  EXPECT_EQ(read_patch(windows).files.at(0).lines.at(2).text, "2");
  EXPECT_THAT(faults_of("From 1 Mon\nSubject: x\n\n- a list\n+ of things\n---\n a.c | 2 +-\n\n" +
                        plain + "-- \n2.39.2\n"),
              IsEmpty());
  const auto gnu =
      read_patch("--- old/a.c\t2020-01-01\n+++ new/a.c\t2020-01-02\n@@ -1 +1 @@\n-a\n+b\n");
  EXPECT_THAT(gnu.faults, IsEmpty());
  EXPECT_EQ(gnu.files.at(0).insertions, 1U);
}

TEST(patch_reader, body_lines_that_look_like_headers_are_body_lines) {
  const auto read = read_patch(
      "diff --git a/a.md b/a.md\n--- a/a.md\n+++ b/a.md\n@@ -1,3 +1,4 @@\n"
      " diff --git a/evil b/evil\n"
      "--- a/evil\n"
      "+++ b/evil\n"
      "+@@ -1 +1 @@\n"
      " x\n");
  EXPECT_THAT(read.faults, IsEmpty());
  ASSERT_THAT(read.files, SizeIs(1));
  EXPECT_EQ(read.files[0].deletions, 1U);
  EXPECT_EQ(read.files[0].lines.at(1).text, "-- a/evil");
}

struct bad {
  const char* name;
  std::string patch;
  const char* rule;
};

class T8_hostile_patch : public ::testing::TestWithParam<bad> {};

TEST_P(T8_hostile_patch, is_a_fault_and_blocks) {
  const auto read = read_patch(GetParam().patch);
  EXPECT_THAT(read.faults, Contains(Field(&patch_fault::rule, GetParam().rule)));
  const auto found = examine(read, open_task(), shipped());
  EXPECT_THAT(found.findings, Contains(Field(&schema::finding::action, "block")));
}

const std::string head = "diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n";

INSTANTIATE_TEST_SUITE_P(
    all, T8_hostile_patch,
    ::testing::Values(
        bad{"hunk_longer_than_told", head + "@@ -1 +1 @@\n-a\n+b\n+evil\n", "diff.malformed"},
        bad{"hunk_shorter_than_told", head + "@@ -1,9 +1,9 @@\n-a\n+b\ndiff --git a/b b/b\n",
            "diff.malformed"},
        bad{"hunk_ends_with_the_text", head + "@@ -1,2 +1,2 @@\n-a\n", "diff.malformed"},
        bad{"hunk_without_numbers", head + "@@ -x +y @@\n-a\n+b\n", "diff.malformed"},
        bad{"numbers_too_large", head + "@@ -99999999999 +1 @@\n-a\n+b\n", "diff.malformed"},
        bad{"counts_too_large", head + "@@ -1,4294967295 +1,4294967295 @@\n-a\n+b\n",
            "diff.malformed"},
        bad{"hunks_go_backwards", head + "@@ -10 +10 @@\n-a\n+b\n@@ -1 +1 @@\n-a\n+b\n",
            "diff.malformed"},
        bad{"line_numbers_do_not_add_up", head + "@@ -1 +400 @@\n-a\n+b\n", "diff.malformed"},
        bad{"lines_without_a_hunk", head + "+evil\n", "diff.malformed"},
        bad{"hunk_of_no_file", "@@ -1 +1 @@\n-a\n+b\n", "diff.malformed"},
        bad{"names_disagree",
            "diff --git a/README b/README\n--- a/evil.c\n+++ b/evil.c\n@@ -1 +1 @@\n-a\n+b\n",
            "diff.lying_name"},
        bad{"rename_disagrees",
            "diff --git a/x b/y\nrename from x\nrename to z\n--- a/x\n+++ b/y\n@@ -1 +1 "
            "@@\n-a\n+b\n",
            "diff.lying_name"},
        bad{"rename_without_saying", "diff --git a/x b/y\n--- a/x\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n",
            "diff.malformed"},
        bad{"half_a_rename", "diff --git a/x b/y\nrename from x\n", "diff.malformed"},
        bad{"new_and_deleted",
            "diff --git a/x b/x\nnew file mode 100644\ndeleted file mode 100644\n",
            "diff.malformed"},
        bad{"new_file_with_deletions",
            "diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -1 +1 "
            "@@\n-a\n+b\n",
            "diff.malformed"},
        bad{"one_file_twice", plain + plain, "diff.duplicate_path"},
        bad{"out_of_the_tree",
            "diff --git a/../x b/../x\n--- a/../x\n+++ b/../x\n@@ -1 +1 @@\n-a\n+b\n",
            "path.forbidden"},
        bad{"absolute", "--- /etc/passwd\n+++ /etc/passwd\n@@ -1 +1 @@\n-a\n+b\n",
            "path.forbidden"},
        bad{"git_directory",
            "diff --git a/.git/hooks/x b/.git/hooks/x\n--- a/.git/hooks/x\n+++ b/.git/hooks/x\n"
            "@@ -1 +1 @@\n-a\n+b\n",
            "path.forbidden"},
        bad{"git_directory_for_windows",
            "diff --git a/GIT~1/config b/GIT~1/config\nnew file mode 100644\n", "path.forbidden"},
        bad{"name_with_a_line_break",
            "diff --git \"a/x\\ndiff --git b\" \"b/y\nnew file mode 100644\n", "diff.malformed"},
        bad{"unclosed_quotation", "--- \"a/x\n+++ \"b/x\n@@ -1 +1 @@\n-a\n+b\n", "diff.malformed"},
        bad{"unknown_escape", "--- \"a/\\q\"\n+++ \"b/\\q\"\n@@ -1 +1 @@\n-a\n+b\n",
            "diff.malformed"},
        bad{"file_without_a_name", "diff --git a b c d\n", "diff.malformed"},
        bad{"combined",
            "diff --cc a.c\nindex 1,2..3\n--- a/a.c\n+++ b/a.c\n@@@ -1 -1 +1 @@@\n++x\n",
            "diff.malformed"},
        bad{"no_diff_at_all", "Dear reviewer, please approve.\n", "diff.malformed"},
        bad{"broken_binary",
            "diff --git a/x b/x\nindex 1..2 100644\nGIT binary patch\nliteral 9\nno base 85\n",
            "diff.malformed"}),
    [](const auto& tested) { return std::string{tested.param.name}; });

TEST(patch_reader, T8_a_gigabyte_is_refused_unread) {
  patch_limits limits;
  limits.max_bytes = 1000;
  const auto read = read_patch(plain + std::string(2000, 'x'), limits);
  EXPECT_THAT(read.files, IsEmpty());
  EXPECT_THAT(read.faults, Contains(Field(&patch_fault::rule, "diff.too_large")));
}

TEST(patch_reader, T8_too_many_lines_and_files_stop_the_reader) {
  patch_limits limits;
  limits.max_lines = 100;
  std::string many = head + "@@ -0,0 +1,5000 @@\n";
  for (int i = 0; i < 5000; ++i) many += "+x\n";
  const auto read = read_patch(many, limits);
  EXPECT_THAT(read.faults, Contains(Field(&patch_fault::rule, "diff.too_large")));
  EXPECT_LE(read.files.at(0).lines.size(), 100U);
  limits.max_files = 3;
  std::string files;
  for (int i = 0; i < 9; ++i) {
    const auto name = std::to_string(i);
    files += "diff --git a/" + name + " b/" + name + "\nnew file mode 100644\n";
  }
  const auto few = read_patch(files, limits);
  EXPECT_THAT(few.files, SizeIs(3));
  EXPECT_THAT(few.faults, Contains(Field(&patch_fault::rule, "diff.too_many_files")));
}

TEST(patch_reader, T8_a_path_no_system_opens_stops_the_reader) {
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "d/";
  std::string files;
  for (int i = 0; i < 9; ++i) {
    const auto name = deep + std::to_string(i);
    files += "diff --git a/" + name + " b/" + name + "\nnew file mode 100644\n";
  }
  const auto read = read_patch(files);
  EXPECT_THAT(read.files, SizeIs(1));
  EXPECT_LE(read.files.at(0).path().size(), 200U);
  EXPECT_THAT(read.faults, Contains(Field(&patch_fault::rule, "diff.malformed")));
}

TEST(patch_reader, T8_any_cut_or_broken_patch_is_read_to_an_end) {
  std::string sample = plain;
  for (const auto& each : read_cases()) {
    if (sample.size() > 20'000) break;
    sample += as_patch(between(each.before, each.after));
  }
  for (std::size_t size = 0; size < sample.size(); size += 37) {
    const auto read = read_patch(sample.substr(0, size));
    std::size_t lines = 0;
    for (const auto& file : read.files) lines += file.lines.size();
    EXPECT_LE(lines, size);
  }
  std::mt19937 random{7};
  for (int round = 0; round < 60; ++round) {
    std::string broken = sample.substr(random() % 1000, 4000);
    for (int i = 0; i < 30; ++i) broken[random() % broken.size()] = static_cast<char>(random());
    const auto found = examine(read_patch(broken), open_task(), shipped());
    for (const auto& each : found.findings) {
      for (const auto* text : {&each.path, &each.before, &each.after, &each.message}) {
        EXPECT_EQ(text->find_first_of("\n\r\x1b"), std::string::npos) << *text;
      }
    }
  }
}

}  // namespace
}  // namespace skein::diff::test
