// ignore_rules() against `git check-ignore`, on fixed cases and on random ones.
#include "runtime/git/ignore_pattern.hpp"
#include "tests/runtime/git/git_fixture.hpp"

#include <random>
#include <set>

namespace skein::git {
namespace {

class IgnoreTest : public GitTest {
 protected:
  static std::string plain(const std::string& path) {
    return path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
  }

  /// Paths ending in a slash are directories. Compares our answer with git's for every path.
  void expect_as_git(const fs::path& work, const std::vector<std::string>& paths) {
    const base from = fetched(work);
    const auto rules = ignore_rules(from, work);
    ASSERT_VALUE(rules);
    std::string input;
    for (const std::string& path : paths) {
      // check-ignore looks at the disk to know what is a directory.
      fs::create_directories((work / path).parent_path());
      input += plain(path) + '\0';
    }
    const auto ended =
        try_git({"-C", work.string(), "check-ignore", "--no-index", "-z", "--stdin"}, input);
    std::set<std::string> ignored;
    for (std::size_t at = 0; at < ended.out.size();) {
      const std::size_t end = ended.out.find('\0', at);
      ignored.insert(ended.out.substr(at, end - at));
      at = end + 1;
    }
    for (const std::string& path : paths) {
      const bool directory = path.ends_with('/');
      EXPECT_EQ((*rules)(plain(path), directory), ignored.contains(plain(path)))
          << path << "\n"
          << read(work / ".gitignore");
    }
  }
};

TEST_F(IgnoreTest, FixedCases) {
  const fs::path work = make_repository(
      "r", {{".gitignore",
             "\xef\xbb\xbf*.o\n# "
             "comment\n\\#hash\n\\!bang\n/build/\nnode_modules\n!keep.o\nlogs/**/*.log\n"
             "**/cache\nspace \\ \ntrailing   "
             "\ndoc/*.txt\n!doc/read.txt\nx[0-9a-c].c\n[[:upper:]]*\ncr\r\n"
             "only/dir/\n/\n!\nfoo*bar\n**\\/odd\na/**\n!a/b\nlit**/q\n\n"},
            {"sub/.gitignore", "!*.o\n/local\n*.tmp\n"},
            {"build-x/.gitignore", "*\n!.gitignore\n"},
            {"a.txt", "x"}});
  expect_as_git(work, {"x.o",
                       "keep.o",
                       "sub/x.o",
                       "sub/deep/y.o",
                       "#hash",
                       "!bang",
                       "build/",
                       "build/x",
                       "src/build/",
                       "node_modules/",
                       "p/node_modules/i.js",
                       "logs/a.log",
                       "logs/x/y/a.log",
                       "logs/a.txt",
                       "deep/er/cache",
                       "cache/",
                       "space  ",
                       "trailing",
                       "doc/a.txt",
                       "doc/read.txt",
                       "doc/sub/a.txt",
                       "x1.c",
                       "xb.c",
                       "xz.c",
                       "Upper",
                       "lower",
                       "cr",
                       "only/dir/",
                       "local",
                       "sub/local",
                       "sub/s/local",
                       "sub/a.tmp",
                       "a.tmp",
                       "foobar",
                       "foo/bar",
                       "fooxbar",
                       "a/b",
                       "a/c",
                       "a/",
                       "build-x/y",
                       "build-x/.gitignore",
                       "comment"});
}

TEST_F(IgnoreTest, RandomPatternsAndPathsAgreeWithGit) {
  std::mt19937 random(20240607);
  const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  const std::vector<std::string> pieces = {"a",    "b",    "ab",    "*",           "**",  "?",
                                           "[ab]", "[!a]", "/",     "/",           "**/", "/**",
                                           "\\*",  ".",    "[a-c]", "[[:alpha:]]", "*b",  "a*"};
  const std::vector<std::string> names = {"a", "b", "c", "ab", "abc", "a.b", "*", "ba"};
  for (int round = 0; round < 12; ++round) {
    const fs::path work = root_ / ("r" + std::to_string(round));
    git({"init", "-q", "-b", "main", work.string()});
    for (const char* directory : {"", "a", "a/b"}) {
      std::string content;
      for (unsigned line = 1 + below(4); line > 0; --line) {
        if (below(3) == 0) content += '!';
        for (unsigned piece = 1 + below(4); piece > 0; --piece) {
          content += pieces[below(static_cast<unsigned>(pieces.size()))];
        }
        content += below(4) == 0 ? "/\n" : "\n";
      }
      write(work / directory / ".gitignore", content);
    }
    commit_all(work);
    std::set<std::string> files;
    std::set<std::string> directories = {"a", "a/b"};
    for (int i = 0; i < 60; ++i) {
      std::string path;
      for (unsigned depth = 1 + below(4); depth > 0; --depth) {
        if (!path.empty()) path += '/';
        path += names[below(static_cast<unsigned>(names.size()))];
        if (depth > 1) directories.insert(path);
      }
      files.insert(path);
    }
    std::vector<std::string> paths;
    for (const std::string& path : directories) paths.push_back(path + "/");
    for (const std::string& path : files) {
      if (!directories.contains(path)) paths.push_back(path);
    }
    expect_as_git(work, paths);
  }
}

TEST_F(IgnoreTest, T8_OnlyTheBaseCounts) {
  const fs::path work = make_repository("r", {{".gitignore", "*.o\n"}});
  const base from = fetched(work);
  write(from.mirror / "info/exclude", "everything\n");
  const fs::path dir = *checkout(bases(), at(work), from, {});
  write(dir / "evil/.gitignore", "*\n");
  const auto rules = ignore_rules(from, dir);
  ASSERT_VALUE(rules);
  EXPECT_TRUE((*rules)("a.o", false));
  EXPECT_FALSE((*rules)("everything", false));
  EXPECT_FALSE((*rules)("evil/x", false));
}

TEST_F(IgnoreTest, T3_SymlinkAsIgnoreFileIsNotFollowed) {
  const fs::path work = make_repository("r");
  write(root_ / "rules", "*\n");
  fs::create_symlink(root_ / "rules", work / ".gitignore");
  commit_all(work);
  const base from = fetched(work);
  const auto rules = ignore_rules(from, work);
  ASSERT_VALUE(rules);
  EXPECT_FALSE((*rules)("x", false));
}

TEST(IgnorePattern, T9_BacktrackingIsBounded) {
  const std::string text(5000, 'a');
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "**/*a*";
  EXPECT_FALSE(wildmatch(pattern + "b", text + "/" + text, true));
  std::string stars(3000, '*');
  stars += 'b';
  EXPECT_FALSE(wildmatch(stars, text, false));
}

}  // namespace
}  // namespace skein::git
