// A remote over http that wants to know who asks: real `git http-backend` behind basic auth.
#include "tests/runtime/git/git_fixture.hpp"
#include "tests/runtime/git/http_git_server.hpp"

#include "runtime/git/login.hpp"

#include <memory>

namespace skein::git {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// x-access-token:tok-secret
constexpr const char* right_login = "Basic eC1hY2Nlc3MtdG9rZW46dG9rLXNlY3JldA==";

class LoginTest : public GitTest {
 protected:
  void SetUp() override {
    if (try_git({"http-backend"}).exit_code == 127 ||
        !fs::exists("/usr/lib/git-core/git-remote-http")) {
      GTEST_SKIP() << "git http-backend is not installed";
    }
    make_bare("served/r.git");
    server_ = std::make_unique<http_git_server>(root_ / "served");
    if (!server_->started()) GTEST_SKIP() << "no listening socket on the loopback interface";
    server_->expect_login(right_login);
    where_ = *parse_location(server_->url("r.git"));
    known_ = where_;
    known_.as = std::make_shared<const login>(login{"x-access-token", "tok-secret"});
  }

  std::unique_ptr<http_git_server> server_;
  location where_;
  location known_;
};

TEST_F(LoginTest, FetchesPushesFindsAndDeletesWithAToken) {
  server_->behave(http_git_server::behaviour::demand_login);
  EXPECT_ERROR(fetch(mirrors(), where_, "", "", 30s, {}), errc::not_found, "");
  const auto got = fetch(mirrors(), known_, "", "", 30s, {});
  ASSERT_VALUE(got);
  const std::string commit = committed(*got, {{put("a.txt", "x\n")}});
  const auto sent = push(got->mirror, known_, commit, "skein/x", 30s, {});
  ASSERT_VALUE(sent);
  EXPECT_EQ(sent->end, push_end::pushed) << sent->detail;
  EXPECT_EQ(*find_branch(known_, "skein/x", 30s, {}), commit);
  ASSERT_VALUE(delete_branch(known_, "skein/x", commit, 30s, {}));
  // Nothing of it is kept: whoever is not told it is still nobody.
  EXPECT_FALSE(find_branch(where_, "skein/x", 30s, {}));
}

TEST_F(LoginTest, T5_AWrongTokenIsRejectedAndNotRepeated) {
  server_->behave(http_git_server::behaviour::serve);
  const auto got = fetch(mirrors(), where_, "", "", 30s, {});
  ASSERT_VALUE(got);
  const std::string commit = committed(*got, {{put("a.txt", "x\n")}});
  server_->behave(http_git_server::behaviour::demand_login);
  known_.as = std::make_shared<const login>(login{"x-access-token", "not-the-token"});
  const auto sent = push(got->mirror, known_, commit, "skein/x", 30s, {});
  ASSERT_VALUE(sent);
  EXPECT_EQ(sent->end, push_end::rejected) << sent->detail;
  EXPECT_THAT(sent->detail, Not(HasSubstr("not-the-token")));
}

TEST_F(LoginTest, T5_AnotherHostIsNotToldTheToken) {
  http_git_server other(root_ / "served");
  ASSERT_TRUE(other.started());
  other.behave(http_git_server::behaviour::demand_login);
  std::string elsewhere = other.url("");
  elsewhere.pop_back();
  server_->redirect_to(elsewhere);
  server_->behave(http_git_server::behaviour::redirect);
  EXPECT_FALSE(fetch(mirrors(), known_, "", "", 30s, {}));
  EXPECT_EQ(other.logins(), 0);
}

TEST_F(LoginTest, T5_ATokenWithALineBreakIsNotGivenToGit) {
  for (const char* bad : {"tok\nhost=evil.example", "", "a b", "tok\r"}) {
    known_.as = std::make_shared<const login>(login{"x-access-token", bad});
    EXPECT_ERROR(find_branch(known_, "main", 30s, {}), errc::invalid, "login");
  }
}

TEST_F(LoginTest, T5_TheTokenIsInNoArgument) {
  for (const auto& each : login_options("https://git.example:8443/a/b.git", 7)) {
    EXPECT_THAT(each, Not(HasSubstr("tok-secret")));
  }
  const auto options = login_options("https://git.example:8443/a/b.git", 7);
  EXPECT_THAT(options[3], HasSubstr("credential.https://git.example:8443.helper="));
}

}  // namespace
}  // namespace skein::git
