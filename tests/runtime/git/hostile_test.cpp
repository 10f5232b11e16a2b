// Repositories, environments and owners that mean harm.
#include "tests/runtime/git/git_fixture.hpp"

#include <unistd.h>

#include <optional>

namespace skein::git {
namespace {

/// Sets a variable of this process's environment for one test.
class variable {
 public:
  variable(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    ::setenv(name, value.c_str(), 1);
  }
  variable(const variable&) = delete;
  variable& operator=(const variable&) = delete;
  ~variable() {
    if (old_) {
      ::setenv(name_, old_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

class HostileTest : public GitTest {
 protected:
  /// A command that leaves a trace when anything runs it.
  [[nodiscard]] std::string trap(const std::string& name) const {
    return "touch " + (root_ / ("ran-" + name)).string();
  }
  void expect_nothing_ran() const {
    for (const auto& entry : fs::directory_iterator(root_)) {
      EXPECT_THAT(entry.path().filename().string(), ::testing::Not(::testing::StartsWith("ran-")));
    }
  }
};

TEST_F(HostileTest, T3_ConfigurationOfALocalSourceExecutesNothing) {
  const fs::path bare = make_bare("r.git");
  const std::string config = read(bare / "config");
  write(bare / "config",
        config + "[core]\n\tfsmonitor = " + trap("fsmonitor") + "\n\tsshCommand = " + trap("ssh") +
            "\n\talternateRefsCommand = " + trap("alternate") + "\n\tpager = " + trap("pager") +
            "\n\thooksPath = " + (bare / "evil").string() + "\n\tworktree = " + root_.string() +
            "\n[uploadpack]\n\tpackObjectsHook = " + trap("upload") +
            "\n[filter \"x\"]\n\tsmudge = " + trap("smudge") +
            "\n\trequired = true\n[diff \"x\"]\n\ttextconv = " + trap("textconv") +
            "\n\tcommand = " + trap("diff") + "\n[include]\n\tpath = /dev/zero\n");
  write(bare / "info/attributes", "* filter=x diff=x\n");
  for (const char* name : {"post-checkout", "reference-transaction", "pre-commit", "post-commit"}) {
    write(bare / "evil" / name, "#!/bin/sh\n" + trap(name) + "\n");
    ::chmod((bare / "evil" / name).c_str(), 0755);
  }
  const base from = fetched(bare);
  const auto dir = checkout(bases(), at(bare), from, {});
  ASSERT_VALUE(dir);
  EXPECT_EQ(read(*dir / "a.txt"), "one\ntwo\nthree\n");
  const auto tree = write_tree(from, {{put("a.txt", "x\n")}});
  ASSERT_VALUE(tree);
  ASSERT_VALUE(diff_trees(from, *tree));
  ASSERT_VALUE(write_commit(from, {*tree, "m", "a", "a@b", 1}));
  ASSERT_VALUE(find_branch(at(bare), "main", 10s, {}));
  expect_nothing_ran();
}

TEST_F(HostileTest, T5_UserAndEnvironmentConfigurationHasNoEffect) {
  const fs::path bare = make_bare("r.git");
  const fs::path decoy = make_bare("decoy.git", {{"decoy", "x"}});
  const fs::path home = root_ / "home";
  write(home / ".gitconfig", "[core]\n\thooksPath = " + (home / "hooks").string() +
                                 "\n\tfsmonitor = " + trap("fsmonitor") + "\n[url \"" +
                                 decoy.string() + "\"]\n\tinsteadOf = " + bare.string() +
                                 "\n\tpushInsteadOf = " + bare.string() +
                                 "\n[credential]\n\thelper = !" + trap("credential") +
                                 "\n[receive]\n\tdenyCreates = true\n[user]\n\tname = nobody\n");
  for (const char* name : {"pre-receive", "update", "post-receive", "post-update", "pre-push",
                           "reference-transaction"}) {
    write(home / "hooks" / name, "#!/bin/sh\n" + trap(name) + "\nexit 1\n");
    ::chmod((home / "hooks" / name).c_str(), 0755);
  }
  write(home / ".config/git/ignore", "*\n");
  const variable v1("HOME", home.string());
  const variable v2("XDG_CONFIG_HOME", (home / ".config").string());
  const variable v3("GIT_DIR", decoy.string());
  const variable v4("GIT_CONFIG_COUNT", "1");
  const variable v5("GIT_CONFIG_KEY_0", "core.hooksPath");
  const variable v6("GIT_CONFIG_VALUE_0", (home / "hooks").string());
  const variable v7("GIT_OBJECT_DIRECTORY", (decoy / "objects").string());
  const base from = fetched(bare);
  EXPECT_EQ(from.commit, git({"--git-dir=" + bare.string(), "rev-parse", "main"}));
  const auto rules = ignore_rules(from, "");
  ASSERT_VALUE(rules);
  EXPECT_FALSE((*rules)("x", false));
  const std::string commit = committed(from, {{put("a.txt", "x\n")}});
  const auto result = push(from.mirror, at(bare), commit, "skein/x", 30s, {});
  ASSERT_VALUE(result);
  EXPECT_EQ(result->end, push_end::pushed) << result->detail;
  EXPECT_EQ(git({"--git-dir=" + bare.string(), "rev-parse", "skein/x"}), commit);
  EXPECT_TRUE(delete_branch(at(bare), "skein/x", commit, 10s, {}));
  expect_nothing_ran();
}

TEST_F(HostileTest, T3_APushRunsNoCommandOfTheTargetsConfiguration) {
  const fs::path bare = make_bare("r.git");
  const fs::path other = make_bare("other.git", {{"b.txt", "x"}});
  write(bare / "objects/info/alternates", (other / "objects").string() + "\n");
  const std::string config = read(bare / "config");
  write(bare / "config", config + "[core]\n\talternateRefsCommand = " + trap("alternate") +
                             "\n\tfsmonitor = " + trap("fsmonitor") + "\n\tsshCommand = " +
                             trap("ssh") + "\n\tpager = " + trap("pager") +
                             "\n[uploadpack]\n\tpackObjectsHook = " + trap("upload") + "\n");
  const base from = fetched(bare);
  const std::string commit = committed(from, {{put("a.txt", "x\n")}});
  const auto result = push(from.mirror, at(bare), commit, "skein/x", 30s, {});
  ASSERT_VALUE(result);
  EXPECT_EQ(result->end, push_end::pushed) << result->detail;
  expect_nothing_ran();
}

TEST_F(HostileTest, AlternatesThatLeadNowhereOrInACircle) {
  const fs::path bare = make_bare("r.git");
  write(bare / "objects/info/alternates",
        "/nonexistent/objects\n" + (bare / "objects").string() + "\n");
  const auto got = fetch_at(bare);
  if (got) {
    EXPECT_TRUE(has_value(checkout(bases(), at(bare), *got, {})));
  }
}

TEST_F(HostileTest, RepositoryOfAnotherUserIsReadButItsHooksNeverRunUnasked) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give a repository to another user";
  const fs::path bare = make_bare("r.git");
  write(bare / "hooks/pre-receive", "#!/bin/sh\n" + trap("hook") + "\n");
  ::chmod((bare / "hooks/pre-receive").c_str(), 0755);
  git({"-C", bare.string(), "config", "core.fsmonitor", trap("fsmonitor")});
  constexpr uid_t other = 65534;
  ASSERT_EQ(::lchown(bare.c_str(), other, other), 0);
  for (const auto& entry : fs::recursive_directory_iterator(bare)) {
    ASSERT_EQ(::lchown(entry.path().c_str(), other, other), 0);
  }
  const variable home("HOME", (root_ / "home").string());
  const variable xdg("XDG_CONFIG_HOME", (root_ / "home/.config").string());
  const base from = fetched(bare);
  ASSERT_VALUE(checkout(bases(), at(bare), from, {}));
  const std::string commit = committed(from, {{put("a.txt", "x\n")}});
  const auto refused = push(from.mirror, at(bare), commit, "skein/x", 30s, {});
  ASSERT_VALUE(refused);
  EXPECT_EQ(refused->end, push_end::rejected);
  EXPECT_THAT(refused->detail, ::testing::HasSubstr("dubious ownership"));
  EXPECT_EQ(*find_branch(at(bare), "skein/x", 10s, {}), "");
  expect_nothing_ran();
  // The user has told git to trust it: then so do we.
  write(root_ / "home/.gitconfig", "[safe]\n\tdirectory = " + bare.string() + "\n");
  const auto trusted = push(from.mirror, at(bare), commit, "skein/x", 30s, {});
  ASSERT_VALUE(trusted);
  EXPECT_EQ(trusted->end, push_end::pushed) << trusted->detail;
  EXPECT_TRUE(fs::exists(root_ / "ran-hook"));
}

TEST_F(HostileTest, MessagesHoldNoControlCharacters) {
  const fs::path work = make_repository("r", {{"x", "y"}});
  const std::string id = git({"-C", work.string(), "hash-object", "-w", "--stdin"}, "x");
  const std::string commit =
      commit_of_raw_tree(work, raw_line("100644", "\x1b[31m\xff/../\xc2\x9b\n", id));
  const auto from = fetch_at(work, "", commit);
  ASSERT_VALUE(from);
  const auto dir = checkout(bases(), at(work), *from, {});
  ASSERT_FALSE(dir);
  for (const unsigned char c : dir.error().message) {
    EXPECT_TRUE(c >= 0x20 && c < 0x7f) << dir.error().message;
  }
}

}  // namespace
}  // namespace skein::git
