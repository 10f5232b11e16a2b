// The built program at both ends of the remote protocol.
#include "tests/cli_control/program.hpp"
#include "tests/cli_control/temp_dir.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace skein::cli {
namespace {

using test::daemon;
using test::skein;
using ::testing::HasSubstr;

class remote_test : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto line = daemon_.ready();
    const auto at = line.find(", listening on ");
    ASSERT_NE(at, std::string::npos) << line << test::content(state_.path() / "serve.log");
    server_ = line.substr(at + 15);
  }
  process::child_result local(std::vector<std::string> words) {
    words.insert(words.end(), {"--state-dir", state_.path()});
    return skein(std::move(words));
  }
  /// As somebody on another machine.
  process::child_result remote(std::vector<std::string> words, const std::string& credentials) {
    words.insert(words.end(), {"--state-dir", elsewhere_.path(), "--server", server_,
                               "--credentials", credentials});
    return skein(std::move(words));
  }
  std::string operator_named(const std::string& name, std::vector<std::string> more) {
    auto file = (elsewhere_.path() / (name + ".yaml")).string();
    more.insert(more.begin(), {"operator", "add", name, "--out", file});
    const auto made = local(std::move(more));
    EXPECT_EQ(made.exit_code, 0) << made.err;
    return file;
  }

  test::temp_dir state_, elsewhere_;
  daemon daemon_{state_.path(), {"--listen", "127.0.0.1:0"}};
  std::string server_;
};

TEST_F(remote_test, S5AnswersAsTheStateDirectoryDoes) {
  const auto ann = operator_named("ann", {"--role", "operator"});
  ASSERT_EQ(remote({"hold", "--tenant", "payments", "--reason", "tests"}, ann).exit_code, 0);
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"get", "runs"},
                                             {"get", "runs", "-o", "json"},
                                             {"get", "campaigns", "-o", "json"},
                                             {"get", "approvals", "-o", "json"},
                                             {"get", "tenants", "-o", "json"},
                                             {"get", "workers", "-o", "json"},
                                             {"describe", "run", "nobody"},
                                             {"why", "nobody"},
                                             {"campaign", "status", "none"},
                                             {"campaign", "rollback", "none"},
                                             {"audit", "export"}}) {
    const auto here = local(words);
    const auto there = remote(words, ann);
    EXPECT_EQ(there.exit_code, here.exit_code) << words.front() << there.err;
    if (words.front() == "audit") {
      // Each session adds its own row.
      EXPECT_TRUE(there.out.starts_with(here.out)) << there.out;
      EXPECT_THAT(there.out, HasSubstr(R"("by":"ann")"));
      EXPECT_THAT(there.out, HasSubstr("session_opened"));
      EXPECT_THAT(there.out, HasSubstr("operator_added"));
    } else {
      EXPECT_EQ(there.out, here.out) << words.front();
      EXPECT_EQ(there.err, here.err) << words.front();
    }
  }
  // Without --credentials the ones of the state directory are taken.
  const auto owner = local({"get", "runs", "--server", server_});
  EXPECT_EQ(owner.exit_code, 0) << owner.err;
}

TEST_F(remote_test, S5ExitCode4ForWhoMayNot) {
  const auto viewer = operator_named("vic", {"--role", "viewer"});
  EXPECT_EQ(remote({"get", "runs"}, viewer).exit_code, 0);
  const auto refused = remote({"kill", "--all", "--reason", "x"}, viewer);
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, HasSubstr("role viewer, which may not set_switch"));
  ASSERT_EQ(local({"operator", "revoke", "vic"}).exit_code, 0);
  const auto revoked = remote({"get", "runs"}, viewer);
  EXPECT_EQ(revoked.exit_code, 4);
  EXPECT_THAT(revoked.err, HasSubstr("revoked"));
  const auto nobody = skein({"get", "runs", "--server", server_, "--state-dir", elsewhere_.path()});
  EXPECT_EQ(nobody.exit_code, 4);
  EXPECT_THAT(nobody.err, HasSubstr("no credentials"));
  const auto listed = nlohmann::json::parse(local({"operator", "list", "-o", "json"}).out);
  EXPECT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed.at(1).at("state"), "revoked");
}

TEST_F(remote_test, S5AwayIsSaidSoon) {
  const auto ann = operator_named("ann", {"--role", "viewer"});
  daemon_.signal(SIGTERM);
  ASSERT_EQ(daemon_.end(), 0);
  const auto away = remote({"get", "runs"}, ann);
  EXPECT_EQ(away.exit_code, 1);
  EXPECT_THAT(away.err, HasSubstr("nobody listens there"));
}

}  // namespace
}  // namespace skein::cli
