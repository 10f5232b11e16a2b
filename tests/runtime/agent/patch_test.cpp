// Unified diffs and replacements as an agent writes them: what applies, and how exactly it is told
// what does not.
#include "runtime/agent/in_cell/patch.hpp"

#include <gtest/gtest.h>

namespace skein::agent::in_cell {
namespace {

std::string applied(std::string_view patch, std::string_view text) {
  auto parsed = parse_patch(patch);
  if (const auto* wrong = std::get_if<patch_error>(&parsed)) return "PATCH " + wrong->message;
  auto out = apply_hunks(std::get<0>(parsed).at(0), text);
  if (const auto* wrong = std::get_if<patch_error>(&out)) return "APPLY " + wrong->message;
  return std::get<std::string>(out);
}

/// A patch of x.c with these hunks.
std::string of_x(const char* hunks) {
  std::string patch = "--- a/x.c\n+++ b/x.c\n";
  patch += hunks;
  return patch;
}

TEST(Patch, ChangesALineAtItsPlace) {
  EXPECT_EQ(applied(of_x("@@ -2,1 +2,2 @@\n-two\n+2\n+two and a half\n"),
                    "one\ntwo\nthree\n"),
            "one\n2\ntwo and a half\nthree\n");
}

TEST(Patch, FindsItsLinesElsewhereWhenThereIsOnePlace) {
  EXPECT_EQ(applied(of_x("@@ -1,2 +1,2 @@\n two\n-three\n+3\n"),
                    "zero\none\ntwo\nthree\n"),
            "zero\none\ntwo\n3\n");
}

TEST(Patch, RefusesTwoPlaces) {
  const auto said = applied(of_x("@@ -9,1 +9,1 @@\n-a\n+b\n"), "a\nx\na\n");
  EXPECT_NE(said.find("fits at lines 1 and 3"), std::string::npos) << said;
}

TEST(Patch, NamesTheLineThatDiffers) {
  const auto said = applied(of_x("@@ -1,2 +1,2 @@\n one\n-two\n+2\n"), "one\nzwei\n");
  EXPECT_NE(said.find("hunk 1 (patch line 3)"), std::string::npos) << said;
  EXPECT_NE(said.find("line 2 of the file is 'zwei', the patch expects 'two'"), std::string::npos)
      << said;
}

TEST(Patch, KeepsAFileWithoutNewlineAtItsEnd) {
  EXPECT_EQ(applied(of_x("@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n"
                         "\\ No newline at end of file\n"),
                    "a"),
            "b");
}

TEST(Patch, CreatesAndRemoves) {
  EXPECT_EQ(applied("--- /dev/null\n+++ b/new\n@@ -0,0 +1,2 @@\n+a\n+b\n", ""), "a\nb\n");
  EXPECT_EQ(applied("--- a/old\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n", "a\n"), "");
}

TEST(Patch, RefusesWhatItCannotDoExactly) {
  for (const char* patch :
       {"", "hello\n", "@@ -1 +1 @@\n-a\n+b\n", "--- a/x\n@@ -1 +1 @@\n", "--- a/x\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n",
        "--- a/x\n+++ b/x\n", "--- a/x\n+++ b/x\n@@ -1,5 +1,5 @@\n-a\n+b\n",
        "--- a/x\n+++ b/x\n@@ -1,99999999999999999999 +1 @@\n-a\n+b\n",
        "diff --git a/x b/y\nrename from x\nrename to y\n", "--- \"a/x\"\n+++ \"b/x\"\n@@ -1 +1 @@\n-a\n+b\n",
        "GIT binary patch\nliteral 0\n", "*** Begin Patch\n*** Update File: x\n",
        "--- /dev/null\n+++ /dev/null\n@@ -1 +1 @@\n-a\n+b\n", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n?a\n"}) {
    EXPECT_TRUE(applied(patch, "a\n").starts_with("PATCH patch line ")) << patch;
  }
}

TEST(Patch, TakesHeaderLikeLinesInsideOfAHunkAsContent) {
  EXPECT_EQ(applied(of_x("@@ -1,2 +1,2 @@\n--- a/other\n-x\n+++ b/other\n+y\n"),
                    "-- a/other\nx\n"),
            "++ b/other\ny\n");
}

TEST(ReplaceOnce, ReplacesTheOnlyPlace) {
  EXPECT_EQ(std::get<std::string>(replace_once("a b c", "b", "x")), "a x c");
}

TEST(ReplaceOnce, SaysWhereItStandsTwiceOrNotAtAll) {
  EXPECT_EQ(std::get<patch_error>(replace_once("a\nb\na\n", "a", "x")).message,
            "the text to search for stands at lines 1 and 3: search for more of it");
  EXPECT_NE(std::get<patch_error>(replace_once("a\nb\n", "b\nc", "x"))
                .message.find("its first line stands at line 2"),
            std::string::npos);
  EXPECT_NE(std::get<patch_error>(replace_once("a", "", "x")).message.find("empty"),
            std::string::npos);
}

}  // namespace
}  // namespace skein::agent::in_cell
