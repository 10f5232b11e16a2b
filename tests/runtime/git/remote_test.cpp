// Remotes that are not on this machine: over smart HTTP (real `git http-backend`), and over ssh
// with a stand-in for the ssh program that runs the command here.
#include "tests/runtime/git/git_fixture.hpp"
#include "tests/runtime/git/http_git_server.hpp"

#include <memory>

namespace skein::git {
namespace {

using ::testing::HasSubstr;

class HttpTest : public GitTest {
 protected:
  void SetUp() override {
    if (try_git({"http-backend"}).exit_code == 127 ||
        !fs::exists("/usr/lib/git-core/git-remote-http")) {
      GTEST_SKIP() << "git http-backend is not installed";
    }
    make_bare("served/r.git");
    server_ = std::make_unique<http_git_server>(root_ / "served");
    if (!server_->started()) GTEST_SKIP() << "no listening socket on the loopback interface";
    where_ = *parse_location(server_->url("r.git"));
  }
  result<base> fetch_http(const std::string& branch = "", const std::string& commit = "") {
    return fetch(mirrors(), where_, branch, commit, 30s, {});
  }
  fs::path bare() const { return root_ / "served/r.git"; }
  /// Another commit on main of the served repository.
  std::string advance(const std::string& text) {
    const fs::path work = root_ / "served/r.git-work";
    write(work / "a.txt", text);
    commit_all(work);
    git({"-C", work.string(), "push", "-q", bare().string(), "main"});
    return head(work);
  }

  std::unique_ptr<http_git_server> server_;
  location where_;
};

TEST_F(HttpTest, FetchesUpdatesAndChecksOut) {
  const std::string first = head(bare());
  auto got = fetch_http();
  ASSERT_VALUE(got);
  EXPECT_EQ(got->branch, "main");
  EXPECT_EQ(got->commit, first);
  const std::string second = advance("second\n");
  got = fetch_http("main");
  ASSERT_VALUE(got);
  EXPECT_EQ(got->commit, second);
  const auto dir = checkout(bases(), where_, *got, {});
  ASSERT_VALUE(dir);
  EXPECT_EQ(read(*dir / "a.txt"), "second\n");
  git({"-C", bare().string(), "branch", "rewound", first});
  git({"-C", bare().string(), "branch", "-f", "rewound", second});
  ASSERT_VALUE(fetch_http("rewound"));
}

TEST_F(HttpTest, CommitByIdAlsoWhenTheServerDoesNotGiveItOut) {
  const std::string first = head(bare());
  advance("second\n");
  auto got = fetch_http("", first);
  ASSERT_VALUE(got);
  EXPECT_EQ(got->commit, first);
  EXPECT_EQ(got->branch, "");
  fs::remove_all(got->mirror);
  // Protocol 0 refuses an id that is no branch's tip.
  git({"-C", bare().string(), "config", "uploadpack.allowAnySHA1InWant", "false"});
  git({"-C", bare().string(), "config", "protocol.version", "0"});
  got = fetch_http("", first);
  ASSERT_VALUE(got);
  EXPECT_EQ(got->commit, first);
  EXPECT_ERROR(fetch_http("", std::string(40, '1')), errc::not_found, std::string(40, '1'));
}

TEST_F(HttpTest, F2_SaysExactlyWhatIsWrong) {
  EXPECT_ERROR(fetch_http("nope"), errc::not_found, "no branch nope");
  where_ = *parse_location(server_->url("absent.git"));
  EXPECT_ERROR(fetch_http(), errc::not_found, "not found");
  git({"init", "-q", "--bare", "-b", "main", (root_ / "served/empty.git").string()});
  where_ = *parse_location(server_->url("empty.git"));
  EXPECT_ERROR(fetch_http(), errc::invalid, "is empty");
  EXPECT_ERROR(fetch_http("main"), errc::invalid, "is empty");
  server_->behave(http_git_server::behaviour::demand_login);
  where_ = *parse_location(server_->url("r.git"));
  EXPECT_ERROR(fetch_http(), errc::not_found, "could not read Username");
  where_ = *parse_location("http://127.0.0.1:1/x.git");
  EXPECT_ERROR(fetch_http(), errc::unavailable, "fatal");
}

TEST_F(HttpTest, DetachedHead) {
  const std::string commit = head(bare());
  write(bare() / "HEAD", commit + "\n");
  const auto got = fetch_http();
  ASSERT_VALUE(got);
  EXPECT_EQ(got->branch, "HEAD");
  EXPECT_EQ(got->commit, commit);
}

TEST_F(HttpTest, TimeoutAndCancellation) {
  server_->behave(http_git_server::behaviour::hang);
  const auto late = fetch(mirrors(), where_, "main", "", 500ms, {});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, errc::timeout) << late.error().message;
  std::stop_source source;
  source.request_stop();
  EXPECT_ERROR(fetch(mirrors(), where_, "main", "", 30s, source.get_token()), errc::cancelled, "");
  server_->behave(http_git_server::behaviour::serve);
  ASSERT_VALUE(fetch_http());
}

TEST_F(HttpTest, LockFilesOfAKilledFetchDoNotBlockTheNext) {
  const auto got = fetch_http();
  ASSERT_VALUE(got);
  write(got->mirror / "shallow.lock", "");
  write(got->mirror / "refs/skein/heads/main.lock", "");
  const std::string second = advance("second\n");
  const auto again = fetch_http();
  ASSERT_VALUE(again);
  EXPECT_EQ(again->commit, second);
}

TEST_F(HttpTest, PushFindAndDelete) {
  const auto got = fetch_http();
  ASSERT_VALUE(got);
  const std::string commit = committed(*got, {{put("a.txt", "x\n"), put("n/m", "y\n")}});
  EXPECT_EQ(*find_branch(where_, "skein/x", 30s, {}), "");
  for (int times = 0; times < 2; ++times) {
    const auto result = push(got->mirror, where_, commit, "skein/x", 30s, {});
    ASSERT_VALUE(result);
    EXPECT_EQ(result->end, push_end::pushed) << result->detail;
  }
  EXPECT_EQ(*find_branch(where_, "skein/x", 30s, {}), commit);
  EXPECT_EQ(git({"-C", bare().string(), "show", "skein/x:n/m"}), "y");
  git({"-C", bare().string(), "fsck", "--strict", "--no-dangling"});
  const std::string other = committed(*got, {{put("a.txt", "z\n")}});
  const auto taken = push(got->mirror, where_, other, "skein/x", 30s, {});
  ASSERT_VALUE(taken);
  EXPECT_EQ(taken->end, push_end::rejected);
  EXPECT_THAT(taken->detail, HasSubstr("exists already"));
  EXPECT_ERROR(delete_branch(where_, "skein/x", other, 30s, {}), errc::conflict, commit);
  ASSERT_VALUE(delete_branch(where_, "skein/x", commit, 30s, {}));
  ASSERT_VALUE(delete_branch(where_, "skein/x", commit, 30s, {}));
  EXPECT_EQ(*find_branch(where_, "skein/x", 30s, {}), "");
}

TEST_F(HttpTest, PushDeclinedLostAndForbidden) {
  const auto got = fetch_http();
  ASSERT_VALUE(got);
  const std::string commit = committed(*got, {{put("a.txt", "x\n")}});
  write(bare() / "hooks/pre-receive", "#!/bin/sh\necho 'no pushes on fridays' >&2; exit 1\n");
  ::chmod((bare() / "hooks/pre-receive").c_str(), 0755);
  const auto declined = push(got->mirror, where_, commit, "skein/x", 30s, {});
  ASSERT_VALUE(declined);
  EXPECT_EQ(declined->end, push_end::rejected);
  EXPECT_THAT(declined->detail, HasSubstr("pre-receive hook declined"));
  fs::remove(bare() / "hooks/pre-receive");

  server_->behave(http_git_server::behaviour::demand_login);
  const auto forbidden = push(got->mirror, where_, commit, "skein/x", 30s, {});
  ASSERT_VALUE(forbidden);
  EXPECT_EQ(forbidden->end, push_end::rejected) << forbidden->detail;

  // The branch is there, but the answer is lost: only find_branch can tell.
  server_->behave(http_git_server::behaviour::drop_after_push);
  const auto lost = push(got->mirror, where_, commit, "skein/x", 30s, {});
  ASSERT_VALUE(lost);
  EXPECT_EQ(lost->end, push_end::unknown) << lost->detail;
  EXPECT_EQ(*find_branch(where_, "skein/x", 30s, {}), commit);

  const auto gone =
      push(got->mirror, *parse_location("http://127.0.0.1:1/x.git"), commit, "skein/x", 30s, {});
  ASSERT_VALUE(gone);
  EXPECT_EQ(gone->end, push_end::unknown);
}

class SshTest : public GitTest {
 protected:
  void SetUp() override {
    make_bare("served/r.git");
    // ssh -oBatchMode=yes [-o SendEnv=…] HOST COMMAND: the last word is the command.
    write(root_ / "bin/ssh",
          "#!/bin/sh\nprintf '%s\\n' \"$@\" >> " + (root_ / "ssh-arguments").string() +
              "\nfor last; do :; done\ncase $last in *denied*) echo 'git@host: Permission denied "
              "(publickey).' >&2; exit 255;; esac\nexec sh -c \"$last\"\n");
    ::chmod((root_ / "bin/ssh").c_str(), 0755);
    path_ = std::getenv("PATH");
    ::setenv("PATH", ((root_ / "bin").string() + ":" + path_).c_str(), 1);
  }
  void TearDown() override { ::setenv("PATH", path_.c_str(), 1); }
  std::string path_;
};

TEST_F(SshTest, FetchPushDelete) {
  for (const std::string& url : {"ssh://git@host" + (root_ / "served/r.git").string(),
                                 "git@host:" + (root_ / "served/r.git").string()}) {
    const location where = *parse_location(url);
    const auto got = fetch(mirrors(), where, "", "", 30s, {});
    ASSERT_VALUE(got);
    EXPECT_EQ(got->branch, "main");
    const std::string commit = committed(*got, {{put("a.txt", "x\n")}});
    const auto result = push(got->mirror, where, commit, "skein/x", 30s, {});
    ASSERT_VALUE(result);
    EXPECT_EQ(result->end, push_end::pushed) << result->detail;
    EXPECT_EQ(*find_branch(where, "skein/x", 30s, {}), commit);
    ASSERT_VALUE(delete_branch(where, "skein/x", commit, 30s, {}));
  }
  EXPECT_THAT(read(root_ / "ssh-arguments"), HasSubstr("-oBatchMode=yes\n"));
}

TEST_F(SshTest, NoAccess) {
  const location where = *parse_location("git@host:denied/x.git");
  const auto got = fetch(mirrors(), where, "", "", 30s, {});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::not_found) << got.error().message;
  const base from = fetched(root_ / "served/r.git");
  const auto result =
      push(from.mirror, where, committed(from, {{put("a", "b")}}), "skein/x", 30s, {});
  ASSERT_VALUE(result);
  EXPECT_EQ(result->end, push_end::rejected) << result->detail;
}

}  // namespace
}  // namespace skein::git
