// How a cell ends: on request, with its last holder, with its first process, with the host.
#include "tests/runtime/cell/cell_fixture.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace skein::cell::testing {
namespace {

namespace fs = std::filesystem;

pid_t parent_of(const fs::path& process) {
  std::ifstream status(process / "status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("PPid:")) return std::stoi(line.substr(5));
  return 0;
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (parent_of(entry.path()) == parent) found.push_back(std::stoi(name));
  }
  return found;
}

/// A FIFO in a copied workspace: its end of file means that every writer in the cell is dead.
class end_test : public cell_test {
 protected:
  void SetUp() override {
    cell_test::SetUp();
    if (IsSkipped()) return;
    spec_.how = workspace::strategy::copy;
    const std::string fifo = spec_.root / "agent/copy/alive";
    ASSERT_EQ(0, ::mkfifo(fifo.c_str(), 0600));
    alive_ = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  }
  void TearDown() override {
    if (alive_ >= 0) ::close(alive_);
    cell_test::TearDown();
  }
  /// Waits until a process of the cell has written.
  void expect_alive() {
    pollfd wait{alive_, POLLIN, 0};
    ASSERT_EQ(1, ::poll(&wait, 1, 60'000));
    std::array<char, 64> text{};
    ASSERT_GT(::read(alive_, text.data(), text.size()), 0);
  }
  void expect_all_dead() {
    pollfd wait{alive_, POLLIN, 0};
    ASSERT_EQ(1, ::poll(&wait, 1, 60'000));
    char byte = 0;
    EXPECT_EQ(0, ::read(alive_, &byte, 1));
  }

  const std::string long_line_ =
      "exec 9>alive; (setsid sleep 1000 &); echo up >&9; sleep 1000 & wait";
  int alive_ = -1;
};

TEST_F(end_test, T9_11_kill_ends_a_command_and_answers_it_first) {
  start();
  auto pending = ask_execute(*cell_, line(long_line_));
  expect_alive();
  std::promise<int> order;
  auto killed = ask_kill(*cell_);
  EXPECT_TRUE(take(std::move(killed)));
  ASSERT_EQ(std::future_status::ready, pending.wait_for(std::chrono::seconds(0)));
  const auto ended = pending.get();
  ASSERT_FALSE(ended);
  EXPECT_EQ(errc::cancelled, ended.error().code);
  expect_all_dead();
  EXPECT_TRUE(take(ask_kill(*cell_)));  // twice is fine
  const auto after = take(ask_execute(*cell_, line("true")));
  ASSERT_FALSE(after);
  EXPECT_EQ(errc::unavailable, after.error().code);
}

TEST_F(end_test, leaves_no_process_of_ours) {
  start();
  EXPECT_EQ(1U, children_of(::getpid()).size());
  EXPECT_TRUE(take(ask_kill(*cell_)));
  EXPECT_EQ(0U, children_of(::getpid()).size());
}

TEST_F(end_test, dies_with_its_last_holder) {
  start();
  auto pending = ask_execute(*cell_, line(long_line_));
  expect_alive();
  cell_.reset();
  const auto ended = take(std::move(pending));
  ASSERT_FALSE(ended);
  EXPECT_EQ(errc::cancelled, ended.error().code);
  expect_all_dead();
}

TEST_F(end_test, one_request_at_a_time) {
  start();
  auto pending = ask_execute(*cell_, line(long_line_));
  expect_alive();
  const auto second = take(ask_execute(*cell_, line("true")));
  ASSERT_FALSE(second);
  EXPECT_EQ(errc::conflict, second.error().code);
  const auto entered = take(ask_enter(*cell_, "verify"));
  ASSERT_FALSE(entered);
  EXPECT_EQ(errc::conflict, entered.error().code);
  EXPECT_TRUE(take(ask_kill(*cell_)));
}

TEST_F(end_test, F10_a_dead_first_process_answers_the_request) {
  start();
  auto pending = ask_execute(*cell_, line(long_line_));
  expect_alive();
  const auto outer = children_of(::getpid());
  ASSERT_EQ(1U, outer.size());
  const auto first = children_of(outer.front());
  ASSERT_EQ(1U, first.size());
  ::kill(first.front(), SIGKILL);
  const auto ended = take(std::move(pending));
  ASSERT_FALSE(ended);
  EXPECT_EQ(errc::unavailable, ended.error().code) << ended.error().message;
  expect_all_dead();
}

TEST_F(end_test, F10_a_dead_bubblewrap_answers_the_request) {
  start();
  auto pending = ask_execute(*cell_, line(long_line_));
  expect_alive();
  const auto outer = children_of(::getpid());
  ASSERT_EQ(1U, outer.size());
  ::kill(outer.front(), SIGKILL);
  const auto ended = take(std::move(pending));
  ASSERT_FALSE(ended);
  EXPECT_EQ(errc::unavailable, ended.error().code);
  expect_all_dead();
}

TEST_F(end_test, F10_nothing_outlives_a_killed_host) {
  std::fflush(nullptr);
  const pid_t host = ::fork();
  ASSERT_GE(host, 0);
  if (host == 0) {
    process::io_loop own;  // the fixture's thread does not exist here
    auto started = take(ask_start(own, spec_));
    if (!started || !take(ask_enter(**started, "agent"))) ::_exit(1);
    static_cast<void>(take(ask_execute(**started, line(long_line_))));
    ::_exit(1);
  }
  expect_alive();
  ::kill(host, SIGKILL);
  int status = 0;
  ASSERT_EQ(host, ::waitpid(host, &status, 0));
  ASSERT_TRUE(WIFSIGNALED(status));
  expect_all_dead();
}

TEST_F(end_test, a_stopped_loop_leaves_nothing) {
  auto own = std::make_unique<process::io_loop>();
  auto started = take(ask_start(*own, spec_));
  ASSERT_TRUE(started);
  ASSERT_TRUE(take(ask_enter(**started, "agent")));
  auto pending = ask_execute(**started, line(long_line_));
  expect_alive();
  own.reset();
  started->reset();  // a holder may outlive the loop
  expect_all_dead();
  EXPECT_EQ(0U, children_of(::getpid()).size());
}

TEST_F(end_test, many_cells_live_side_by_side) {
  std::vector<std::shared_ptr<cell>> all;
  for (int i = 0; i < 8; ++i) {
    auto started = take(ask_start(loop_, spec_));
    ASSERT_TRUE(started) << started.error().message;
    ASSERT_TRUE(take(ask_enter(**started, "agent")));
    all.push_back(*started);
  }
  std::vector<std::future<result<command_result>>> answers;
  for (std::size_t i = 0; i < all.size(); ++i)
    answers.push_back(ask_execute(*all[i], line("echo " + std::to_string(i))));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto ended = take(std::move(answers[i]));
    ASSERT_TRUE(ended);
    EXPECT_EQ(std::to_string(i) + "\n", ended->output);
  }
  for (auto& one : all) EXPECT_TRUE(take(ask_kill(*one)));
}

}  // namespace
}  // namespace skein::cell::testing
