// push(), find_branch(), delete_branch() to repositories on this machine.
#include "tests/runtime/git/git_fixture.hpp"

#include <unistd.h>

#include <algorithm>
#include <thread>

namespace skein::git {
namespace {

using ::testing::HasSubstr;
using workspace::change_set;

class PushTest : public GitTest {
 protected:
  push_result pushed_to(const fs::path& where, const base& from, const std::string& commit,
                        const std::string& branch = "skein/x", std::stop_token stop = {}) {
    auto got = push(from.mirror, at(where), commit, branch, 30s, std::move(stop));
    EXPECT_TRUE(got) << got.error().message;
    return got ? *got : push_result{};
  }
  static void hook(const fs::path& bare, const std::string& name, const std::string& script) {
    write(bare / "hooks" / name, "#!/bin/sh\n" + script);
    ::chmod((bare / "hooks" / name).c_str(), 0755);
  }
  const change_set change_{{put("a.txt", "changed\n"), put("new/file", "n\n")}};
};

TEST_F(PushTest, BareAndWorkingRepositories) {
  const fs::path bare = make_bare("r.git");
  for (const fs::path& where : {bare, root_ / "r.git-work"}) {
    const base from = fetched(where);
    const std::string commit = committed(from, change_);
    const push_result result = pushed_to(where, from, commit);
    EXPECT_EQ(result.end, push_end::pushed) << result.detail;
    EXPECT_EQ(head(where, "refs/heads/skein/x"), commit);
    EXPECT_EQ(git({"-C", where.string(), "show", "skein/x:new/file"}), "n");
    git({"-C", where.string(), "fsck", "--strict", "--no-dangling"});
    EXPECT_EQ(*find_branch(at(where), "skein/x", 10s, {}), commit);
    EXPECT_EQ(*find_branch(at(where), "skein/other", 10s, {}), "");
  }
}

TEST_F(PushTest, TwiceIsPushedAndAnotherCommitIsRejected) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  const std::string commit = committed(from, change_);
  EXPECT_EQ(pushed_to(bare, from, commit).end, push_end::pushed);
  EXPECT_EQ(pushed_to(bare, from, commit).end, push_end::pushed);
  const std::string other = committed(from, {{put("a.txt", "other\n")}});
  const push_result taken = pushed_to(bare, from, other);
  EXPECT_EQ(taken.end, push_end::rejected);
  EXPECT_THAT(taken.detail, HasSubstr("exists already"));
  EXPECT_EQ(head(bare, "refs/heads/skein/x"), commit);
  // A branch cannot be where a directory of branches is.
  const push_result nested = pushed_to(bare, from, other, "skein/x/y");
  EXPECT_EQ(nested.end, push_end::rejected) << nested.detail;
}

TEST_F(PushTest, WorksWithoutThePackThatWriteTreeLeft) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  const std::string commit = committed(from, {{put("a.txt", "changed\n"), put("d/e/f", "n\n")}});
  const fs::path packs = from.mirror / "objects/pack";
  fs::path pack = fs::directory_iterator(packs)->path();
  const std::string bytes = read(pack.replace_extension(".pack"));
  fs::remove_all(packs);
  fs::create_directories(packs);
  git({"--git-dir=" + from.mirror.string(), "unpack-objects", "-q"}, bytes);
  const push_result result = pushed_to(bare, from, commit);
  EXPECT_EQ(result.end, push_end::pushed) << result.detail;
  EXPECT_EQ(git({"-C", bare.string(), "show", "skein/x:d/e/f"}), "n");
}

TEST_F(PushTest, DamagedPackIsMadeAnewOrRefused) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  const std::string commit = committed(from, change_);
  for (const auto& entry : fs::directory_iterator(from.mirror / "objects/pack")) {
    if (entry.path().extension() != ".pack") continue;
    std::string bytes = read(entry.path());
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    fs::permissions(entry.path(), fs::perms::owner_write, fs::perm_options::add);
    write(entry.path(), bytes);
  }
  const auto result = push(from.mirror, at(bare), commit, "skein/x", 30s, {});
  EXPECT_TRUE(!result || result->end != push_end::pushed);
  EXPECT_EQ(*find_branch(at(bare), "skein/x", 10s, {}), "");
}

TEST_F(PushTest, HooksOfTheRemoteDecide) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  const std::string commit = committed(from, change_);
  hook(bare, "pre-receive", "echo 'no pushes on fridays \033[31m' >&2; exit 1\n");
  const push_result declined = pushed_to(bare, from, commit);
  EXPECT_EQ(declined.end, push_end::rejected);
  EXPECT_THAT(declined.detail, HasSubstr("pre-receive hook declined"));
  EXPECT_THAT(declined.detail, HasSubstr("no pushes on fridays"));
  EXPECT_THAT(declined.detail, ::testing::Not(HasSubstr("\033")));
  EXPECT_LT(declined.detail.size(), 1000U);
  EXPECT_EQ(*find_branch(at(bare), "skein/x", 10s, {}), "");
  fs::remove(bare / "hooks/pre-receive");
  hook(bare, "update", "test \"$1\" = refs/heads/skein/y\n");
  EXPECT_EQ(pushed_to(bare, from, commit).end, push_end::rejected);
  EXPECT_EQ(pushed_to(bare, from, commit, "skein/y").end, push_end::pushed);
  fs::remove(bare / "hooks/update");
  hook(bare, "post-receive", "env > " + (root_ / "env").string() + "; exit 1\n");
  ::setenv("SKEIN_TEST_SECRET", "hunter2", 1);
  EXPECT_EQ(pushed_to(bare, from, commit, "skein/z").end, push_end::pushed);
  ::unsetenv("SKEIN_TEST_SECRET");
  EXPECT_THAT(read(root_ / "env"), HasSubstr("PATH="));
  EXPECT_THAT(read(root_ / "env"), ::testing::Not(HasSubstr("hunter2")));
}

TEST_F(PushTest, SettingsOfTheRemoteWinOverOurDefaults) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  git({"-C", bare.string(), "config", "receive.unpackLimit", "1000"});
  EXPECT_EQ(pushed_to(bare, from, committed(from, change_)).end, push_end::pushed);
  std::size_t loose = 0;
  for (const auto& entry : fs::directory_iterator(bare / "objects")) {
    if (entry.path().filename().string().size() == 2) ++loose;
  }
  EXPECT_GT(loose, 0U);
  git({"-C", bare.string(), "config", "receive.denyCreates", "true"});
  git({"-C", bare.string(), "config", "transfer.hideRefs", "refs/heads/secret"});
  EXPECT_EQ(pushed_to(bare, from, committed(from, {{put("b", "2")}}), "secret/x").end,
            push_end::rejected);
}

TEST_F(PushTest, RemoteGoneIsUnknown) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  const std::string commit = committed(from, change_);
  fs::rename(bare, root_ / "away");
  const auto result = push(from.mirror, at(bare), commit, "skein/x", 10s, {});
  if (result) {
    EXPECT_EQ(result->end, push_end::unknown);
    EXPECT_THAT(result->detail, HasSubstr("no such repository"));
  }
  EXPECT_ERROR(find_branch(at(bare), "skein/x", 10s, {}), errc::not_found, "no such repository");
}

TEST_F(PushTest, TimeoutIsUnknown) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  hook(bare, "pre-receive", "exec tail -f /dev/null\n");
  const auto result = push(from.mirror, at(bare), committed(from, change_), "skein/x", 500ms, {});
  ASSERT_VALUE(result);
  EXPECT_EQ(result->end, push_end::unknown);
}

TEST_F(PushTest, CancelledInTheMiddleSaysWhatTheBranchSays) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  const std::string commit = committed(from, change_);
  const fs::path signal = root_ / "signal";
  ASSERT_EQ(::mkfifo(signal.c_str(), 0600), 0);
  for (const auto& [name, expected] :
       {std::pair("pre-receive", push_end::unknown), std::pair("post-receive", push_end::pushed)}) {
    hook(bare, name, "echo here > " + signal.string() + "; exec tail -f /dev/null\n");
    std::stop_source source;
    const std::jthread canceller([&] {
      read(signal);  // returns when the hook has run
      source.request_stop();
    });
    EXPECT_EQ(pushed_to(bare, from, commit, "skein/x", source.get_token()).end, expected) << name;
    fs::remove(bare / "hooks" / name);
  }
}

TEST_F(PushTest, CancelledBeforeIsNothing) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  const std::string commit = committed(from, change_);
  std::stop_source source;
  source.request_stop();
  EXPECT_ERROR(push(from.mirror, at(bare), commit, "skein/x", 10s, source.get_token()),
               errc::cancelled, "cancelled");
  EXPECT_EQ(*find_branch(at(bare), "skein/x", 10s, {}), "");
}

TEST_F(PushTest, BadNamesAndCommits) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  const std::string commit = committed(from, change_);
  for (const char* name : {"", "-x", "a b", "a..b", "a.lock", "x~1", "../../x"}) {
    EXPECT_ERROR(push(from.mirror, at(bare), commit, name, 10s, {}), errc::invalid, "branch name");
  }
  EXPECT_FALSE(push(from.mirror, at(bare), std::string(40, '1'), "skein/x", 10s, {}));
  EXPECT_ERROR(push(from.mirror, at(bare), "main", "skein/x", 10s, {}), errc::invalid, "object id");
}

TEST_F(PushTest, DeletesOnlyWhatIsStillOurs) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  const std::string commit = committed(from, change_);
  EXPECT_TRUE(delete_branch(at(bare), "skein/x", commit, 10s, {}));  // absent is done
  EXPECT_EQ(pushed_to(bare, from, commit).end, push_end::pushed);
  EXPECT_ERROR(delete_branch(at(bare), "skein/x", from.commit, 10s, {}), errc::conflict, commit);
  EXPECT_EQ(head(bare, "refs/heads/skein/x"), commit);
  git({"-C", bare.string(), "config", "receive.denyDeletes", "true"});
  EXPECT_ERROR(delete_branch(at(bare), "skein/x", commit, 10s, {}), errc::refused,
               "deletion prohibited");
  git({"-C", bare.string(), "config", "receive.denyDeletes", "false"});
  const auto deleted = delete_branch(at(bare), "skein/x", commit, 10s, {});
  ASSERT_VALUE(deleted);
  EXPECT_EQ(*find_branch(at(bare), "skein/x", 10s, {}), "");
}

TEST_F(PushTest, ConcurrentPushesOfOneBranchHaveOneWinner) {
  const fs::path bare = make_bare("r.git");
  const base from = fetched(bare);
  std::vector<push_end> ends(4);
  std::vector<std::string> commits;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    commits.push_back(committed(from, {{put("n", std::to_string(i))}}));
  }
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      threads.emplace_back([&, i] {
        const auto got = push(from.mirror, at(bare), commits[i], "skein/x", 30s, {});
        if (got) ends[i] = got->end;
      });
    }
  }
  EXPECT_EQ(std::count(ends.begin(), ends.end(), push_end::pushed), 1);
  EXPECT_EQ(std::count(ends.begin(), ends.end(), push_end::rejected), 3);
}

}  // namespace
}  // namespace skein::git
