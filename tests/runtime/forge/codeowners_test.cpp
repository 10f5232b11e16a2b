// What CODEOWNERS means on GitHub: a table of patterns and paths, then whole files.
#include "runtime/forge/codeowners.hpp"

#include <gtest/gtest.h>

#include <set>

namespace skein::forge {
namespace {

struct pattern_case {
  const char* pattern;
  const char* path;
  bool matches;
};

const pattern_case cases[] = {
    // One name without a slash is at any depth, file or directory.
    {"app", "app", true},
    {"app", "app/main.c", true},
    {"app", "lib/app", true},
    {"app", "lib/app/deep/main.c", true},
    {"app", "app.c", false},
    {"app", "lib/application/x", false},
    // A slash in front is the root.
    {"/app", "app", true},
    {"/app", "app/main.c", true},
    {"/app", "lib/app", false},
    {"/app", "apple", false},
    // A slash at the end is a directory: what is in it.
    {"app/", "app", false},
    {"app/", "app/main.c", true},
    {"app/", "lib/app/main.c", true},
    {"app/", "lib/app", false},
    {"/app/", "app/x/y", true},
    {"/app/", "lib/app/x", false},
    // A slash in the middle anchors.
    {"src/app", "src/app", true},
    {"src/app", "src/app/x", true},
    {"src/app", "lib/src/app", false},
    {"src/app/", "src/app", false},
    {"src/app/", "src/app/x", true},
    {"src/app/", "lib/src/app/x", false},
    // The star stays in one name.
    {"*", "a", true},
    {"*", "a/b/c.txt", true},
    {"*.js", "a.js", true},
    {"*.js", "x/y/a.js", true},
    {"*.js", "a.jsx", false},
    {"*.js", "lib.js/readme", true},
    {"/*.js", "a.js", true},
    {"/*.js", "x/a.js", false},
    {"/*", "a", true},
    {"/*", "a/b", false},
    {"/a*", "ab/c/d", true},
    {"/a*", "x/ab", false},
    {"/*/", "a", false},
    {"/*/", "a/b", true},
    {"/*/", "a/b/c", true},
    {"a*b", "axxb", true},
    {"a*b", "ax/xb", false},
    // `docs/*` is one level.
    {"docs/*", "docs/start.md", true},
    {"docs/*", "docs/build/trouble.md", false},
    {"docs/*", "docs", false},
    {"docs/*", "x/docs/start.md", false},
    {"docs/*.md", "docs/a.md", true},
    {"docs/*.md", "docs/x/a.md", false},
    {"docs/*/x", "docs/a/x", true},
    {"docs/*/x", "docs/a/x/y", true},
    {"docs/*/x", "docs/a/b/x", false},
    // Two stars.
    {"**", "a", true},
    {"**", "a/b/c", true},
    {"**/logs", "logs/x", true},
    {"**/logs", "build/logs/x", true},
    {"**/logs", "deeply/nested/logs", true},
    {"**/logs", "build/logsx", false},
    {"/build/**", "build/a/b", true},
    {"/build/**", "build", false},
    {"/build/**", "x/build/a", false},
    {"a/**/b", "a/b", true},
    {"a/**/b", "a/x/y/b", true},
    {"a/**/b", "a/x/y/b/c", true},
    {"a/**/b", "x/a/b", false},
    {"a/**/", "a/x", true},
    {"a/**/", "a", false},
    {"a/**/*", "a/x/y", true},
    {"a/**/b/c*", "a/x/b/c1", true},
    {"a/**/b/c*", "a/x/b/d", false},
    {"**/a/**/b", "x/a/b", true},
    {"**/a/**/**/b", "x/a/y/b", true},
    {"a**b", "axyb", true},
    {"a**b", "ax/yb", false},
    // The rest of the alphabet.
    {"a?c", "abc", true},
    {"a?c", "ac", false},
    {"a?c", "a/c", false},
    {"a\\*c", "a*c", true},
    {"a\\*c", "abc", false},
    {"a\\?c", "a?c", true},
    {"my\\ file", "my file", true},
    {"my\\ file*", "my files", true},
    {"App", "app", false},
    {"a.c", "abc", false},
    {"a{b,c}", "ab", false},
    {"*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaa", false},
};

TEST(codeowners_pattern, T10_6_matches_as_the_forge_does) {
  for (const auto& one : cases) {
    const auto file = parse_codeowners(std::string(one.pattern) + " @owner\n");
    ASSERT_EQ(file.rules.size(), 1U) << one.pattern;
    EXPECT_EQ(owning_rule(file, one.path) != nullptr, one.matches)
        << one.pattern << " on " << one.path;
  }
}

TEST(codeowners_file, skips_what_the_forge_does_not_understand) {
  const auto file = parse_codeowners(
      "!src @a\n"
      "src/[ab] @a\n"
      "\\#x @a\n"
      "***/x @a\n"
      "/ @a\n"
      "a//b @a\n"
      "x @a no-owner\n"
      "x @\n"
      "x @a/b/c\n"
      "x a@b\n"
      "x\\\n"
      "[Section] @a\n"
      "good @a\n");
  ASSERT_EQ(file.rules.size(), 1U);
  EXPECT_EQ(file.rules[0].line, 13U);
  EXPECT_EQ(file.skipped_lines, 12U);
  for (std::uint32_t i = 0; i < 12; ++i) {
    EXPECT_EQ(file.skipped[i].line, i + 1);
    EXPECT_FALSE(file.skipped[i].reason.empty());
  }
}

TEST(codeowners_file, the_last_match_wins_and_no_owner_means_unowned) {
  const auto file = parse_codeowners(
      "\xef\xbb\xbf# all\r\n"
      "*       @first\r\n"
      "\r\n"
      "/apps/  @acme/apps @Ann # both\r\n"
      "/apps/github\r\n"
      "*.go    a.b+c@mail.example #inline @nobody\r\n");
  ASSERT_EQ(file.rules.size(), 4U);
  EXPECT_EQ(owning_rule(file, "x")->owners, (std::vector<owner>{{owner_kind::user, "first"}}));
  EXPECT_EQ(owning_rule(file, "apps/x")->owners,
            (std::vector<owner>{{owner_kind::team, "acme/apps"}, {owner_kind::user, "Ann"}}));
  EXPECT_TRUE(owning_rule(file, "apps/github/y")->owners.empty());
  EXPECT_EQ(owning_rule(file, "apps/github/y.go")->owners,
            (std::vector<owner>{{owner_kind::email, "a.b+c@mail.example"}}));
  EXPECT_EQ(owning_rule(file, "apps/x")->line, 4U);
}

TEST(codeowners_file, of_3_megabytes_is_not_loaded) {
  std::string content = "* @a\n" + std::string(codeowners_limit - 5, '#');
  const auto large = parse_codeowners(content);
  EXPECT_TRUE(large.rules.empty());
  EXPECT_NE(large.ignored.find("3 MB"), std::string::npos);
  content.pop_back();
  const auto fits = parse_codeowners(content);
  EXPECT_EQ(fits.rules.size(), 1U);
  EXPECT_TRUE(fits.ignored.empty());
}

TEST(codeowners_file, keeps_only_the_first_skipped_lines) {
  std::string content;
  for (int i = 0; i < 5000; ++i) content += "!x @a\n";
  const auto file = parse_codeowners(content);
  EXPECT_EQ(file.skipped_lines, 5000U);
  EXPECT_EQ(file.skipped.size(), 100U);
}

TEST(owners, T10_6_are_counted_over_all_paths) {
  const auto file = parse_codeowners(
      "* @acme/core\n"
      "*.md @Docs @docs\n"
      "gen/\n"
      "*.sql dba@acme.example @acme/core\n");
  const auto owned = owners_of(file, {"a.c", "b.md", "gen/x", "q.sql", "d.c"});
  ASSERT_EQ(owned.owners.size(), 3U);
  EXPECT_EQ(owned.owners[0].who.name, "acme/core");
  EXPECT_EQ(owned.owners[0].paths, 3U);
  EXPECT_EQ(owned.unowned, 1U);
  EXPECT_TRUE(owned.complete);
  const auto asked = choose_reviewers(owned, "someone", "ACME", 10);
  EXPECT_EQ(asked.teams, std::vector<std::string>{"core"});
  EXPECT_EQ(asked.users, std::vector<std::string>{"Docs"});
  EXPECT_EQ(asked.emails, std::vector<std::string>{"dba@acme.example"});
}

TEST(owners, leave_out_the_author_other_organisations_and_too_many) {
  const auto file = parse_codeowners("* @Bot @other/team @a @b @c\n");
  const auto asked = choose_reviewers(owners_of(file, {"x"}), "bot", "acme", 2);
  EXPECT_EQ(asked.users, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(asked.teams.empty());
  EXPECT_EQ(asked.left_out, 2U);
}

TEST(owners, a_flood_of_rules_ends_with_an_incomplete_answer) {
  std::string content;
  while (content.size() < codeowners_limit - 40) content += "*a*a*a*a*b @x\n";
  std::vector<std::string> paths(2000,
                                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/aaaaaaaaaaaaaaaaaa");
  const auto owned = owners_of(parse_codeowners(content), paths);
  EXPECT_FALSE(owned.complete);
}

TEST(codeowners_file, any_bytes_are_read_without_harm) {
  std::uint32_t seed = 7;
  const std::string alphabet = "a/*?\\ @#[]!.\t\n\r\x01\xff-_";
  for (int round = 0; round < 3000; ++round) {
    std::string content;
    for (int i = 0; i < 60; ++i) {
      seed = seed * 1664525U + 1013904223U;
      content += alphabet[(seed >> 16U) % alphabet.size()];
    }
    const auto file = parse_codeowners(content);
    for (const char* path : {"", "a", "a/a", "/", "a//a", "a\\a"}) {
      const auto* rule = owning_rule(file, path);
      if (rule != nullptr) {
        EXPECT_GE(rule->line, 1U);
      }
    }
  }
}

}  // namespace
}  // namespace skein::forge
