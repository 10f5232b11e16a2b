// The scope check, and its patterns against git itself.
#include "runtime/diff/pattern.hpp"
#include "runtime/diff/scope.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>

namespace skein::diff {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// Asks `git check-ignore` in an empty repository whose only rules are the patterns asked about.
class git_oracle {
 public:
  git_oracle() {
    std::string pattern = (fs::temp_directory_path() / "skein-diff-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    root_ = pattern;
    works_ = run("git init -q repository") == 0;
  }
  git_oracle(const git_oracle&) = delete;
  git_oracle& operator=(const git_oracle&) = delete;
  ~git_oracle() { fs::remove_all(root_); }

  [[nodiscard]] bool works() const { return works_; }

  std::set<std::string> ignored(const std::vector<std::string>& patterns,
                                const std::vector<std::string>& paths) const {
    std::ofstream rules{root_ / "repository/.gitignore", std::ios::binary};
    for (const auto& pattern : patterns) rules << pattern << "\n";
    rules.close();
    std::ofstream asked{root_ / "asked", std::ios::binary};
    for (const auto& path : paths) asked << path << '\0';
    asked.close();
    run("git -C repository check-ignore --no-index -z --stdin < asked > answer");
    std::ifstream answer{root_ / "answer", std::ios::binary};
    std::set<std::string> named;
    for (std::string path; std::getline(answer, path, '\0');) named.insert(path);
    return named;
  }

 private:
  int run(const std::string& command) const {
    const std::string line = "cd '" + root_.string() +
                             "' && export GIT_CONFIG_NOSYSTEM=1 HOME=. XDG_CONFIG_HOME=. && " +
                             command;
    const pid_t child = ::fork();
    if (child == 0) {
      ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
      ::_exit(127);
    }
    int status = 1;
    ::waitpid(child, &status, 0);
    return status;
  }

  fs::path root_;
  bool works_ = false;
};

void expect_same_as_git(const git_oracle& git, const std::vector<std::string>& patterns,
                        const std::vector<std::string>& paths) {
  const auto ignored = git.ignored(patterns, paths);
  for (const auto& path : paths) {
    EXPECT_EQ(matches_any(patterns, path), ignored.count(path) == 1)
        << path << " against " << ::testing::PrintToString(patterns);
  }
}

const std::vector<std::string> sample_paths{"a",
                                            "a.c",
                                            "b.py",
                                            "Makefile",
                                            "sub/Makefile",
                                            "src",
                                            "src/a.c",
                                            "src/x/a.c",
                                            "src/x/y/z.py",
                                            "lib/src/a.c",
                                            "docs/i.md",
                                            "x/docs/i.md",
                                            "docs",
                                            "a/b",
                                            "a/x/b",
                                            "a/x/y/b",
                                            "foo/bar/baz",
                                            "bar/foo/baz",
                                            ".env",
                                            "conf/.env",
                                            "k.pem",
                                            "deep/k.pem",
                                            "a b",
                                            "a b ",
                                            "#x",
                                            "!x",
                                            "[x]",
                                            "a]b",
                                            "a-b",
                                            "aXb",
                                            "a\\b",
                                            "tests/t_1.py",
                                            "a\nb",
                                            "\xc3\xa9.c",
                                            "\xff.c",
                                            "src/gen/g.c",
                                            "src/gen/keep",
                                            "node_modules/x/index.js",
                                            "x/node_modules/y",
                                            "abc/abd/abe",
                                            "aaaaaaaaab",
                                            "a/a/a/a/a/b",
                                            "build.gradle.kts",
                                            "gradle/wrapper/w.jar"};

TEST(scope_patterns, act_as_gits) {
  const git_oracle git;
  if (!git.works()) GTEST_SKIP() << "git is not installed";
  const std::vector<std::vector<std::string>> lists{{"src/**"},
                                                    {"**/*.py"},
                                                    {"*.c"},
                                                    {"docs/"},
                                                    {"/Makefile"},
                                                    {"Makefile"},
                                                    {"**"},
                                                    {"*"},
                                                    {"/*"},
                                                    {"/**"},
                                                    {"**/"},
                                                    {"*/"},
                                                    {"a/**/b"},
                                                    {"**/foo"},
                                                    {"**/foo/bar"},
                                                    {"foo/**/baz"},
                                                    {"a/**"},
                                                    {"a/*"},
                                                    {"a/*/b"},
                                                    {"**/docs/**"},
                                                    {"src/**/a.c"},
                                                    {"src/**/"},
                                                    {"src"},
                                                    {"/src"},
                                                    {"src/"},
                                                    {"src/*.c"},
                                                    {"?"},
                                                    {"a?b"},
                                                    {"[ab].c"},
                                                    {"[!a].c"},
                                                    {"[^a]*"},
                                                    {"[a-c]"},
                                                    {"[[:alpha:]]"},
                                                    {"a[-x]b"},
                                                    {"a[x-]b"},
                                                    {"a[]-]b"},
                                                    {"a[X]b"},
                                                    {"[]x]"},
                                                    {"[x"},
                                                    {"\\#x"},
                                                    {"#x"},
                                                    {"\\!x"},
                                                    {"!x"},
                                                    {"\\[x\\]"},
                                                    {"a\\\\b"},
                                                    {"a\\ b"},
                                                    {"a b "},
                                                    {"a b\\ "},
                                                    {"x\\"},
                                                    {""},
                                                    {"/"},
                                                    {"//"},
                                                    {"a//b"},
                                                    {"***"},
                                                    {"a/***/b"},
                                                    {"***/b"},
                                                    {"a**b"},
                                                    {"**b"},
                                                    {"a**"},
                                                    {"src/x**"},
                                                    {"sr**/a.c"},
                                                    {"a[/]b"},
                                                    {"a[!x]b"},
                                                    {"\\a"},
                                                    {"*.c", "!a.c"},
                                                    {"src/", "!src/a.c"},
                                                    {"src/*", "!src/gen/", "src/gen/g.c"},
                                                    {"*", "!*.c"},
                                                    {"!*.c", "*.c"},
                                                    {"**/*", "!src/**"},
                                                    {".env"},
                                                    {"**/.env"},
                                                    {"**/*.pem"},
                                                    {"node_modules"},
                                                    {"*a*a*a*b"},
                                                    {"a\\/b"},
                                                    {"**/a/**/b"},
                                                    {"[[:digit:]_]*"},
                                                    {"[a-"},
                                                    {"[z-a]"},
                                                    {"[\\]]x"},
                                                    {"a[\\]]b"},
                                                    {"[[:nope:]]"},
                                                    {"[[:alpha:]"}};
  for (const auto& patterns : lists) expect_same_as_git(git, patterns, sample_paths);
}

TEST(scope_patterns, act_as_gits_for_random_patterns) {
  const git_oracle git;
  if (!git.works()) GTEST_SKIP() << "git is not installed";
  std::mt19937_64 random{20};
  const std::vector<std::string> pieces{"a", "b", "ab",   "*",    "**", "?",
                                        "/", "/", "[ab]", "[!a]", "c"};
  const std::vector<std::string> names{"a", "b", "ab", "c", "abc", "ba"};
  std::vector<std::string> paths;
  for (int i = 0; i < 60; ++i) {
    std::string path = names[random() % names.size()];
    while (random() % 2 == 0) path += "/" + names[random() % names.size()];
    paths.push_back(path);
  }
  for (int i = 0; i < 150; ++i) {
    std::vector<std::string> patterns;
    for (std::size_t p = 0; p <= random() % 3; ++p) {
      std::string pattern = random() % 5 == 0 ? "!" : "";
      for (std::size_t k = 0; k <= random() % 5; ++k) pattern += pieces[random() % pieces.size()];
      patterns.push_back(pattern);
    }
    expect_same_as_git(git, patterns, paths);
  }
}

TEST(scope_patterns, many_stars_on_a_long_path_are_no_trap) {
  std::string path;
  for (int i = 0; i < 2000; ++i) path += "a/";
  path += "x";
  std::string pattern;
  for (int i = 0; i < 20; ++i) pattern += "**/a/";
  EXPECT_FALSE(matches_any({pattern + "y"}, path));
  EXPECT_FALSE(matches_any({"*a*a*a*a*a*a*a*a*a*a*a*b"}, std::string(4000, 'a')));
}

schema::scope_spec scope(std::vector<std::string> include, std::vector<std::string> exclude = {}) {
  schema::scope_spec allowed;
  allowed.include = std::move(include);
  allowed.exclude = std::move(exclude);
  return allowed;
}

TEST(check_scope, F8_a_change_inside_the_scope_has_no_finding) {
  EXPECT_TRUE(check_scope(scope({"src/**", "*.md"}), {{"src/a.c", 3}, {"docs/x.md", 1}}).empty());
  EXPECT_TRUE(check_scope(scope({}), {}).empty());
}

TEST(check_scope, F8_paths_outside_and_excluded_are_listed_and_block) {
  const auto findings = check_scope(scope({"src/**"}, {"src/gen/"}),
                                    {{"src/a.c", 1}, {"src/gen/g.c", 1}, {"Makefile", 1}});
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].rule, "scope.path_outside");
  EXPECT_EQ(findings[0].path, "Makefile");
  EXPECT_EQ(findings[1].rule, "scope.path_excluded");
  EXPECT_EQ(findings[1].path, "src/gen/g.c");
  for (const auto& found : findings) {
    EXPECT_EQ(found.severity, "error");
    EXPECT_EQ(found.action, "block");
  }
}

TEST(check_scope, F8_an_empty_include_allows_nothing) {
  EXPECT_EQ(check_scope(scope({}), {{"a", 1}}).size(), 1U);
}

TEST(check_scope, F8_size_limits_name_both_numbers) {
  auto allowed = scope({"**"});
  allowed.max_files = 2;
  allowed.max_changed_lines = 10;
  EXPECT_TRUE(check_scope(allowed, {{"a", 5}, {"b", 5}}).empty());
  const auto findings = check_scope(allowed, {{"a", 5}, {"b", 5}, {"c", 4294967295U}});
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].rule, "scope.too_many_files");
  EXPECT_EQ(findings[0].message, "3 files changed, the task allows 2");
  EXPECT_EQ(findings[1].rule, "scope.too_many_lines");
  EXPECT_EQ(findings[1].message, "4294967305 lines changed, the task allows 10");
}

TEST(check_scope, a_flood_of_paths_is_summarised) {
  std::vector<touched> change;
  for (int i = 0; i < 150; ++i) change.push_back({"x" + std::to_string(i), 0});
  const auto findings = check_scope(scope({"src/"}), change);
  ASSERT_EQ(findings.size(), 101U);
  EXPECT_THAT(findings.back().message, HasSubstr("50 more"));
}

TEST(pattern_list, a_long_list_matches_what_its_patterns_match_alone) {
  const std::vector<std::string> texts{"*.c",   "/src/**", "docs/",   "Make*",  "a/**/b", "[xyz]",
                                       "*.tar", "/x/y.c",  "**/deep", "/build", "q?",     "lib**/x",
                                       "",      "#none",   "*"};
  const std::vector<std::string> paths{"main.c",  "src/a/b", "docs/x",   "Makefile",   "a/n/n/b",
                                       "x",       "p/z",     "x/y.c",    "n/x/y.c",    "u/deep/f",
                                       "build/o", "q1",      "a/b/docs", "libs/a/x", "b.tar/in"};
  // Without the last, which matches all, and with it.
  for (const std::size_t count : {texts.size() - 1, texts.size()}) {
    const std::vector<std::string> some{texts.begin(), texts.begin() + static_cast<long>(count)};
    const pattern_list all{some};
    for (const auto& path : paths) {
      const bool any = std::any_of(some.begin(), some.end(), [&path](const std::string& text) {
        return pattern_list{std::vector<std::string>{text}}.matches(path);
      });
      EXPECT_EQ(all.matches(path), any) << path;
    }
  }
}

}  // namespace
}  // namespace skein::diff
