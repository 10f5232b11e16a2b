// carry_over() and paths_between(): a change made again on a base that moved.
#include "tests/runtime/git/git_fixture.hpp"

namespace skein::git {
namespace {

using ::testing::ElementsAre;

class CarryOverTest : public GitTest {
 protected:
  void SetUp() override {
    work_ = make_repository("r", {{"a.txt", "one\ntwo\nthree\nfour\nfive\n"}, {"d/b.txt", "b\n"}});
    old_ = fetched(work_);
    const workspace::change_set change{
        {{"a.txt", entry_kind::regular, "ONE\ntwo\nthree\nfour\nfive\n"},
         {"d/b.txt", entry_kind::removed, ""},
         {"run.sh", entry_kind::executable, "#!/bin/sh\n"}}};
    auto tree = write_tree(old_, change);
    ASSERT_TRUE(tree) << tree.error().message;
    tree_ = *tree;
  }
  base moved(const std::string& path, const std::string& text) {
    write(work_ / path, text);
    commit_all(work_);
    return fetched(work_);
  }
  result<workspace::change_set> carried(const base& onto, workspace::change_limits limits = {}) {
    return carry_over(onto, tree_, old_.commit, limits);
  }

  fs::path work_;
  base old_;
  std::string tree_;
};

TEST_F(CarryOverTest, MakesTheSameChangeOnALaterBaseWithBothSides) {
  const auto now = moved("a.txt", "one\ntwo\nthree\nfour\nFIVE\n");
  const auto got = carried(now);
  ASSERT_TRUE(got) << got.error().message;
  ASSERT_EQ(got->files.size(), 3U);
  EXPECT_EQ(got->files[0].path, "a.txt");
  EXPECT_EQ(got->files[0].content, "ONE\ntwo\nthree\nfour\nFIVE\n");
  EXPECT_EQ(got->files[1].path, "d/b.txt");
  EXPECT_EQ(got->files[1].kind, entry_kind::removed);
  EXPECT_EQ(got->files[2].kind, entry_kind::executable);
  EXPECT_TRUE(write_tree(now, *got)) << "it is a change that workspaces take";
}

TEST_F(CarryOverTest, FollowsAFileThatWasRenamed) {
  git({"-C", work_.string(), "mv", "a.txt", "c.txt"});
  commit_all(work_);
  const auto got = carried(fetched(work_));
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->files[0].path, "c.txt");
  EXPECT_EQ(got->files[0].content, "ONE\ntwo\nthree\nfour\nfive\n");
}

TEST_F(CarryOverTest, SaysThatItDoesNotApply) {
  const auto got = carried(moved("a.txt", "1\ntwo\nthree\nfour\nfive\n"));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::conflict);
}

TEST_F(CarryOverTest, IsEmptyWhenTheBaseHasItAlready) {
  fs::remove(work_ / "d/b.txt");
  write(work_ / "run.sh", "#!/bin/sh\n");
  fs::permissions(work_ / "run.sh", fs::perms{0755});
  const auto got = carried(moved("a.txt", "ONE\ntwo\nthree\nfour\nfive\n"));
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_TRUE(got->empty());
}

TEST_F(CarryOverTest, KeepsToItsLimits) {
  const auto now = moved("other", "x\n");
  for (const auto& limits :
       {workspace::change_limits{4, 1000, 100}, workspace::change_limits{1000, 4, 100},
        workspace::change_limits{1000, 1000, 2}}) {
    const auto got = carried(now, limits);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::refused);
  }
}

TEST_F(CarryOverTest, PathsBetweenTwoCommits) {
  const auto now = moved("other", "x\n");
  const auto got = paths_between(now.mirror, old_.commit, now.commit, 10);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_THAT(*got, ElementsAre("other"));
  EXPECT_EQ(paths_between(now.mirror, old_.commit, now.commit, 0).error().code, errc::refused);
  EXPECT_FALSE(paths_between(now.mirror, std::string(40, '1'), now.commit, 10));
}

}  // namespace
}  // namespace skein::git
