// Bounds of time, bytes and number; the socket; the end.
#include "tests/runtime/egress/client_hello.hpp"
#include "tests/runtime/egress/egress_fixture.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fstream>

namespace skein::egress::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace fs = std::filesystem;

/// Accepts, reads and says nothing.
class silent_server {
 public:
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }

 private:
  test_server server_{[](peer& client) { client.read_all(); }};
};

TEST_F(egress_test, the_socket_is_the_owners_alone) {
  start();
  struct stat there {};
  ASSERT_EQ(0, ::stat(options_.socket.c_str(), &there));
  EXPECT_EQ(0600U, there.st_mode & 07777U);
  proxy_.reset();
  EXPECT_FALSE(fs::exists(options_.socket));
}

TEST_F(egress_test, the_socket_may_stand_deep) {
  fs::path deep = folder_;
  for (int i = 0; i < 10; ++i) deep /= "a-folder-with-a-long-name";
  fs::create_directories(deep);
  options_.socket = deep / "egress.sock";
  start();
  EXPECT_TRUE(fs::is_socket(options_.socket));
}

TEST_F(egress_test, a_dead_socket_is_replaced_and_a_file_is_not) {
  {
    const process::descriptor dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un own = {};
    own.sun_family = AF_UNIX;
    options_.socket.native().copy(own.sun_path, sizeof own.sun_path - 1);
    ASSERT_EQ(0, ::bind(dead.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own));
  }
  start();
  EXPECT_THAT(ask(get("b.test", 80)), StartsWith("HTTP/1.1 403 "));
  proxy_.reset();
  std::ofstream(options_.socket) << "mine";
  const auto refused = proxy::start(*loop_, options_);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr(options_.socket.string()));
}

TEST_F(egress_test, a_folder_that_is_not_there_is_named) {
  options_.socket = folder_ / "none/egress.sock";
  const auto refused = proxy::start(*loop_, options_);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("none/egress.sock"));
}

TEST_F(egress_test, T3_5_each_proxy_makes_a_token_of_its_own) {
  options_.token.clear();
  start();
  options options = options_;
  options.socket = folder_ / "other.sock";
  const auto other = proxy::start(*loop_, options);
  ASSERT_TRUE(other);
  EXPECT_EQ(48U, proxy_->token().size());
  EXPECT_NE(proxy_->token(), (*other)->token());
}

TEST_F(egress_test, a_head_that_does_not_end_is_given_up) {
  options_.bounds.head = 50ms;
  start();
  EXPECT_EQ("", ask("GET http://a.test/ HTTP/1.1\r\nX:"));
  EXPECT_EQ(outcome::timed_out, events_.wait_for(1).front().reason);
  EXPECT_EQ("", ask(""));  // a client that says nothing is no attempt
  EXPECT_EQ(1U, events_.all().size());
}

TEST_F(egress_test, a_hello_that_does_not_come_is_given_up) {
  silent_server server;
  allow("a.test", server.port());
  options_.bounds.head = 100ms;
  start();
  peer client = tunnel("a.test", server.port());
  client.send(hello_for("a.test").substr(0, 30));
  EXPECT_EQ("", client.read_all());
  const event seen = events_.wait_for(1).front();
  EXPECT_EQ(outcome::timed_out, seen.reason);
  EXPECT_FALSE(seen.allowed);
}

TEST_F(egress_test, a_silent_tunnel_or_host_is_given_up) {
  silent_server server;
  allow("a.test", server.port());
  options_.bounds.idle = 200ms;
  start();
  peer client = tunnel("a.test", server.port());
  client.send(hello_for("a.test"));
  EXPECT_EQ("", client.read_all());
  EXPECT_EQ("", ask(get("a.test", server.port())));
  for (const event& each : events_.wait_for(2)) EXPECT_EQ(outcome::timed_out, each.reason);
}

TEST_F(egress_test, a_connection_has_a_total_time_however_busy_it_is) {
  test_server chatty([](peer& client) {
    while (client.send(std::string(1000, 'x'))) continue;
  });
  allow("a.test", chatty.port());
  options_.bounds.total = 300ms;
  options_.bounds.bytes_down = 1ULL << 50;
  start();
  peer client = tunnel("a.test", chatty.port());
  client.send(hello_for("a.test"));
  while (!client.read(100'000).empty()) continue;
  EXPECT_EQ(outcome::timed_out, events_.wait_for(1).front().reason);
}

TEST_F(egress_test, a_client_that_does_not_read_is_given_up) {
  test_server chatty([](peer& client) {
    while (client.send(std::string(100'000, 'x'))) continue;
  });
  allow("a.test", chatty.port());
  options_.bounds.idle = 200ms;
  start();
  peer client = tunnel("a.test", chatty.port());
  client.send(hello_for("a.test"));
  EXPECT_EQ(outcome::timed_out, events_.wait_for(1).front().reason);
}

TEST_F(egress_test, a_resolver_that_does_not_answer_is_given_up_with_an_answer) {
  allow("a.test", 80);
  resolved_fn kept;
  options_.resolve = [&kept](const std::string&, resolved_fn done) { kept = std::move(done); };
  options_.bounds.connect = 50ms;
  start();
  EXPECT_THAT(ask(get("a.test", 80)), StartsWith("HTTP/1.1 504 "));
  EXPECT_EQ(outcome::timed_out, events_.wait_for(1).front().reason);
  kept(error{errc::not_found, "too late", ""});
}

TEST_F(egress_test, T9_9_more_connections_than_allowed_wait_their_turn) {
  silent_server silent;
  http_server server;
  allow("a.test", silent.port());
  allow("b.test", server.port());
  options_.bounds.connections = 2;
  start();
  peer first = tunnel("a.test", silent.port());
  first.send(hello_for("a.test"));
  peer second = connect();
  second.send(get("b.test", server.port()));
  second.read_to("ok");
  peer third = connect();
  third.send(get("b.test", server.port(), "/third", "Connection: close\r\n"));
  EXPECT_EQ(2U, proxy_->used().open);
  EXPECT_EQ(1U, server.requests().size());
  second.close();
  EXPECT_THAT(third.read_all(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(egress_test, T9_3_the_runs_attempts_have_an_end_and_so_have_the_events) {
  options_.bounds.attempts = 3;
  start();
  for (int i = 0; i < 3; ++i) EXPECT_THAT(ask(get("b.test", 80)), StartsWith("HTTP/1.1 403 "));
  for (const std::string& bytes : {get("b.test", 80), std::string("nonsense\n"), get("b.test", 80)})
    EXPECT_THAT(ask(bytes),
                ::testing::AnyOf(StartsWith("HTTP/1.1 429 "), StartsWith("HTTP/1.1 400 ")));
  EXPECT_EQ(6U, proxy_->used().attempts);
  EXPECT_EQ(3U, events_.all().size());
}

TEST_F(egress_test, B7_the_runs_bytes_up_have_an_end) {
  http_server server;
  silent_server silent;
  allow("a.test", server.port());
  allow("b.test", silent.port());
  options_.bounds.bytes_up = 2000;
  start();
  const std::string where = at("a.test", server.port());
  EXPECT_THAT(ask(request("POST", "http://" + where + "/", where, "Content-Length: 2000\r\n") +
                  std::string(2000, 'x')),
              StartsWith("HTTP/1.1 429 "));
  EXPECT_TRUE(server.requests().empty());
  peer client = tunnel("b.test", silent.port());
  client.send(hello_for("b.test"));
  EXPECT_EQ("", client.read_all());
  for (const event& each : events_.wait_for(2)) EXPECT_EQ(outcome::byte_limit, each.reason);
}

TEST_F(egress_test, T9_5_the_runs_bytes_down_have_an_end) {
  test_server chatty([](peer& client) {
    while (client.send(std::string(10'000, 'x'))) continue;
  });
  allow("a.test", chatty.port());
  options_.bounds.bytes_down = 100'000;
  start();
  peer client = tunnel("a.test", chatty.port());
  client.send(hello_for("a.test"));
  EXPECT_GE(100'000U, client.read_all().size());
  const event seen = events_.wait_for(1).front();
  EXPECT_EQ(outcome::byte_limit, seen.reason);
  EXPECT_GE(100'000U, seen.bytes_down);
}

TEST_F(egress_test, T9_11_stop_ends_everything) {
  silent_server server;
  allow("a.test", server.port());
  start();
  peer client = tunnel("a.test", server.port());
  client.send(hello_for("a.test"));
  peer waiting = connect();
  waiting.send("GET ");
  peer idle = connect();
  proxy_->stop();
  EXPECT_EQ("", client.read_all());
  EXPECT_EQ("", waiting.read_all());
  EXPECT_EQ("", idle.read_all());
  for (const event& each : events_.all()) EXPECT_EQ(outcome::stopped, each.reason);
  EXPECT_FALSE(fs::exists(options_.socket));
  proxy_->stop();
}

TEST_F(egress_test, a_listener_of_a_stopped_proxy_is_closed) {
  start();
  const auto listener = proxy_->listener();
  proxy_.reset();
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(0, ::listen(made, 1));
  sockaddr_storage own = {};
  socklen_t size = sizeof own;
  ::getsockname(made, reinterpret_cast<sockaddr*>(&own), &size);
  listener(process::descriptor(made));
  const process::descriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // Either refused, or accepted by the kernel and reset.
  if (::connect(client.get(), reinterpret_cast<const sockaddr*>(&own), size) == 0) {
    char byte = 0;
    EXPECT_GE(0, ::recv(client.get(), &byte, 1, 0));
  }
}

TEST_F(egress_test, the_loop_may_end_first) {
  silent_server server;
  allow("a.test", server.port());
  start();
  peer client = tunnel("a.test", server.port());
  client.send(hello_for("a.test"));
  loop_.reset();
  EXPECT_EQ("", client.read_all());
  proxy_.reset();
}

TEST_F(egress_test, the_systems_resolver_is_the_default) {
  http_server server;
  host_rule rule = *parse_rule(at("localhost", server.port()));
  rule.allow_private = true;
  options_.allowed.add(rule);
  options_.resolve = nullptr;
  start();
  EXPECT_THAT(ask(get("localhost", server.port(), "/", "Connection: close\r\n")),
              StartsWith("HTTP/1.1 200 "));
}

TEST(egress_environment, names_the_proxy_in_every_usual_way) {
  const auto all = environment("t0ken", 3128);
  for (const char* name : {"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"})
    EXPECT_THAT(all, ::testing::Contains(std::string(name) + "=http://x:t0ken@127.0.0.1:3128"));
  EXPECT_THAT(all, ::testing::Contains("NO_PROXY=localhost,127.0.0.1,::1"));
  EXPECT_THAT(all, ::testing::Contains(HasSubstr("-Dhttps.proxyPort=3128")));
  EXPECT_THAT(maven_settings("t0ken", 3128), HasSubstr("<port>3128</port><username>x</username>"
                                                       "<password>t0ken</password>"));
}

TEST(egress_outcome, every_one_has_a_text_of_its_own) {
  std::map<std::string, int> texts;
  for (int i = 0; i <= static_cast<int>(outcome::stopped); ++i)
    ++texts[to_string(static_cast<outcome>(i))];
  EXPECT_EQ(static_cast<std::size_t>(outcome::stopped) + 1, texts.size());
  EXPECT_FALSE(texts.contains("unknown"));
}

}  // namespace
}  // namespace skein::egress::testing
