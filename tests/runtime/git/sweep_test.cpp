// sweep(): crash left-overs go, whole things stay; after a reboot base checkouts go.
#include "tests/runtime/git/git_fixture.hpp"

namespace skein::git {
namespace {

using SweepTest = GitTest;

TEST_F(SweepTest, RemovesHalfMadeThingsOnly) {
  const fs::path work = make_repository("r");
  sweep(mirrors(), {bases(), {}, 0});
  const base from = fetched(work);
  const fs::path dir = *checkout(bases(), at(work), from, {});
  const auto tree = write_tree(from, {{put("a.txt", "x\n")}});
  ASSERT_VALUE(tree);
  write(mirrors() / (at(work).key + ".tmp-1-1") / "HEAD", "x");
  write(from.mirror / "objects/pack/pack-x.pack.tmp-1-2", "x");
  write(from.mirror / "objects/pack/tmp_pack_abc", "x");
  write(bases() / at(work).key / (from.tree + ".tmp-1-3") / "deep/file", "x");
  fs::create_symlink(dir, bases() / at(work).key / (from.tree + ".tmp-1-4"));
  EXPECT_EQ(sweep(mirrors(), {bases(), {}, 0}), 5U);
  EXPECT_EQ(sweep(mirrors(), {bases(), {}, 0}), 0U);
  EXPECT_EQ(read(dir / "a.txt"), "one\ntwo\nthree\n");
  EXPECT_TRUE(diff_trees(from, *tree));
}

TEST_F(SweepTest, AfterARebootBasesAreMadeAnew) {
  const fs::path work = make_repository("r");
  sweep(mirrors(), {bases(), {}, 0});
  const base from = fetched(work);
  const fs::path dir = *checkout(bases(), at(work), from, {});
  write(dir / "a.txt", "");  // what a power failure can leave
  write(bases() / "boot_id", "00000000-0000-0000-0000-000000000000\n");
  EXPECT_EQ(sweep(mirrors(), {bases(), {}, 0}), 1U);
  EXPECT_FALSE(fs::exists(dir));
  EXPECT_EQ(read(*checkout(bases(), at(work), from, {}) / "a.txt"), "one\ntwo\nthree\n");
  EXPECT_EQ(sweep(mirrors(), {bases(), {}, 0}), 0U);
}

TEST_F(SweepTest, BasesUnusedForAWeekGo) {
  const fs::path work = make_repository("r");
  sweep(mirrors(), {bases(), {}, 0});
  const base from = fetched(work);
  const fs::path dir = *checkout(bases(), at(work), from, {});
  fs::last_write_time(dir, fs::file_time_type::clock::now() - std::chrono::hours(24 * 8));
  ASSERT_TRUE(checkout(bases(), at(work), from, {}));  // used now
  EXPECT_EQ(sweep(mirrors(), {bases(), {}, 0}), 0U);
  fs::last_write_time(dir, fs::file_time_type::clock::now() - std::chrono::hours(24 * 8));
  EXPECT_EQ(sweep(mirrors(), {bases(), {}, 0}), 1U);
  EXPECT_FALSE(fs::exists(dir));
}

TEST_F(SweepTest, NothingThereYet) {
  EXPECT_EQ(sweep(root_ / "no-mirrors", {root_ / "no-bases", {}, 0}), 0U);
}

TEST_F(SweepTest, ManyPacksAreMergedAndNothingIsLost) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  std::vector<std::string> commits;
  for (int i = 0; i < 70; ++i) commits.push_back(committed(from, {{put("n", std::to_string(i))}}));
  sweep(mirrors(), {bases(), {}, 0});
  std::size_t packs = 0;
  for (const auto& entry : fs::directory_iterator(from.mirror / "objects/pack")) {
    if (entry.path().extension() == ".pack") ++packs;
  }
  EXPECT_LT(packs, 10U);
  for (int i = 0; i < 70; ++i) {
    EXPECT_EQ(git({"--git-dir=" + from.mirror.string(), "show",
                   commits[static_cast<std::size_t>(i)] + ":n"}),
              std::to_string(i));
  }
  const auto result = push(from.mirror, at(bare), commits[5], "skein/x", 30s, {});
  ASSERT_VALUE(result);
  EXPECT_EQ(result->end, push_end::pushed) << result->detail;
}

}  // namespace
}  // namespace skein::git
