// write_tree() and write_commit(), checked against what git itself makes of the same files.
#include "tests/runtime/git/git_fixture.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <thread>

namespace skein::git {
namespace {

using workspace::change_set;

class WriteTreeTest : public GitTest {
 protected:
  /// The tree that git writes for the directory as it is now.
  std::string git_tree(const fs::path& work) {
    git({"-C", work.string(), "add", "-A", "-f"});
    return git({"-C", work.string(), "write-tree"});
  }
  std::string listing(const base& from, const std::string& tree) {
    return git({"--git-dir=" + from.mirror.string(), "ls-tree", "-r", tree});
  }
};

TEST_F(WriteTreeTest, AddsChangesAndRemovesLikeGit) {
  const fs::path work = make_repository(
      "r", {{"a", "1"}, {"dir/b", "2"}, {"dir/c", "3"}, {"other/d", "4"}, {"tool", "x"}});
  const base from = fetched(work);
  const change_set change{{put("a", "one"), put("bin/new", "#!", entry_kind::executable),
                           gone("dir/b"), put("dir-x", "sorts before dir/"), gone("other/d"),
                           put("tool", "x", entry_kind::executable),
                           put("way", "dir/c", entry_kind::symlink)}};
  const auto tree = write_tree(from, change);
  ASSERT_VALUE(tree);
  write(work / "a", "one");
  write(work / "bin/new", "#!");
  ::chmod((work / "bin/new").c_str(), 0755);
  ::chmod((work / "tool").c_str(), 0755);
  fs::remove(work / "dir/b");
  write(work / "dir-x", "sorts before dir/");
  fs::remove_all(work / "other");
  fs::create_symlink("dir/c", work / "way");
  EXPECT_EQ(*tree, git_tree(work)) << listing(from, *tree);
  git({"--git-dir=" + from.mirror.string(), "fsck", "--strict", "--no-dangling"});
}

TEST_F(WriteTreeTest, FileBecomesDirectoryAndBack) {
  const fs::path work =
      make_repository("r", {{"f", "1"}, {"d/x/y", "2"}, {"d/z", "3"}, {"k", "k"}});
  const base from = fetched(work);
  const auto to_directory = write_tree(from, {{gone("f"), put("f/in/side", "n")}});
  ASSERT_VALUE(to_directory);
  const auto to_file = write_tree(from, {{put("d", "file"), gone("d/x/y"), gone("d/z")}});
  ASSERT_VALUE(to_file);
  const auto to_link =
      write_tree(from, {{put("d", "k", entry_kind::symlink), gone("d/x/y"), gone("d/z")}});
  ASSERT_VALUE(to_link);
  fs::remove(work / "f");
  write(work / "f/in/side", "n");
  EXPECT_EQ(*to_directory, git_tree(work));
  git({"-C", work.string(), "reset", "-q", "--hard"});
  fs::remove_all(work / "d");
  write(work / "d", "file");
  EXPECT_EQ(*to_file, git_tree(work));
  fs::remove(work / "d");
  fs::create_symlink("k", work / "d");
  EXPECT_EQ(*to_link, git_tree(work));
}

TEST_F(WriteTreeTest, LastFileOfADirectoryAndOfTheRepository) {
  const fs::path work = make_repository("r", {{"a/b/c", "1"}, {"z", "2"}});
  const base from = fetched(work);
  const auto less = write_tree(from, {{gone("a/b/c")}});
  ASSERT_VALUE(less);
  EXPECT_EQ(git({"--git-dir=" + from.mirror.string(), "ls-tree", "--name-only", *less}), "z");
  const auto none = write_tree(from, {{gone("a/b/c"), gone("z")}});
  ASSERT_VALUE(none);
  EXPECT_EQ(*none, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
  EXPECT_EQ(git({"--git-dir=" + from.mirror.string(), "cat-file", "-t", *none}), "tree");
}

TEST_F(WriteTreeTest, NoChangeIsTheBaseTree) {
  const fs::path work = make_repository("r");
  const base from = fetched(work);
  EXPECT_EQ(*write_tree(from, {}), from.tree);
  EXPECT_EQ(*write_tree(from, {{put("a.txt", "one\ntwo\nthree\n")}}), from.tree);
}

TEST_F(WriteTreeTest, UntouchedEntriesKeepTheirStoredMode) {
  const fs::path work = make_repository("r");
  const std::string id = git({"-C", work.string(), "hash-object", "-w", "--stdin"}, "x");
  const std::string commit = commit_of_raw_tree(
      work, raw_line("100664", "old", id) + raw_line("160000", "sub", head(work)));
  const auto from = fetch_at(work, "", commit);
  ASSERT_VALUE(from);
  const auto tree = write_tree(*from, {{put("new", "n")}});
  ASSERT_VALUE(tree);
  const std::string raw =
      try_git({"--git-dir=" + from->mirror.string(), "cat-file", "tree", *tree}).out;
  EXPECT_THAT(raw, ::testing::HasSubstr("100664 old"));
  EXPECT_THAT(raw, ::testing::HasSubstr("160000 sub"));
}

TEST_F(WriteTreeTest, RefusesWhatDoesNotFit) {
  const fs::path work = make_repository("r", {{"f", "1"}, {"d/x", "2"}});
  git({"-C", work.string(), "update-index", "--add", "--cacheinfo",
       "160000," + head(work) + ",sub"});
  git({"-C", work.string(), "commit", "-q", "-m", "submodule"});
  const base from = fetched(work);
  const std::vector<std::pair<change_set, std::string>> wrong = {
      {{{gone("absent")}}, "not there"},
      {{{gone("d/absent")}}, "not there"},
      {{{gone("d")}}, "a directory"},
      {{{put("f/x", "")}}, "is a file"},
      {{{put("d", "")}}, "file and a directory"},
      {{{put("n", ""), put("n/x", "")}}, "file and a directory"},
      {{{put("sub/x", "")}}, "submodule"},
      {{{put("f", "1"), put("f", "2")}}, "twice"},
      {{{put("", "")}}, "no path"},
      {{{put("/abs", "")}}, "no path"},
      {{{put("../up", "")}}, "no path"},
      {{{put("a/../b", "")}}, "no path"},
      {{{put("a//b", "")}}, "no path"},
      {{{put("a/", "")}}, "no path"},
      {{{put(".git/hooks/pre-push", "")}}, "no path"},
      {{{put("x/.GIT", "")}}, "no path"},
      {{{put("git~1", "")}}, "no path"},
      {{{put(std::string("a\0b", 3), "")}}, "no path"},
      {{{put("l", "", entry_kind::symlink)}}, "target"},
      {{{put("l", std::string("a\0b", 3), entry_kind::symlink)}}, "target"}};
  for (const auto& [change, why] : wrong) {
    const auto tree = write_tree(from, change);
    EXPECT_ERROR(tree, errc::invalid, why);
  }
}

TEST_F(WriteTreeTest, RandomChangesGiveTheTreeThatGitGives) {
  std::mt19937 random(7);
  const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  const fs::path work = make_repository("r", {{"keep", "k"}});
  const auto path = [&] {
    std::string out;
    for (unsigned depth = 1 + below(3); depth > 0; --depth) {
      out += std::string(1, static_cast<char>('a' + below(3))) + (below(3) == 0 ? "-" : "");
      if (depth > 1) out += '/';
    }
    return out;
  };
  for (int round = 0; round < 12; ++round) {
    const base from = fetched(work);
    std::map<std::string, std::string> before;
    for (const auto& entry : fs::recursive_directory_iterator(work)) {
      const std::string name = fs::relative(entry.path(), work).string();
      if (entry.is_regular_file() && !name.starts_with(".git/")) before[name] = read(entry.path());
    }
    for (int edits = 0; edits < 12; ++edits) {
      const fs::path target = work / path();
      std::error_code failed;
      for (fs::path up = target.parent_path(); up != work; up = up.parent_path()) {
        if (fs::is_regular_file(up)) fs::remove(up);
      }
      fs::remove_all(target, failed);
      if (below(4) != 0) write(target, "content " + std::to_string(below(5)));
    }
    change_set change;
    for (const auto& [name, text] : before) {
      if (!fs::is_regular_file(work / name)) change.files.push_back(gone(name));
    }
    for (const auto& entry : fs::recursive_directory_iterator(work)) {
      const std::string name = fs::relative(entry.path(), work).string();
      if (!entry.is_regular_file() || name.starts_with(".git/")) continue;
      if (!before.contains(name) || before[name] != read(entry.path())) {
        change.files.push_back(put(name, read(entry.path())));
      }
    }
    std::sort(change.files.begin(), change.files.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
    const auto tree = write_tree(from, change);
    ASSERT_VALUE(tree);
    EXPECT_EQ(*tree, git_tree(work)) << "round " << round;
    commit_all(work, "round");
  }
}

TEST_F(WriteTreeTest, CommitsAreReproducible) {
  const fs::path work = make_repository("r");
  const base from = fetched(work);
  const auto tree = write_tree(from, {{put("a.txt", "new")}});
  const commit_spec spec{*tree, "subject\n\nbody ü\n", "Skein Ü", "skein@example.invalid",
                         1700000123};
  const auto commit = write_commit(from, spec);
  ASSERT_VALUE(commit);
  EXPECT_EQ(*write_commit(from, spec), *commit);
  EXPECT_EQ(git({"--git-dir=" + from.mirror.string(), "log", "-1",
                 "--format=%an|%ae|%cn|%at|%ct|%P|%T|%B", *commit}),
            "Skein Ü|skein@example.invalid|Skein Ü|1700000123|1700000123|" + from.commit + "|" +
                *tree + "|subject\n\nbody ü\n");
  for (const char* bad : {"", "a\nparent x", "a <b>", "a\x7f"}) {
    commit_spec wrong = spec;
    wrong.author_name = bad;
    EXPECT_ERROR(write_commit(from, wrong), errc::invalid, "author");
    wrong = spec;
    wrong.author_email = bad;
    EXPECT_ERROR(write_commit(from, wrong), errc::invalid, "author");
  }
  commit_spec missing = spec;
  missing.tree = std::string(40, '1');
  EXPECT_FALSE(write_commit(from, missing));
  missing.tree = "short";
  EXPECT_ERROR(write_commit(from, missing), errc::invalid, "object id");
}

TEST_F(WriteTreeTest, ManyThreadsWriteIntoOneMirror) {
  const fs::path work = make_repository("r");
  const base from = fetched(work);
  std::vector<std::string> trees(8);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < trees.size(); ++i) {
      threads.emplace_back([&, i] {
        const auto tree = write_tree(from, {{put("n", std::to_string(i / 2))}});
        if (!tree) return;
        const auto compared = diff_trees(from, *tree);
        if (compared && compared->summary.files == 1) trees[i] = *tree;
      });
    }
  }
  for (std::size_t i = 0; i < trees.size(); ++i) {
    EXPECT_EQ(git({"--git-dir=" + from.mirror.string(), "cat-file", "-p", trees[i] + ":n"}),
              std::to_string(i / 2));
  }
}

}  // namespace
}  // namespace skein::git
