// Commands: how they end, what comes back, what is left of them.
#include "runtime/cell/environment.hpp"
#include "tests/runtime/cell/cell_fixture.hpp"

#include <algorithm>

namespace skein::cell::testing {
namespace {

using namespace std::chrono_literals;

// Prints the names of everything alive but the shell itself, its tools and PID 1.
constexpr const char* survivors = "cat /proc/[0-9]*/comm | grep -c -E '^(sleep|yes|setsid)$'";

TEST_F(cell_test, returns_exit_status_output_and_order) {
  start();
  const auto ended = run("echo one; echo two >&2; echo three; exit 42");
  EXPECT_EQ(command_end::exited, ended.end);
  EXPECT_EQ(42, ended.code);
  EXPECT_EQ("one\ntwo\nthree\n", ended.output);
  EXPECT_EQ(14U, ended.output_bytes);
  EXPECT_FALSE(ended.truncated);
}

TEST_F(cell_test, returns_the_signal) {
  start();
  const auto ended = run("kill -USR1 $$");
  EXPECT_EQ(command_end::signalled, ended.end);
  EXPECT_EQ(10, ended.code);
}

TEST_F(cell_test, runs_a_line_that_looks_like_an_option) {
  start();
  const auto ended = run("-x");
  EXPECT_EQ(127, ended.code);  // a command that does not exist, not an option of the shell
}

TEST_F(cell_test, B6_a_line_that_needs_no_shell_gets_none) {
  start();
  // The parent of what runs is the first process: there is nothing between.
  const std::string status =
      "perl -e 'open F, \"/proc/\" . getppid() . \"/comm\" or die \"hidden\\n\"; print <F>'";
  EXPECT_EQ("hidden\n", run(status).output);
  EXPECT_EQ("sh\n", run(status + "; true").output);
  // Words are what the shell would make of them, and nothing in them is read again.
  EXPECT_EQ("a b|$HOME|*|;|\n", run("printf '%s|' 'a b' '$HOME' \"*\" \\; && echo").output);
  EXPECT_EQ("a b|$HOME|*|;|", run("env printf '%s|' 'a b' '$HOME' '*' ';'").output);
  EXPECT_EQ("/workspace\n", run("printenv PWD").output);
}

TEST_F(cell_test, what_cannot_be_executed_ends_as_in_a_shell) {
  start();
  EXPECT_EQ(0, run("echo 'echo script $1' >script; chmod 755 script; echo x >plain; true").code);
  EXPECT_EQ("script a\n", run("./script a").output);
  EXPECT_EQ(127, run("no-such-program --at-all").code);
  EXPECT_EQ("no-such-program: not found\n", run("no-such-program").output);
  EXPECT_EQ(126, run("./plain").code);
  EXPECT_EQ(127, run("./absent").code);
}

TEST_F(cell_test, counts_cpu_of_the_tree) {
  start();
  const auto ended = run("sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done' & wait");
  EXPECT_EQ(0, ended.code);
  EXPECT_GT(ended.cpu_ms, 0);
}

TEST_F(cell_test, reads_nothing_from_standard_input) {
  start();
  EXPECT_EQ("", run("cat").output);
}

TEST_F(cell_test, reads_the_input_that_came_with_the_command) {
  start();
  const std::string text = "first\n" + std::string(300'000, 'x');
  auto what = line("wc -c; readlink /proc/self/fd/0 | grep -c skein");
  auto input = process::memory_file(text);
  ASSERT_TRUE(input);
  what.input = std::make_shared<const process::descriptor>(std::move(*input));
  EXPECT_EQ("300006\n1\n", run(what).output);
  // Nobody can change it, and the next command has none.
  what.line = "echo other > /proc/self/fd/0";
  EXPECT_NE(0, run(what).code);
  EXPECT_EQ("0\n", run("wc -c").output);
}

TEST_F(cell_test, has_the_mounts_that_were_asked_for_and_cannot_write_there) {
  std::ofstream(folder_ / "program") << "#!/bin/sh\necho mounted\n";
  std::filesystem::permissions(folder_ / "program", std::filesystem::perms{0755});
  spec_.mounts = {{folder_ / "program", "/run/skein/program"}};
  start();
  EXPECT_EQ("mounted\n", run("/run/skein/program").output);
  EXPECT_NE(0, run("echo x >> /run/skein/program").code);
  EXPECT_NE(0, run("rm -f /run/skein/program; test ! -e /run/skein/program").code);
}

TEST_F(cell_test, mounts_nothing_over_what_a_cell_has) {
  for (const char* where :
       {"/", "/etc/x", "/workspace", "/usr/bin", "/run/../etc", "relative", "/.cell/x"}) {
    spec_.mounts = {{"/usr/bin/env", where}};
    const auto started = take(ask_start(loop_, spec_));
    ASSERT_FALSE(started) << where;
    EXPECT_EQ(errc::invalid, started.error().code) << where;
  }
}

TEST_F(cell_test, F4_C4_timeout_kills_the_whole_tree) {
  start();
  auto what = line(
      "echo began; trap '' TERM INT HUP; sleep 1000 & setsid sleep 1000 & "
      "(setsid sh -c 'sleep 1000 & sleep 1000' &) ; nohup sleep 1000 & wait");
  what.timeout = 300ms;
  const auto ended = run(what);
  EXPECT_EQ(command_end::timed_out, ended.end);
  EXPECT_EQ(0U, ended.output.find("began\n"));
  EXPECT_EQ("0\n", run(survivors).output);
}

TEST_F(cell_test, T9_4_C5_output_is_cut_in_the_middle) {
  start();
  auto what = line("echo first; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo last; exit 3");
  what.output_limit = 1000;
  const auto ended = run(what);
  EXPECT_EQ(command_end::exited, ended.end);
  EXPECT_EQ(3, ended.code);
  EXPECT_TRUE(ended.truncated);
  EXPECT_EQ(3'000'012U, ended.output_bytes);
  EXPECT_EQ(0U, ended.output.find("first\n"));
  EXPECT_NE(std::string::npos, ended.output.find("\n[… 2999012 bytes left out …]\n"));
  EXPECT_EQ(ended.output.size() - 6, ended.output.rfind("\nlast\n"));
  EXPECT_LT(ended.output.size(), 1100U);
}

TEST_F(cell_test, T9_4_C5_endless_output_can_end_the_command) {
  start();
  auto what = line("yes & yes");
  what.output_limit = 10'000;
  what.kill_on_output_limit = true;
  const auto ended = run(what);
  EXPECT_EQ(command_end::output_exceeded, ended.end);
  EXPECT_TRUE(ended.truncated);
  EXPECT_EQ("0\n", run(survivors).output);
}

TEST_F(cell_test, F4_endless_output_does_not_hide_the_clock) {
  start();
  auto what = line("yes");
  what.timeout = 200ms;
  what.output_limit = 0;
  const auto ended = run(what);
  EXPECT_EQ(command_end::timed_out, ended.end);
  EXPECT_GT(ended.output_bytes, 0U);
}

TEST_F(cell_test, nothing_survives_a_command) {
  start();
  EXPECT_EQ("done\n", run("(setsid sleep 1000 &); sleep 1000 & nohup yes >/dev/null 2>&1 & "
                          "echo done")
                          .output);
  EXPECT_EQ("0\n", run(survivors).output);
}

TEST_F(cell_test, returns_although_a_daemon_holds_the_output) {
  start();
  const auto ended = run("(setsid sh -c 'sleep 1000; echo late' &); echo now");
  EXPECT_EQ("now\n", ended.output);
  EXPECT_EQ(command_end::exited, ended.end);
}

TEST_F(cell_test, runs_many_commands_one_after_the_other) {
  start();
  for (int i = 0; i < 50; ++i)
    ASSERT_EQ(std::to_string(i) + "\n", run("echo " + std::to_string(i)).output);
}

TEST_F(cell_test, T3_4_environment_is_minimal) {
  ::setenv("SKEIN_TOKEN_OF_THE_HOST", "secret", 1);
  start();
  ::unsetenv("SKEIN_TOKEN_OF_THE_HOST");
  auto expected = standard_environment();
  expected.emplace_back("PWD=/workspace");
  std::sort(expected.begin(), expected.end());
  std::string lines;
  for (const std::string& variable : expected) lines += variable + "\n";
  EXPECT_EQ(lines, run("env | grep -v '^_=' | LC_ALL=C sort").output);
}

TEST_F(cell_test, T3_12_T6_4_package_managers_are_configured_by_the_platform) {
  write_base(".npmrc", "ignore-scripts=false\n");
  start();
  EXPECT_EQ("true /dev/null /dev/null :all: 1\n",
            run("echo $npm_config_ignore_scripts $npm_config_userconfig $PIP_CONFIG_FILE "
                "$PIP_ONLY_BINARY $COMPOSER_NO_INTERACTION")
                .output);
  if (run("command -v npm").code != 0) GTEST_SKIP() << "no npm on this machine";
  // What npm makes of it, although the repository says otherwise.
  EXPECT_EQ("true\n", run("npm config get ignore-scripts").output);
}

TEST_F(cell_test, T3_4_variables_of_a_command_are_added_and_replace) {
  start();
  auto what = line("echo \"$HOME $EXTRA\"");
  what.environment = {"EXTRA=a b=c", "HOME=/workspace"};
  EXPECT_EQ("/workspace a b=c\n", run(what).output);
}

TEST_F(cell_test, refuses_what_cannot_be_passed_on) {
  start();
  std::vector<command> bad;
  bad.push_back(line(std::string("echo \0 x", 8)));
  bad.push_back(line(std::string(200'000, 'x')));
  bad.push_back(line("true"));
  bad.back().environment = {"NOVALUE"};
  bad.push_back(line("true"));
  bad.back().environment = {"BIG=" + std::string(70'000, 'x')};
  for (const command& what : bad) {
    const auto ended = take(ask_execute(*cell_, what));
    ASSERT_FALSE(ended);
    EXPECT_EQ(errc::invalid, ended.error().code) << ended.error().message;
  }
  EXPECT_EQ(0, run("true").code);  // and the cell still works
}

TEST_F(cell_test, accepts_the_longest_line_and_environment) {
  start();
  auto what = line("true " + std::string(131'071 - 5, 'x'));
  what.environment = {"BIG=" + std::string(60'000, 'x')};
  EXPECT_EQ(0, run(what).code);
}

}  // namespace
}  // namespace skein::cell::testing
