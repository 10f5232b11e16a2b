// Phases: each has its own workspace, temporary files and IPC objects, and nothing of another.
#include "tests/runtime/cell/cell_fixture.hpp"

namespace skein::cell::testing {
namespace {

namespace fs = std::filesystem;

TEST_F(cell_test, T3_9_each_phase_is_fresh) {
  start("agent");
  EXPECT_EQ(0, run("echo changed > kept.txt; echo new > new.txt; echo t > /tmp/left; "
                   "echo s > /dev/shm/left; ipcmk -Q > /dev/null; mkdir -p deep/er")
                   .code);
  ASSERT_TRUE(take(ask_enter(*cell_, "verify")));
  EXPECT_EQ("of the base\n", run("cat kept.txt").output);
  EXPECT_EQ("kept.txt\n", run("ls -A /workspace /tmp /dev/shm | grep -v -e : -e '^$'").output);
  EXPECT_EQ("1\n", run("wc -l < /proc/sysvipc/msg").output);  // the headline
}

TEST_F(cell_test, the_change_is_in_the_phases_upper_layer) {
  start("agent");
  EXPECT_EQ(0, run("echo changed > kept.txt; echo new > new.txt").code);
  std::string text;
  std::getline(std::ifstream(spec_.root / "agent/upper/new.txt"), text);
  EXPECT_EQ("new", text);
  std::getline(std::ifstream(spec_.base / "kept.txt"), text);
  EXPECT_EQ("of the base", text);
  EXPECT_TRUE(fs::is_empty(spec_.root / "verify/upper"));
}

TEST_F(cell_test, a_phase_can_be_entered_again_with_its_change) {
  start("agent");
  EXPECT_EQ(0, run("echo new > new.txt; echo t > /tmp/left").code);
  ASSERT_TRUE(take(ask_enter(*cell_, "verify")));
  for (int i = 0; i < 3; ++i) {
    const auto again = take(ask_enter(*cell_, "agent"));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ("new\n", run("cat new.txt; cat /tmp/left 2>/dev/null").output);
  }
}

TEST_F(cell_test, T3_10_T6_3_caches_of_packages_are_of_one_phase_and_the_host_s_cannot_be_written) {
  const std::string caches =
      "npm_config_cache=${npm_config_cache:-$HOME/.npm} CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} "
      "GOPATH=${GOPATH:-$HOME/go} PIP_CACHE_DIR=${PIP_CACHE_DIR:-$HOME/.cache/pip}; "
      "m2=$HOME/.m2; for d in \"$npm_config_cache\" \"$CARGO_HOME\" \"$GOPATH\" "
      "\"$PIP_CACHE_DIR\" \"$m2\" \"$HOME/.cache\"; do ";
  start("agent");
  EXPECT_EQ("", run(caches + "mkdir -p \"$d\" && echo poison >\"$d/planted\" || exit 1; done").output);
  EXPECT_EQ("poison\n", run(caches + "cat \"$d/planted\"; break; done").output);
  ASSERT_TRUE(take(ask_enter(*cell_, "verify")));
  EXPECT_EQ("", run(caches + "cat \"$d/planted\" 2>/dev/null; done; true").output);
  for (const char* host : {"/usr/lib", "/usr/local/lib", "/usr/share", "/usr/bin"}) {
    EXPECT_NE(0, run("touch " + std::string(host) + "/planted 2>/dev/null").code) << host;
  }
}

TEST_F(cell_test, no_process_crosses_a_phase) {
  start("agent");
  EXPECT_EQ(0, run("(setsid sleep 1000 &)").code);
  ASSERT_TRUE(take(ask_enter(*cell_, "verify")));
  EXPECT_EQ("0\n", run("cat /proc/[0-9]*/comm | grep -c sleep").output);
}

TEST_F(cell_test, files_can_be_removed_renamed_and_made_executable) {
  fs::create_directories(spec_.base / "src");
  write_base("src/a", "a\n");
  write_base("src/b", "b\n");
  fs::permissions(spec_.base / "src/b", fs::perms::owner_read);
  start("agent");
  EXPECT_EQ("", run("set -e; rm src/a; mv kept.txt moved.txt; chmod +x src/b; rm -r src; "
                    "mkdir src; echo x > src/c; ln -s c src/d; test \"$(ls src)\" = \"c\nd\"")
                    .output);
  EXPECT_TRUE(fs::exists(spec_.base / "src/a"));
}

TEST_F(cell_test, works_on_a_copy) {
  spec_.how = workspace::strategy::copy;
  std::ofstream(spec_.root / "agent/copy/kept.txt") << "of the copy\n";
  start("agent");
  EXPECT_EQ("of the copy\n", run("cat kept.txt; echo n > new.txt; ls /.cell").output);
  EXPECT_TRUE(fs::exists(spec_.root / "agent/copy/new.txt"));
}

TEST_F(cell_test, refuses_a_phase_that_was_not_prepared) {
  start("agent");
  const auto entered = take(ask_enter(*cell_, "nothing"));
  ASSERT_FALSE(entered);
  EXPECT_NE(std::string::npos, entered.error().message.find("overlayfs"))
      << entered.error().message;
  // It fails closed: there is no phase now, the old one is left.
  const auto ended = take(ask_execute(*cell_, line("true")));
  ASSERT_FALSE(ended);
  EXPECT_EQ(errc::conflict, ended.error().code);
  ASSERT_TRUE(take(ask_enter(*cell_, "agent")));
  EXPECT_EQ(0, run("true").code);
}

TEST_F(cell_test, C2_refuses_a_phase_name_that_is_a_path) {
  start("agent");
  for (const char* name : {"", "..", "../x", "a/b", ".hidden", "a,b", "a:b"}) {
    const auto entered = take(ask_enter(*cell_, name));
    ASSERT_FALSE(entered) << name;
    EXPECT_EQ(errc::invalid, entered.error().code) << name;
  }
}

}  // namespace
}  // namespace skein::cell::testing
