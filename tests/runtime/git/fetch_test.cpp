// fetch() of repositories on this machine (F2: the wrong repository fails before anything starts).
#include "tests/runtime/git/git_fixture.hpp"

#include <sys/stat.h>

namespace skein::git {
namespace {

using FetchTest = GitTest;

TEST_F(FetchTest, BareWorkingAndFileUrl) {
  const fs::path bare = make_bare("r.git");
  const fs::path work = root_ / "r.git-work";
  const std::string commit = head(work);
  const std::string tree = head(work, "HEAD^{tree}");
  for (const std::string& where : {bare.string(), work.string(), (work / ".git").string(),
                                   "file://" + bare.string(), "file://" + work.string()}) {
    const auto got = fetch_at(where);
    ASSERT_VALUE(got) << where;
    EXPECT_EQ(got->branch, "main");
    EXPECT_EQ(got->commit, commit);
    EXPECT_EQ(got->tree, tree);
    EXPECT_EQ(git({"--git-dir=" + got->mirror.string(), "cat-file", "-t", commit}), "commit");
  }
}

TEST_F(FetchTest, FollowsTheSourceWithoutCopyingIt) {
  const fs::path work = make_repository("r");
  const base first = fetched(work);
  write(work / "b", "new");
  commit_all(work);
  git({"-C", work.string(), "gc", "-q"});
  const base second = fetched(work);
  EXPECT_EQ(second.mirror, first.mirror);
  EXPECT_EQ(second.commit, head(work));
  EXPECT_NE(second.commit, first.commit);
  std::size_t objects = 0;
  for (const auto& entry : fs::recursive_directory_iterator(second.mirror / "objects")) {
    if (entry.is_regular_file() && entry.path().filename() != "alternates") ++objects;
  }
  EXPECT_EQ(objects, 0U);
}

TEST_F(FetchTest, BranchTagCommitAndPackedReferences) {
  const fs::path work = make_repository("r");
  git({"-C", work.string(), "branch", "release/1.0"});
  write(work / "b", "new");
  commit_all(work);
  git({"-C", work.string(), "tag", "-a", "-m", "x", "v1"});
  git({"-C", work.string(), "pack-refs", "--all"});
  const auto branch = fetch_at(work, "release/1.0");
  ASSERT_VALUE(branch);
  EXPECT_EQ(branch->branch, "release/1.0");
  EXPECT_EQ(branch->commit, head(work, "HEAD~"));
  const auto commit = fetch_at(work, "", head(work, "HEAD~"));
  ASSERT_VALUE(commit);
  EXPECT_EQ(commit->branch, "");
  EXPECT_EQ(commit->commit, head(work, "HEAD~"));
  EXPECT_ERROR(fetch_at(work, "", head(work, "v1^{tag}")), errc::invalid, "not a commit");
  EXPECT_ERROR(fetch_at(work, "", head(work, "HEAD^{tree}")), errc::invalid, "not a commit");
  EXPECT_ERROR(fetch_at(work, "", std::string(40, '1')), errc::not_found, std::string(40, '1'));
  EXPECT_ERROR(fetch_at(work, "", "abc123"), errc::invalid, "full object id");
  EXPECT_ERROR(fetch_at(work, "v1"), errc::not_found, "no branch v1");
}

TEST_F(FetchTest, F2_SaysExactlyWhatIsWrong) {
  EXPECT_ERROR(fetch_at(root_ / "absent"), errc::not_found, "no such repository");
  write(root_ / "plain/file", "x");
  EXPECT_ERROR(fetch_at(root_ / "plain"), errc::invalid, "not a git repository");
  EXPECT_ERROR(fetch_at(root_ / "plain/file"), errc::invalid, "it is a file");
  git({"init", "-q", "-b", "main", (root_ / "empty").string()});
  EXPECT_ERROR(fetch_at(root_ / "empty"), errc::invalid, "is empty");
  EXPECT_ERROR(fetch_at(root_ / "empty", "main"), errc::invalid, "is empty");
  const fs::path work = make_repository("r");
  EXPECT_ERROR(fetch_at(work, "nope"), errc::not_found, "no branch nope");
  EXPECT_ERROR(fetch_at(work, "-x"), errc::invalid, "not a branch name");
  EXPECT_ERROR(fetch_at(work, "a..b"), errc::invalid, "not a branch name");
  EXPECT_ERROR(fetch_at(work, std::string("main\0x", 6)), errc::invalid, "not a branch name");
  git({"-C", work.string(), "branch", "dir/x"});
  EXPECT_ERROR(fetch_at(work, "dir"), errc::not_found, "no branch dir");
  fs::create_directories(work / "sub");
  EXPECT_ERROR(fetch_at(work / "sub"), errc::invalid, "not a git repository");  // no upward search
  git({"-C", work.string(), "symbolic-ref", "HEAD", "refs/heads/gone"});
  EXPECT_ERROR(fetch_at(work), errc::not_found, "no branch gone");
}

TEST_F(FetchTest, DetachedHeadIsABase) {
  const fs::path work = make_repository("r");
  git({"-C", work.string(), "checkout", "-q", "--detach"});
  const auto got = fetch_at(work);
  ASSERT_VALUE(got);
  EXPECT_EQ(got->branch, "HEAD");
  EXPECT_EQ(got->commit, head(work));
}

TEST_F(FetchTest, WorktreesAndSymlinkedPaths) {
  const fs::path work = make_repository("r");
  const fs::path tree = root_ / "tree";
  git({"-C", work.string(), "worktree", "add", "-q", "-b", "side", tree.string()});
  write(tree / "b", "new");
  commit_all(tree);
  const auto got = fetch_at(tree);
  ASSERT_VALUE(got);
  EXPECT_EQ(got->branch, "side");
  EXPECT_EQ(got->commit, head(work, "side"));
  fs::create_directory_symlink(work, root_ / "link");
  const auto linked = fetch_at(root_ / "link", "side");
  ASSERT_VALUE(linked);
  EXPECT_EQ(linked->commit, got->commit);
}

TEST_F(FetchTest, SourceMovedToAnotherPlaceBehindTheSamePath) {
  const fs::path one = make_repository("one");
  const fs::path two = make_repository("two", {{"other", "x"}});
  fs::create_directory_symlink(one, root_ / "link");
  ASSERT_VALUE(fetch_at(root_ / "link"));
  fs::remove(root_ / "link");
  fs::create_directory_symlink(two, root_ / "link");
  const base got = fetched(root_ / "link");
  EXPECT_EQ(got.commit, head(two));
  EXPECT_EQ(git({"--git-dir=" + got.mirror.string(), "cat-file", "-t", got.commit}), "commit");
}

TEST_F(FetchTest, ReadsThroughAlternatesOfTheSource) {
  const fs::path work = make_repository("r");
  git({"clone", "-q", "--shared", work.string(), (root_ / "shared").string()});
  const base got = fetched(root_ / "shared");
  const auto dir = checkout(bases(), at(root_ / "shared"), got, {});
  ASSERT_VALUE(dir);
  EXPECT_EQ(read(*dir / "a.txt"), "one\ntwo\nthree\n");
}

TEST_F(FetchTest, T3_FifoInPlaceOfAFileDoesNotBlock) {
  for (const char* name :
       {"HEAD", "packed-refs", "commondir", "objects/info/alternates", "refs/heads/main"}) {
    const fs::path bare =
        make_bare(std::string("r") + std::to_string(std::hash<std::string>{}(name)));
    fs::remove(bare / name);
    ASSERT_EQ(::mkfifo((bare / name).c_str(), 0600), 0) << name;
    EXPECT_ERROR(fetch_at(bare, "main"), errc::invalid, "not a git repository");
  }
}

TEST_F(FetchTest, DamagedRepositoryIsAnErrorNotACrash) {
  const fs::path bare = make_bare("r.git");
  write(bare / "refs/heads/bad", "this is no id\n");
  EXPECT_FALSE(fetch_at(bare, "bad"));
  write(bare / "refs/heads/loop", "ref: refs/heads/loop\n");
  EXPECT_FALSE(fetch_at(bare, "loop"));
  write(bare / "refs/heads/out", "ref: ../../../../etc/passwd\n");
  EXPECT_FALSE(fetch_at(bare, "out"));
  write(bare / "HEAD", "ref: refs/heads/../../../x\n");
  EXPECT_FALSE(fetch_at(bare));
  write(root_ / "w/.git", "gitdir: \n");
  EXPECT_ERROR(fetch_at(root_ / "w"), errc::invalid, "names no directory");
  write(root_ / "w/.git", "gitdir: nowhere\n");
  EXPECT_ERROR(fetch_at(root_ / "w"), errc::invalid, "not a git repository");
}

TEST_F(FetchTest, CancelledBeforeItStarts) {
  const fs::path work = make_repository("r");
  std::stop_source source;
  source.request_stop();
  const auto got = fetch(mirrors(), at(work), "", "", 10s, source.get_token());
  EXPECT_ERROR(got, errc::cancelled, "cancelled");
}

}  // namespace
}  // namespace skein::git
