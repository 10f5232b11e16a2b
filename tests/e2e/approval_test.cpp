// A change that waits for a person, from the command line: two users, one daemon.
#include "tests/e2e/program.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

namespace skein::e2e {

using ::testing::HasSubstr;
using ::testing::Not;

class approval_e2e : public program_test {
 protected:
  std::string ci_change() {
    const auto url = repository("a", "mkdir -p .github/workflows; echo 'on: push' "
                                     ">.github/workflows/ci.yml; echo old >file");
    return task(url, "echo '# more' >>.github/workflows/ci.yml", "true",
                "  capabilities: {modifyCi: true}\n");
  }
};

TEST_F(approval_e2e, H_AChangeOfCiWaitsAndItsSubmitterCannotLetItGo) {
  const auto object = run(ci_change());
  EXPECT_EQ(last_exit_, 8);
  EXPECT_EQ(object["state"], "waiting_approval");
  const std::string id = object["runId"];
  const auto waiting = nlohmann::json::parse(skein({"get", "approvals", "-o", "json"}).out);
  ASSERT_EQ(waiting.size(), 1U);
  EXPECT_EQ(waiting[0]["diffSha256"], object["diff"]["sha256"]);
  EXPECT_THAT(skein({"why", id}).out, HasSubstr("waits for approval"));
  EXPECT_EQ(skein({"approve", id}).exit_code, 4);
  EXPECT_EQ(sh("git --git-dir=remote/a.git branch --list 'skein/*' | wc -l"), "0\n");
  EXPECT_EQ(skein({"deny", id, "--reason", "not now"}).exit_code, 0);
  EXPECT_THAT(skein({"why", id}).out, HasSubstr("not now"));
  EXPECT_EQ(skein({"audit", "verify"}).exit_code, 0);
}

TEST_F(approval_e2e, H4_TheNetworkAtHighRiskIsAskedForBeforeAnythingRuns) {
  const auto url = repository("a", "echo old >file");
  const auto object = run(task(url, "sed -i s/old/new/ file", "true",
                               "  risk: high\n  capabilities: {network: registries}\n"));
  EXPECT_EQ(last_exit_, 8);
  ASSERT_EQ(object["state"], "waiting_approval") << object.dump(1);
  const std::string id = object["runId"];
  const auto waiting = nlohmann::json::parse(skein({"get", "approvals", "-o", "json"}).out);
  ASSERT_EQ(waiting.size(), 1U);
  EXPECT_EQ(waiting[0]["required"], 2);
  EXPECT_EQ(waiting[0]["diffSha256"], object["task"]["sha256"]) << "no change yet: it is about the task";
  EXPECT_THAT(skein({"trace", id}).out, Not(HasSubstr("command_ended"))) << "nothing has run";
  EXPECT_EQ(skein({"approve", id}).exit_code, 4) << "not by who submitted it";
  EXPECT_EQ(skein({"diff", id}).out, "");
  EXPECT_EQ(skein({"deny", id, "--reason", "not at night"}).exit_code, 0);
  EXPECT_THAT(skein({"why", id}).out, HasSubstr("not at night"));
  EXPECT_EQ(skein({"approve", id}).exit_code, 1) << "it is over";
  EXPECT_EQ(skein({"audit", "verify"}).exit_code, 0);
}

TEST_F(approval_e2e, C12_SomebodyElseLetsItGoThroughTheDaemon) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to be two users";
  write("task.yaml", ci_change());
  const std::string program = std::string{SKEIN_TEST_BIN_DIR} + "/skein";
  sh("chown -R 65534:65534 .; export SKEIN_STATE_DIR=$PWD/state\n"
     "other() { setpriv --reuid=65534 --regid=65534 --clear-groups " + program + " \"$@\"; }\n"
     "other serve >serve.out 2>serve.err & trap 'kill $!; wait' EXIT\n"
     "for i in $(seq 100); do [ -s serve.out ] && break; sleep 0.1; done\n"
     "rc=0; other run -f task.yaml -o json >run.json || rc=$?; [ $rc = 8 ]\n"
     "id=$(sed -n 's/.*\"runId\": \"\\(.*\\)\".*/\\1/p' run.json)\n"
     "rc=0; other approve $id 2>err || rc=$?; [ $rc = 4 ]\n" +
     program + " approve $id --reason 'looked at it'\n"
     "for i in $(seq 100); do " + program +
     " get runs | grep -q published && break; sleep 0.1; done\n" + program +
     " get runs | grep -q published\n" + program +
     " get approvals --state approved -o json | grep -q '\"by\": \"root\"'");
  EXPECT_EQ(sh("git -c safe.directory='*' --git-dir=remote/a.git branch --list 'skein/*' | wc -l"),
            "1\n");
}

}  // namespace skein::e2e
