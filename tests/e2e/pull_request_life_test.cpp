// Open pull requests whose base moves, and campaigns that are rolled back, through a daemon: real
// pushes to a bare repository, reviews kept by the forge of kind local.
#include "tests/e2e/served_program.hpp"

namespace skein::e2e {

using ::testing::HasSubstr;

class pull_request_life : public served_program {
 protected:
  void SetUp() override {
    served_program::SetUp();
    if (IsSkipped()) return;
    url_ = repository("pay", "printf 'old\\n2\\n3\\n4\\n5\\n6\\n' >f; echo keep >g");
    serve("--cells 2 --config " +
          config("forges:\n  work: {kind: local, repositories: " + directory_.string() +
                 "/, directory: " + directory_.string() +
                 "/reviews, pollAfter: 1s, limits: {rebases: 2}}\n"));
  }
  std::string git(const std::string& line) { return sh("git --git-dir=remote/pay.git " + line); }
  /// Somebody's commit on main, made by `change` in a work tree.
  void move_base(const std::string& change) {
    sh("cd work/pay; git checkout -q main; " + change +
       "; git add -A; git commit -qm theirs; git push -q ../../remote/pay.git main");
  }
  /// Lets the daemon work until the shell condition holds, one look of the command line after the
  /// other, with an end.
  bool until(const std::string& condition) {
    return sh("if timeout 60 sh -c 'until " + condition + "; do " +
              std::string{SKEIN_TEST_BIN_DIR} +
              "/skein get runs --state-dir state >/dev/null; done'; then echo yes; fi") == "yes\n";
  }
  std::string branch() {
    return sh(
        "git --git-dir=remote/pay.git for-each-ref "
        "--format='%(refname:short)' refs/heads/skein | tr -d '\\n'");
  }
  bool rebased(const std::string& from) {
    return until("[ \"$(git --git-dir=remote/pay.git rev-parse " + branch() + "^)\" != " + from +
                 " ]");
  }
  std::string url_;
};

TEST_F(pull_request_life, T10_a_moved_base_is_followed_with_a_fresh_verify_and_one_pull_request) {
  const auto first = run(task(url_, "sed -i s/old/new/ f", "grep -q keep g || grep -q other g"));
  ASSERT_EQ(first["state"], "published") << first.dump();
  const auto base = sh("git --git-dir=remote/pay.git rev-parse main | tr -d '\\n'");
  // The same file, another line: it applies, and nobody runs the steps again.
  move_base("sed -i s/6/six/ f; echo other >g");
  ASSERT_TRUE(rebased(base)) << file("err");
  EXPECT_EQ(git("rev-parse " + branch() + "^"), git("rev-parse main"));
  EXPECT_EQ(git("show " + branch() + ":f"), "new\n2\n3\n4\n5\nsix\n");
  const auto id = first["runId"].get<std::string>();
  ASSERT_TRUE(
      until("[ \"$(" + std::string{SKEIN_TEST_BIN_DIR} +
            "/skein get runs --state-dir state -o json | grep -c \"\\\"published\\\"\")\" = 2 ]"));
  auto runs = nlohmann::json::parse(skein({"get", "runs", "-o", "json"}).out);
  ASSERT_EQ(runs.size(), 2U);
  auto& second = runs[0]["runId"] == id ? runs[1] : runs[0];
  auto told = nlohmann::json::parse(
      skein({"describe", "run", second["runId"].get<std::string>(), "-o", "json"}).out);
  EXPECT_EQ(told["verifiers"][0]["status"], "passed") << told.dump();
  EXPECT_EQ(told["usage"]["toolCalls"], 0) << "no step was run again";
  const auto body = sh("cat $(find reviews -name '*.json')");
  EXPECT_THAT(body, HasSubstr(git("rev-parse main").substr(0, 12)));
  EXPECT_THAT(body, ::testing::Not(HasSubstr(base.substr(0, 12))));
  EXPECT_THAT(body, HasSubstr("skein run=" + id)) << "it stays that of its first run";

  // The very line: it does not apply, so the steps run anew on what is there now.
  const auto moved = sh("git --git-dir=remote/pay.git rev-parse main | tr -d '\\n'");
  move_base("sed -i 's/old/very old/' f");
  ASSERT_TRUE(rebased(moved)) << file("err");
  EXPECT_EQ(git("rev-parse " + branch() + "^"), git("rev-parse main"));
  EXPECT_EQ(git("show " + branch() + ":f"), "very new\n2\n3\n4\n5\nsix\n");
  EXPECT_EQ(git("for-each-ref refs/heads/skein | wc -l"), "1\n");
  EXPECT_EQ(sh("grep -l '\"head_branch\"\\|headBranch\\|\"head\"' -r reviews | wc -l"), "1\n")
      << "one pull request for one run";
  EXPECT_THAT(skein({"trace", id}).out, HasSubstr("pull_request_rebased"));
  EXPECT_EQ(skein({"audit", "verify"}).exit_code, 0);
}

TEST_F(pull_request_life, T10_a_branch_that_somebody_pushed_to_is_never_overwritten) {
  const auto first = run(task(url_, "sed -i s/old/new/ f"));
  ASSERT_EQ(first["state"], "published") << first.dump();
  sh("git clone -q remote/pay.git theirs; cd theirs; git checkout -q " + branch() +
     "; echo mine >mine; git add -A; git commit -qm mine; git push -q");
  const auto theirs = git("rev-parse " + branch());
  move_base("sed -i s/6/six/ f");
  ASSERT_TRUE(until("grep -rq \"not ours\" reviews")) << file("err");
  EXPECT_EQ(git("rev-parse " + branch()), theirs);
  EXPECT_EQ(nlohmann::json::parse(skein({"get", "runs", "-o", "json"}).out).size(), 1U);
}

TEST_F(pull_request_life, rollback_is_done_by_the_daemon_that_is_at_work) {
  const auto file =
      write("campaign.yaml",
            "apiVersion: skein/v1\nkind: Campaign\nmetadata: {name: all}\nspec:\n"
            "  task:\n    intent: \"Change the sources as the end-to-end test says\"\n"
            "    scope: {include: [\"**\"]}\n"
            "    agent: {kind: script, steps: [{run: \"echo y >>f\"}]}\n"
            "    verifiers: [{name: check, run: \"true\"}]\n"
            "  repos: [{url: \"" +
                url_ + "\"}]\n  waves: [{rest: true}]\n");
  ASSERT_EQ(skein({"campaign", "run", "-f", file}).exit_code, 0);
  ASSERT_NE(branch(), "");
  const auto dry = skein({"campaign", "rollback", "all", "--dry-run"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_THAT(dry.out, HasSubstr("would close"));
  ASSERT_NE(branch(), "");
  auto done = nlohmann::json::parse(skein({"campaign", "rollback", "all", "-o", "json"}).out);
  EXPECT_EQ(done["steps"][0]["act"], "closed") << done.dump();
  EXPECT_EQ(done["steps"][1]["act"], "branch-deleted") << done.dump();
  EXPECT_EQ(branch(), "");
  auto again = nlohmann::json::parse(skein({"campaign", "rollback", "all", "-o", "json"}).out);
  EXPECT_EQ(again["steps"][0]["act"], "nothing") << again.dump();
  EXPECT_THAT(skein({"campaign", "rollback", "none"}).err, HasSubstr("no campaign none"));
  EXPECT_EQ(skein({"audit", "verify"}).exit_code, 0);
}

}  // namespace skein::e2e
