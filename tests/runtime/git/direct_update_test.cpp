// Pushes to plain repositories on this machine, which take no process, and those that git must do.
#include "runtime/git/advance_branch.hpp"
#include "tests/runtime/git/git_fixture.hpp"

namespace skein::git {
namespace {

using workspace::change_set;

/// Whoever starts git meets one that does nothing.
class without_git {
 public:
  explicit without_git(const fs::path& folder) : before_(std::getenv("PATH")) {
    fs::create_directories(folder);
    std::ofstream(folder / "git") << "#!/bin/sh\necho asked >> " << (folder / "asked").string()
                                  << "\nexit 1\n";
    ::chmod((folder / "git").c_str(), 0755);
    ::setenv("PATH", (folder.string() + ":" + before_).c_str(), 1);
  }
  without_git(const without_git&) = delete;
  without_git& operator=(const without_git&) = delete;
  ~without_git() { ::setenv("PATH", before_.c_str(), 1); }

 private:
  std::string before_;
};

class DirectUpdateTest : public GitTest {
 protected:
  push_end pushed_to(const fs::path& where, const base& from, const std::string& commit,
                     const std::string& branch = "skein/x") {
    const auto got = push(from.mirror, at(where), commit, branch, 30s, {});
    EXPECT_TRUE(got) << got.error().message;
    return got ? got->end : push_end::unknown;
  }
  /// Whether a push to `bare` succeeds, and is left to git: without git it does nothing.
  void expect_left_to_git(const fs::path& bare, const std::string& why) {
    const base from = fetched(bare);
    const std::string commit = committed(from, {{put("a.txt", why + "\n")}});
    {
      const without_git none(root_ / "none");
      EXPECT_NE(pushed_to(bare, from, commit, "left"), push_end::pushed) << why;
    }
    EXPECT_TRUE(fs::exists(root_ / "none/asked")) << why;
    fs::remove(root_ / "none/asked");
    EXPECT_EQ(pushed_to(bare, from, commit, "left"), push_end::pushed) << why;
    EXPECT_EQ(head(bare, "refs/heads/left"), commit) << why;
    git({"-C", bare.string(), "update-ref", "-d", "refs/heads/left"});
  }
  const change_set change_{{put("a.txt", "changed\n"), put("new/file", "n\n")}};
};

TEST_F(DirectUpdateTest, APlainRepositoryTakesNoProcessAndIsWhole) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  const std::string commit = committed(from, change_);
  base second = from;
  second.commit = commit;
  second.tree = git({"--git-dir=" + from.mirror.string(), "rev-parse", commit + "^{tree}"});
  const std::string next = committed(second, {{put("b.txt", "more\n")}});
  {
    const without_git none(root_ / "none");
    EXPECT_EQ(pushed_to(bare, from, commit), push_end::pushed);
    const auto moved = advance_branch(from.mirror, at(bare), next, "skein/x", commit, 30s, {});
    ASSERT_VALUE(moved);
    EXPECT_EQ(moved->end, push_end::pushed) << moved->detail;
    EXPECT_FALSE(fs::exists(root_ / "none/asked"));
  }
  EXPECT_EQ(head(bare, "refs/heads/skein/x"), next);
  EXPECT_EQ(git({"-C", bare.string(), "show", "skein/x:new/file"}), "n");
  EXPECT_EQ(git({"-C", bare.string(), "show", "skein/x:b.txt"}), "more");
  git({"-C", bare.string(), "fsck", "--strict", "--no-dangling"});
  for (const auto& entry : fs::directory_iterator(bare / "objects/pack")) {
    const auto kind = entry.path().extension();
    EXPECT_TRUE(kind == ".pack" || kind == ".idx") << entry.path();
    if (kind == ".idx") git({"verify-pack", entry.path().string()});
  }
  git({"-C", bare.string(), "gc", "-q", "--prune=now"});
  EXPECT_EQ(git({"-C", bare.string(), "show", "skein/x:b.txt"}), "more");
}

TEST_F(DirectUpdateTest, WhateverReceivingHeedsIsLeftToGit) {
  const fs::path bare = make_bare("r.git");
  for (const auto& [name, value] :
       {std::pair("receive.fsckObjects", "true"), std::pair("transfer.fsckObjects", "true"),
        std::pair("receive.denyNonFastForwards", "true"),
        std::pair("core.sharedRepository", "group"), std::pair("core.logAllRefUpdates", "true"),
        std::pair("include.path", "more.config"), std::pair("skein.unheardOf", "1")}) {
    git({"-C", bare.string(), "config", name, value});
    expect_left_to_git(bare, name);
    git({"-C", bare.string(), "config", "--unset", name});
    fs::remove_all(bare / "logs");
  }
  for (const char* file : {"hooks/post-receive", "hooks/reference-transaction", "logs/HEAD"}) {
    write(bare / file, "");
    expect_left_to_git(bare, file);
    fs::remove(bare / file);
    fs::remove(bare / "logs");
  }
  git({"-C", bare.string(), "config", "core.hooksPath", (root_ / "hooks").string()});
  expect_left_to_git(bare, "core.hooksPath");
}

TEST_F(DirectUpdateTest, AParentThatNoBranchIsAtIsLeftToGit) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  const std::string commit = committed(from, change_);
  git({"-C", bare.string(), "update-ref", "refs/other/here", from.commit});
  git({"-C", bare.string(), "update-ref", "-d", "refs/heads/main"});
  {
    const without_git none(root_ / "none");
    EXPECT_NE(pushed_to(bare, from, commit), push_end::pushed);
  }
  EXPECT_EQ(pushed_to(bare, from, commit), push_end::pushed);
}

TEST_F(DirectUpdateTest, ADamagedIndexIsNotCopied) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  const std::string commit = committed(from, change_);
  for (const auto& entry : fs::directory_iterator(from.mirror / "objects/pack")) {
    if (entry.path().extension() != ".idx") continue;
    std::string bytes = read(entry.path());
    bytes[8 + 1024 + 3] = static_cast<char>(bytes[8 + 1024 + 3] ^ 1);
    fs::permissions(entry.path(), fs::perms::owner_write, fs::perm_options::add);
    write(entry.path(), bytes);
  }
  const without_git none(root_ / "none");
  const auto got = push(from.mirror, at(bare), commit, "skein/x", 30s, {});
  EXPECT_TRUE(!got || got->end != push_end::pushed);
  EXPECT_EQ(*find_branch(at(bare), "skein/x", 10s, {}), "");
}

TEST_F(DirectUpdateTest, ABranchInTheWayIsNotShadowed) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  const std::string commit = committed(from, change_);
  git({"-C", bare.string(), "branch", "skein/x", "main"});
  git({"-C", bare.string(), "pack-refs", "--all"});
  for (const char* branch : {"skein", "skein/x/y"}) {
    EXPECT_EQ(pushed_to(bare, from, commit, branch), push_end::rejected) << branch;
    EXPECT_NE(try_git({"-C", bare.string(), "show-ref", "-q", std::string("refs/heads/") + branch})
                  .exit_code,
              0);
  }
}

TEST_F(DirectUpdateTest, ALockedBranchIsNotMoved) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  const std::string commit = committed(from, change_);
  const fs::path lock = bare / "refs/heads/skein/x.lock";
  write(lock, "");
  EXPECT_NE(pushed_to(bare, from, commit), push_end::pushed);
  EXPECT_TRUE(fs::exists(lock));
  fs::remove(lock);
  EXPECT_EQ(pushed_to(bare, from, commit), push_end::pushed);
  EXPECT_FALSE(fs::exists(lock));
}

TEST_F(DirectUpdateTest, WhatACrashLeftOfTheSamePushIsTakenOver) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  const std::string commit = committed(from, change_);
  const fs::path lock = bare / "refs/heads/skein/x.lock";
  EXPECT_EQ(pushed_to(bare, from, commit, "first"), push_end::pushed);
  for (const auto& entry : fs::directory_iterator(bare / "objects/pack")) {
    if (entry.path().extension() == ".idx")
      write(fs::path(entry.path()).replace_extension(".keep"), "");
  }
  write(lock, commit + "\n");
  const without_git none(root_ / "none");
  EXPECT_EQ(pushed_to(bare, from, commit), push_end::pushed);
  EXPECT_FALSE(fs::exists(lock));
  // Another's is not touched.
  write(bare / "refs/heads/skein/y.lock", from.commit + "\n");
  EXPECT_NE(pushed_to(bare, from, commit, "skein/y"), push_end::pushed);
  EXPECT_TRUE(fs::exists(bare / "refs/heads/skein/y.lock"));
}

TEST_F(DirectUpdateTest, ABranchThatIsAnothersNameIsLeftToGit) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  git({"-C", bare.string(), "branch", "real", "main"});
  git({"-C", bare.string(), "symbolic-ref", "refs/heads/skein/x", "refs/heads/real"});
  const auto moved = advance_branch(from.mirror, at(bare), committed(from, change_), "skein/x",
                                    from.commit, 30s, {});
  ASSERT_VALUE(moved);
  EXPECT_EQ(git({"-C", bare.string(), "symbolic-ref", "refs/heads/skein/x"}), "refs/heads/real");
}

}  // namespace
}  // namespace skein::git
