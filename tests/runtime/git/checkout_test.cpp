// checkout(): raw files, nothing but the tree, nothing outside the directory.
#include "tests/runtime/git/git_fixture.hpp"

#include <limits>
#include <thread>

namespace skein::git {
namespace {

class CheckoutTest : public GitTest {
 protected:
  result<fs::path> checked_out(const fs::path& repository, const std::string& commit = "") {
    auto got = fetch_at(repository, "", commit);
    if (!got) return got.error();
    return checkout(bases(), at(repository), *got, {});
  }
  std::string blob(const fs::path& repository, const std::string& content) {
    return git({"-C", repository.string(), "hash-object", "-w", "--stdin"}, content);
  }
};

TEST_F(CheckoutTest, FilesModesSymlinksAndStrangeNames) {
  const std::string latin1 = "caf\xe9.txt";
  const fs::path work = make_repository("r", {{"src/a.c", "int a;\r\n"},
                                              {"run.sh", "#!/bin/sh\n"},
                                              {"with\nnewline", "n"},
                                              {" spaces ", "s"},
                                              {latin1, "l"},
                                              {"README", "lower"},
                                              {"readme", "case"},
                                              {"empty", ""},
                                              {"back\\slash", "b"}});
  ASSERT_EQ(::chmod((work / "run.sh").c_str(), 0755), 0);
  fs::create_symlink("src/a.c", work / "link");
  fs::create_symlink("/etc/passwd", work / "outside");
  commit_all(work);
  // Added alone, or git itself would convert the files on the way in.
  write(work / ".gitattributes", "*.c text eol=lf\n*.txt ident export-subst\n");
  git({"-C", work.string(), "add", ".gitattributes"});
  git({"-C", work.string(), "commit", "-q", "-m", "attributes"});
  const auto dir = checked_out(work);
  ASSERT_VALUE(dir);
  EXPECT_EQ(read(*dir / "src/a.c"), "int a;\r\n");
  EXPECT_EQ(read(*dir / "with\nnewline"), "n");
  EXPECT_EQ(read(*dir / latin1), "l");
  EXPECT_EQ(read(*dir / "README"), "lower");
  EXPECT_EQ(read(*dir / "readme"), "case");
  EXPECT_EQ(read(*dir / "back\\slash"), "b");
  EXPECT_EQ(fs::file_size(*dir / "empty"), 0U);
  EXPECT_EQ(fs::read_symlink(*dir / "link"), "src/a.c");
  EXPECT_EQ(fs::read_symlink(*dir / "outside"), "/etc/passwd");
  using perms = fs::perms;
  EXPECT_NE(fs::status(*dir / "run.sh").permissions() & perms::owner_exec, perms::none);
  EXPECT_EQ(fs::status(*dir / "src/a.c").permissions() & perms::owner_exec, perms::none);
  EXPECT_FALSE(fs::exists(*dir / ".git"));
}

TEST_F(CheckoutTest, LargeFilesStayPointersAndSubmodulesEmpty) {
  const std::string pointer =
      "version https://git-lfs.github.com/spec/v1\noid sha256:" + std::string(64, 'a') +
      "\nsize 9\n";
  const fs::path work = make_repository(
      "r", {{"big.bin", pointer}, {".gitattributes", "*.bin filter=lfs diff=lfs\n"}});
  git({"-C", work.string(), "update-index", "--add", "--cacheinfo",
       "160000," + head(work) + ",libs/sub"});
  git({"-C", work.string(), "commit", "-q", "-m", "submodule"});
  const auto dir = checked_out(work);
  ASSERT_VALUE(dir);
  EXPECT_EQ(read(*dir / "big.bin"), pointer);
  EXPECT_TRUE(fs::is_directory(*dir / "libs/sub"));
  EXPECT_TRUE(fs::is_empty(*dir / "libs/sub"));
}

TEST_F(CheckoutTest, ManyFilesInPacksComeOutWhole) {
  const fs::path work = make_repository("r");
  for (int i = 0; i < 400; ++i) {
    write(work / ("d" + std::to_string(i % 7)) / ("f" + std::to_string(i)),
          std::string(2000, 'x') + std::to_string(i));
  }
  commit_all(work);
  git({"-C", work.string(), "gc", "-q"});
  const auto dir = checked_out(work);
  ASSERT_VALUE(dir);
  for (int i = 0; i < 400; ++i) {
    EXPECT_EQ(read(*dir / ("d" + std::to_string(i % 7)) / ("f" + std::to_string(i))),
              std::string(2000, 'x') + std::to_string(i));
  }
}

TEST_F(CheckoutTest, MadeOnceAlsoByManyThreads) {
  const fs::path work = make_repository("r");
  const base from = fetched(work);
  std::vector<std::string> made(8);
  {
    std::vector<std::jthread> threads;
    for (auto& one : made) {
      threads.emplace_back([&] {
        const auto got = fetch_at(work);
        if (!got) return;
        const auto dir = checkout(bases(), at(work), *got, {});
        if (dir) one = dir->string();
      });
    }
  }
  for (const auto& one : made) EXPECT_EQ(one, (bases() / at(work).key / from.tree).string());
  std::size_t entries = 0;
  for (const auto& entry : fs::directory_iterator(bases() / at(work).key)) {
    if (entry.is_directory()) ++entries;
  }
  EXPECT_EQ(entries, 1U);
}

TEST_F(CheckoutTest, T3_RefusesEntriesThatNoCheckoutMayHave) {
  const fs::path work = make_repository("r");
  const std::string file = blob(work, "x");
  for (const std::string name : {".git", ".GIT", ".Git", "git~1", "GIT~1", ".git ", ".git.",
                                 ".git...", ".git::$INDEX_ALLOCATION", ".g\xe2\x80\x8cit",
                                 "\xef\xbb\xbf.git", ".", "..", "a/b", "../x", "a\\.git"}) {
    const std::string commit = commit_of_raw_tree(work, raw_line("100644", name, file));
    const auto dir = checked_out(work, commit);
    EXPECT_ERROR(dir, errc::refused, "cannot be checked out");
  }
  // As a directory, deeper, and as a symlink.
  const std::string inner =
      git({"-C", work.string(), "hash-object", "-t", "tree", "-w", "--stdin", "--literally"},
          raw_line("100644", "config", file));
  EXPECT_ERROR(checked_out(work, commit_of_raw_tree(work, raw_line("40000", ".giT", inner))),
               errc::refused, ".giT");
  const std::string bad =
      git({"-C", work.string(), "hash-object", "-t", "tree", "-w", "--stdin", "--literally"},
          raw_line("120000", ".git", file));
  EXPECT_ERROR(checked_out(work, commit_of_raw_tree(work, raw_line("40000", "sub", bad))),
               errc::refused, "sub/.git");
  for (const auto& entry : fs::recursive_directory_iterator(bases())) {
    EXPECT_THAT(entry.path().string(), ::testing::Not(::testing::HasSubstr(".tmp-")));
  }
}

TEST_F(CheckoutTest, T3_SymlinkAndDirectoryOfOneNameDoNotLeadOutside) {
  const fs::path work = make_repository("r");
  fs::create_directories(root_ / "victim");
  const std::string target = blob(work, (root_ / "victim").string());
  const std::string inner =
      git({"-C", work.string(), "hash-object", "-t", "tree", "-w", "--stdin", "--literally"},
          raw_line("100644", "pwned", blob(work, "x")));
  for (const std::string& raw : {raw_line("120000", "a", target) + raw_line("40000", "a", inner),
                                 raw_line("40000", "a", inner) + raw_line("120000", "a", target),
                                 raw_line("100644", "a", inner) + raw_line("100644", "a", inner)}) {
    EXPECT_FALSE(checked_out(work, commit_of_raw_tree(work, raw)));
  }
  EXPECT_TRUE(fs::is_empty(root_ / "victim"));
}

TEST_F(CheckoutTest, T3_OneTreeNamedManyTimesIsRefused) {
  const fs::path work = make_repository("r");
  std::string tree = git({"-C", work.string(), "hash-object", "-t", "tree", "-w", "--stdin"},
                         raw_line("100644", "f", blob(work, "x")));
  for (int level = 0; level < 300; ++level) {
    tree = git({"-C", work.string(), "hash-object", "-t", "tree", "-w", "--stdin"},
               raw_line("40000", "d", tree));
  }
  const std::string deep = git({"-C", work.string(), "commit-tree", "-m", "deep", tree});
  EXPECT_ERROR(checked_out(work, deep), errc::refused, "deeper");
}

TEST_F(CheckoutTest, MissingObjectAndSymlinkWithoutTarget) {
  const fs::path work = make_repository("r");
  const std::string lost =
      commit_of_raw_tree(work, raw_line("100644", "lost", std::string(40, '1')));
  EXPECT_ERROR(checked_out(work, lost), errc::not_found, "lost");
  const std::string nul =
      commit_of_raw_tree(work, raw_line("120000", "l", blob(work, std::string("a\0b", 3))));
  EXPECT_ERROR(checked_out(work, nul), errc::refused, "symlink");
  const std::string none = commit_of_raw_tree(work, raw_line("120000", "l", blob(work, "")));
  EXPECT_ERROR(checked_out(work, none), errc::refused, "symlink");
  const std::string wrong =
      commit_of_raw_tree(work, raw_line("40000", "d", blob(work, "not a tree")));
  EXPECT_FALSE(checked_out(work, wrong));
}

TEST_F(CheckoutTest, CancelledLeavesNothing) {
  const fs::path work = make_repository("r");
  const base from = fetched(work);
  std::stop_source source;
  source.request_stop();
  EXPECT_ERROR(checkout(bases(), at(work), from, source.get_token()), errc::cancelled, "cancelled");
  EXPECT_FALSE(fs::exists(bases() / at(work).key));
}

TEST_F(CheckoutTest, SmallOnesGoToMemoryWhileThatIsSpared) {
  const fs::path work = make_repository("r", {{"a", "12345"}, {"d/b", "678"}});
  const base from = fetched(work);
  const fs::path memory = root_ / "memory";
  fs::create_directories(memory);
  const auto spared =
      git::checkout({bases(), memory, std::numeric_limits<std::uint64_t>::max() / 2}, at(work), from, {});
  ASSERT_VALUE(spared);
  EXPECT_FALSE(spared->in_memory);
  EXPECT_EQ(read(set_aside(spared->path) / "a"), "12345");
  EXPECT_FALSE(fs::exists(spared->path));
  const auto made = git::checkout({bases(), memory, 0}, at(work), from, {});
  ASSERT_VALUE(made);
  EXPECT_TRUE(made->in_memory);
  EXPECT_EQ(made->bytes, 8U);
  EXPECT_TRUE(made->path.native().starts_with(memory.native()));
  EXPECT_EQ(read(made->path / "d/b"), "678");
  const auto again = git::checkout({bases(), memory, 0}, at(work), from, {});
  ASSERT_VALUE(again);
  EXPECT_EQ(again->path, made->path);
  EXPECT_EQ(again->bytes, 0U);
}

TEST_F(CheckoutTest, ContentThatIsNotWhatItsIdSaysIsRefused) {
  const fs::path work = make_repository("r", {{"a", "good"}});
  const base from = fetched(work);
  const std::string good = git({"-C", work.string(), "rev-parse", "HEAD:a"});
  const std::string evil = blob(work, "evil");
  const auto loose = [&work](const std::string& id) {
    return work / ".git/objects" / id.substr(0, 2) / id.substr(2);
  };
  fs::permissions(loose(good), fs::perms::owner_write, fs::perm_options::add);
  fs::copy_file(loose(evil), loose(good), fs::copy_options::overwrite_existing);
  EXPECT_ERROR(checkout(bases(), at(work), from, {}), errc::corrupt, "not what its object id says");
}

}  // namespace
}  // namespace skein::git
