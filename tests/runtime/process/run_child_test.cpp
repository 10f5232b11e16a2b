// Host programs: what they inherit, how they end, what is left of them.
#include "runtime/process/run_child.hpp"

#include "runtime/process/blocking_pool.hpp"
#include "runtime/process/io_loop.hpp"

#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <future>
#include <sstream>
#include <thread>

namespace skein::process {
namespace {

using namespace std::chrono_literals;

child_spec shell(const std::string& line) {
  child_spec spec;
  spec.argv = {"/bin/sh", "-c", line};
  spec.environment = {"PATH=/usr/bin:/bin"};
  spec.timeout = 60s;
  return spec;
}

TEST(run_child, returns_exit_code_and_both_streams) {
  const auto ended = run_child(shell("echo out; echo err >&2; exit 7"));
  ASSERT_TRUE(ended);
  EXPECT_EQ(7, ended->exit_code);
  EXPECT_EQ("out\n", ended->out);
  EXPECT_EQ("err\n", ended->err);
}

TEST(run_child, reports_a_signal_as_128_plus_its_number) {
  const auto ended = run_child(shell("kill -TERM $$"));
  ASSERT_TRUE(ended);
  EXPECT_EQ(128 + 15, ended->exit_code);
}

TEST(run_child, feeds_input_larger_than_a_pipe) {
  auto spec = shell("wc -c");
  spec.input.assign(3'000'000, 'x');
  const auto ended = run_child(spec);
  ASSERT_TRUE(ended);
  EXPECT_EQ("3000000\n", ended->out);
}

TEST(run_child, survives_a_child_that_does_not_read_its_input) {
  auto spec = shell("exec 0<&-; echo done");
  spec.input.assign(3'000'000, 'x');
  const auto ended = run_child(spec);
  ASSERT_TRUE(ended);
  EXPECT_EQ("done\n", ended->out);
}

TEST(run_child, inherits_nothing) {
  ::setenv("SKEIN_LEAK", "1", 1);
  const int open_here = ::open("/dev/null", O_RDONLY);  // not close-on-exec
  const auto ended =
      run_child(shell("env | grep -v -E '^(PATH|PWD|_|OLDPWD|SHLVL)='; "
                      "ls /proc/self/fd | tr '\\n' ' '"));
  ::close(open_here);
  ::unsetenv("SKEIN_LEAK");
  ASSERT_TRUE(ended);
  EXPECT_EQ("0 1 2 3 ", ended->out);  // 3 is the folder ls reads
}

TEST(run_child, does_not_pass_on_ignored_or_blocked_signals) {
  ::signal(SIGPIPE, SIG_IGN);
  const auto ended = run_child(shell("grep -E '^Sig(Blk|Ign)' /proc/self/status"));
  ::signal(SIGPIPE, SIG_DFL);
  ASSERT_TRUE(ended);
  EXPECT_EQ("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n", ended->out);
}

TEST(run_child, runs_in_the_given_directory_and_session) {
  auto spec = shell("pwd; ps -o sid= -p $$ | tr -d ' '; echo $$");
  spec.directory = "/usr";
  const auto ended = run_child(spec);
  ASSERT_TRUE(ended);
  std::istringstream lines(ended->out);
  std::string folder;
  std::string session;
  std::string own;
  lines >> folder >> session >> own;
  EXPECT_EQ("/usr", folder);
  EXPECT_EQ(own, session);
}

TEST(run_child, drops_output_beyond_the_limit_but_reads_it) {
  auto spec = shell("head -c 5000000 /dev/zero; echo end >&2");
  spec.output_limit = 1000;
  const auto ended = run_child(spec);
  ASSERT_TRUE(ended);
  EXPECT_EQ(1000U, ended->out.size());
  EXPECT_EQ("end\n", ended->err);
  EXPECT_EQ(0, ended->exit_code);
}

TEST(run_child, timeout_kills_the_whole_group) {
  std::string pattern = ::testing::TempDir() + "/run-child-XXXXXX";
  ASSERT_NE(nullptr, ::mkdtemp(pattern.data()));
  const std::string fifo = pattern + "/alive";
  ASSERT_EQ(0, ::mkfifo(fifo.c_str(), 0600));
  const int alive = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  // Parent and child of the group hold the write end; the end of file means that both are dead.
  auto spec = shell("exec 9>" + fifo + "; echo up >&9; sleep 1000 & sleep 1000");
  spec.timeout = 500ms;
  const auto ended = run_child(spec);
  ASSERT_FALSE(ended);
  EXPECT_EQ(errc::timeout, ended.error().code);
  std::array<char, 16> said{};
  EXPECT_EQ(3, ::read(alive, said.data(), said.size()));
  pollfd hung_up{alive, POLLIN, 0};
  EXPECT_EQ(1, ::poll(&hung_up, 1, 10'000));
  EXPECT_EQ(0, ::read(alive, said.data(), said.size()));
  ::close(alive);
  std::filesystem::remove_all(pattern);
}

TEST(run_child, timeout_holds_against_endless_output) {
  auto spec = shell("yes");
  spec.timeout = 50ms;
  const auto ended = run_child(spec);
  ASSERT_FALSE(ended);
  EXPECT_EQ(errc::timeout, ended.error().code);
}

TEST(run_child, ends_although_a_background_process_keeps_the_pipe) {
  const auto ended = run_child(shell("setsid sleep 20 & echo ready"));
  ASSERT_TRUE(ended);
  EXPECT_EQ("ready\n", ended->out);
}

TEST(run_child, cancellation_wakes_it) {
  std::stop_source stop;
  auto ended = std::async(std::launch::async,
                          [&] { return run_child(shell("sleep 1000"), stop.get_token()); });
  stop.request_stop();
  const auto outcome = ended.get();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(errc::cancelled, outcome.error().code);
}

TEST(run_child, names_a_program_that_is_not_there) {
  child_spec spec;
  spec.argv = {"no-such-program-here"};
  auto missing = run_child(spec);
  ASSERT_FALSE(missing);
  EXPECT_EQ(errc::not_found, missing.error().code);
  EXPECT_NE(std::string::npos, missing.error().message.find("no-such-program-here"));

  spec.argv = {"/no/such/program"};
  missing = run_child(spec);
  ASSERT_FALSE(missing);
  EXPECT_NE(std::string::npos, missing.error().message.find("/no/such/program"));
}

TEST(run_child, fails_in_a_directory_that_is_not_there) {
  auto spec = shell("true");
  spec.directory = "/no/such/folder";
  EXPECT_FALSE(run_child(spec));
}

TEST(io_loop, runs_callbacks_on_its_own_thread) {
  io_loop loop;
  std::promise<std::thread::id> where;
  boost::asio::post(loop.context(), [&where] { where.set_value(std::this_thread::get_id()); });
  EXPECT_NE(std::this_thread::get_id(), where.get_future().get());
}

TEST(blocking_pool, finishes_what_runs) {
  std::promise<void> began;
  std::promise<void> go_on;
  bool finished = false;
  {
    blocking_pool pool(1);
    pool.post([&] {
      began.set_value();
      go_on.get_future().get();
      finished = true;
    });
    began.get_future().get();
    go_on.set_value();
  }
  EXPECT_TRUE(finished);
}

}  // namespace
}  // namespace skein::process
