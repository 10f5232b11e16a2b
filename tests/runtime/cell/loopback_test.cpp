// Ports of the cell's loopback that the host answers.
#include "tests/runtime/cell/cell_fixture.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace skein::cell::testing {
namespace {

constexpr const char* connect_line =
    "python3 -c 'import socket; s = socket.create_connection((\"127.0.0.1\", 3128), 20); "
    "print(s.recv(100).decode())'";

class loopback_test : public cell_test {
 protected:
  void SetUp() override {
    cell_test::SetUp();
    spec_.ports.push_back({3128, [this](process::descriptor got) { listener_ = std::move(got); }});
  }

  /// Says one line to the first connection.
  void answer_one() const {
    pollfd comes{listener_.get(), POLLIN, 0};
    ASSERT_EQ(1, ::poll(&comes, 1, 60'000));
    const process::descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    ASSERT_TRUE(client);
    EXPECT_EQ(5, ::write(client.get(), "hello", 5));
  }

  process::descriptor listener_;
};

TEST_F(loopback_test, the_host_answers_a_port_of_the_cell_in_every_phase) {
  start();
  ASSERT_TRUE(listener_);
  for (const char* phase : {"agent", "verify"}) {
    ASSERT_TRUE(take(ask_enter(*cell_, phase)));
    std::thread host([this] { answer_one(); });
    const auto ended = run(connect_line);
    host.join();
    EXPECT_EQ("hello\n", ended.output);
  }
}

TEST_F(loopback_test, a_port_the_host_closed_refuses) {
  start();
  listener_.reset();
  EXPECT_NE(std::string::npos, run(connect_line).output.find("Connection refused"));
}

TEST_F(loopback_test, nothing_in_the_cell_can_take_the_port) {
  start();
  EXPECT_NE(std::string::npos,
            run("python3 -c 'import socket; socket.create_server((\"127.0.0.1\", 3128))'")
                .output.find("Address already in use"));
}

TEST_F(loopback_test, the_cells_variables_reach_every_command_and_yield_to_its_own) {
  spec_.environment = {"PATH=/usr/bin:/bin", "ADDED=yes"};
  start();
  auto what = line("echo $PATH $ADDED $HOME");
  EXPECT_EQ("/usr/bin:/bin yes /tmp\n", run(what).output);
  what.environment = {"ADDED=other"};
  EXPECT_EQ("/usr/bin:/bin other /tmp\n", run(what).output);
}

TEST_F(loopback_test, a_port_below_1024_or_without_an_answer_is_refused) {
  spec_.ports.front().number = 80;
  EXPECT_FALSE(take(ask_start(loop_, spec_)));
  spec_.ports = {{3128, nullptr}};
  EXPECT_FALSE(take(ask_start(loop_, spec_)));
}

TEST_F(loopback_test, the_same_port_twice_fails_closed) {
  spec_.ports.push_back(spec_.ports.front());
  const auto started = take(ask_start(loop_, spec_));
  ASSERT_FALSE(started);
  EXPECT_EQ(errc::unsupported, started.error().code);
}

}  // namespace
}  // namespace skein::cell::testing
