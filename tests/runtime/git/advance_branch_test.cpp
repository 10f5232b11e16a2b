// advance_branch(): the second push of a branch that is ours, and no other.
#include "runtime/git/advance_branch.hpp"

#include "tests/runtime/git/git_fixture.hpp"
#include "tests/runtime/git/http_git_server.hpp"

#include <memory>

namespace skein::git {
namespace {

class AdvanceTest : public GitTest {
 protected:
  void SetUp() override { bare_ = make_bare("served/r.git"); }
  /// One pushed commit, and the base that the next one stands on.
  base pushed_once(const location& where) {
    auto from = fetch(mirrors(), where, "", "", 30s, {});
    EXPECT_TRUE(from) << from.error().message;
    first_ = committed(*from, {{put("a.txt", "1\n")}});
    EXPECT_EQ(push(from->mirror, where, first_, "skein/x", 30s, {})->end, push_end::pushed);
    auto next = fetch(mirrors(), where, "skein/x", first_, 30s, {});
    EXPECT_TRUE(next) << next.error().message;
    return next ? *next : base{};
  }
  push_result advanced(const location& where, const base& from, const std::string& commit,
                       const std::string& before) {
    auto got = advance_branch(from.mirror, where, commit, "skein/x", before, 30s, {});
    EXPECT_TRUE(got) << got.error().message;
    return got ? *got : push_result{};
  }
  void walk(const location& where) {
    const auto from = pushed_once(where);
    const auto second = committed(from, {{put("a.txt", "2\n")}});
    EXPECT_EQ(advanced(where, from, second, first_).end, push_end::pushed);
    EXPECT_EQ(head(bare_, "refs/heads/skein/x"), second);
    EXPECT_EQ(advanced(where, from, second, first_).end, push_end::pushed) << "it is there already";
    // A rebase: no child of what is there.
    const auto base_now = fetch(mirrors(), where, "main", "", 30s, {});
    ASSERT_TRUE(base_now) << base_now.error().message;
    const auto anew = committed(*base_now, {{put("a.txt", "2\n")}}, "skein: again");
    EXPECT_EQ(advanced(where, *base_now, anew, first_).end, push_end::rejected) << "it moved";
    EXPECT_EQ(advanced(where, *base_now, anew, second).end, push_end::pushed);
    EXPECT_EQ(head(bare_, "refs/heads/skein/x"), anew);
    git({"-C", bare_.string(), "update-ref", "refs/heads/skein/x", second});
    const auto other = committed(from, {{put("a.txt", "3\n")}});
    EXPECT_EQ(advanced(where, from, other, first_).end, push_end::rejected);
    EXPECT_EQ(head(bare_, "refs/heads/skein/x"), second) << "never overwritten";
    git({"-C", bare_.string(), "branch", "-D", "skein/x"});
    EXPECT_EQ(advanced(where, from, other, first_).end, push_end::rejected) << "it was deleted";
    EXPECT_EQ(try_git({"-C", bare_.string(), "rev-parse", "--verify", "-q", "refs/heads/skein/x"})
                  .exit_code,
              1);
  }

  fs::path bare_;
  std::string first_;
};

TEST_F(AdvanceTest, OnThisMachineOnlyFromWhereItWas) {
  walk(at(bare_));
}

TEST_F(AdvanceTest, OverHttpOnlyFromWhereItWas) {
  if (try_git({"http-backend"}).exit_code == 127 ||
      !fs::exists("/usr/lib/git-core/git-remote-http")) {
    GTEST_SKIP() << "git http-backend is not installed";
  }
  git({"-C", bare_.string(), "config", "http.receivepack", "true"});
  const http_git_server server(root_ / "served");
  if (!server.started()) GTEST_SKIP() << "no listening socket on the loopback interface";
  walk(*parse_location(server.url("r.git")));
}

}  // namespace
}  // namespace skein::git
