// CONNECT: who may be spoken with, and that nobody else is.
#include "tests/runtime/egress/client_hello.hpp"
#include "tests/runtime/egress/egress_fixture.hpp"

#include <gmock/gmock.h>

#include <atomic>

namespace skein::egress::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view alert("\x15\x03\x03\x00\x02\x02\x70", 7);

/// Sends back what it gets, until the client ends.
class echo_server {
 public:
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::atomic<std::size_t> bytes_{0};
  test_server server_{[this](peer& client) {
    for (;;) {
      const std::string byte = client.read(1);
      if (byte.empty()) return;
      bytes_ += byte.size();
      client.send(byte);
    }
  }};
};

class tunnel_test : public egress_test {
 protected:
  void open() {
    allow("a.test", server_.port());
    start();
  }
  /// What the client gets for these first bytes, when it ends after them.
  std::string answer_to(const std::string& bytes) {
    peer client = tunnel("a.test", server_.port());
    client.send(bytes);
    client.end_sending();
    return client.read_all();
  }

  echo_server server_;
};

TEST_F(tunnel_test, carries_bytes_both_ways_for_the_host_it_is_for) {
  open();
  peer client = tunnel("a.test", server_.port());
  const std::string hello = hello_for("a.test");
  client.send(hello);
  EXPECT_EQ(hello, client.read(hello.size()));
  client.send("more");
  EXPECT_EQ("more", client.read(4));
  client.end_sending();
  EXPECT_EQ("", client.read_all());
  const event seen = events_.wait_for(1).front();
  EXPECT_TRUE(seen.allowed);
  EXPECT_EQ(outcome::relayed, seen.reason);
  EXPECT_EQ("CONNECT", seen.method);
  EXPECT_EQ(hello.size() + 4, seen.bytes_up);
  EXPECT_EQ(hello.size() + 4, seen.bytes_down);
}

TEST_F(tunnel_test, the_name_may_be_in_capitals_and_the_hello_in_pieces) {
  open();
  const std::string hello = hello_in_records("A.Test", 11);
  peer client = tunnel("a.TEST.", server_.port());
  for (const char byte : hello) client.send(std::string(1, byte));
  EXPECT_EQ(hello, client.read(hello.size()));
}

TEST_F(tunnel_test, B7_T6_2_another_server_name_is_refused) {
  open();
  for (const char* name : {"b.test", "a.test.b.test", "xa.test", "a.test.", "a.tes", "127.0.0.1"})
    EXPECT_EQ(alert, answer_to(hello_for(name))) << name;
  for (const event& each : events_.wait_for(6)) {
    EXPECT_EQ(outcome::wrong_server_name, each.reason);
    EXPECT_FALSE(each.allowed);
    EXPECT_EQ(0U, each.bytes_up);
  }
  EXPECT_EQ(0U, server_.bytes());
}

TEST_F(tunnel_test, B7_a_missing_or_hidden_server_name_is_refused) {
  open();
  EXPECT_EQ(alert, answer_to(record(hello_message(""))));
  EXPECT_EQ(alert,
            answer_to(record(hello_message(server_name("a.test") + extension(0xfe0d, "x")))));
  EXPECT_EQ(alert,
            answer_to(record(hello_message(server_name("a.test") + extension(0xffce, "x")))));
  for (const event& each : events_.wait_for(3)) EXPECT_EQ(outcome::wrong_server_name, each.reason);
  EXPECT_EQ(0U, server_.bytes());
}

TEST_F(tunnel_test, B7_what_is_not_tls_is_refused) {
  open();
  const std::string two = server_name("a.test") + server_name("a.test");
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("SSH-2.0-x\r\n"),
        record(hello_message(two)), hello_for("a.test").substr(0, 20),
        std::string("\x16\x03\x01\x00\x00", 5), std::string()})
    EXPECT_EQ(alert, answer_to(bytes));
  for (const event& each : events_.wait_for(6)) EXPECT_EQ(outcome::not_tls, each.reason);
  EXPECT_EQ(0U, server_.bytes());
}

TEST_F(tunnel_test, B7_a_hello_without_end_is_refused) {
  open();
  peer client = tunnel("a.test", server_.port());
  const std::string endless = record(std::string(1, '\x01') + number(0xffffff, 3));
  client.send(endless);
  EXPECT_EQ(alert, client.read_all());
}

TEST_F(tunnel_test, T1_7_a_held_secret_in_the_server_name_is_a_leak) {
  options_.leaks = [](std::string_view text) { return text.find("c4nary") != text.npos; };
  open();
  EXPECT_EQ(alert, answer_to(hello_for("c4nary.a.test")));
  EXPECT_EQ(outcome::leak, events_.wait_for(1).front().reason);
}

TEST_F(tunnel_test, an_address_has_no_server_name) {
  allow("127.0.0.1", server_.port());
  start();
  const std::string nameless = record(hello_message(extension(43, "x")));
  peer client = tunnel("127.0.0.1", server_.port());
  client.send(nameless);
  EXPECT_EQ(nameless, client.read(nameless.size()));
  peer other = tunnel("127.0.0.1", server_.port());
  client.close();
  other.send(hello_for("a.test"));
  EXPECT_EQ(alert, other.read_all());
}

TEST_F(tunnel_test, the_platform_may_open_a_port_without_tls) {
  allow("a.test", server_.port(), false);
  start();
  peer client = tunnel("a.test", server_.port());
  client.send("plain");
  EXPECT_EQ("plain", client.read(5));
}

TEST_F(tunnel_test, bytes_sent_with_the_request_count_as_the_first) {
  open();
  const std::string hello = hello_for("a.test");
  peer client = connect();
  client.send(connect_head(at("a.test", server_.port())) + hello);
  client.read_to("\r\n\r\n");
  EXPECT_EQ(hello, client.read(hello.size()));
  peer hostile = connect();
  hostile.send(connect_head(at("a.test", server_.port())) + "GET / HTTP/1.1\r\n\r\n");
  hostile.read_to("\r\n\r\n");
  EXPECT_EQ(alert, hostile.read_all());
}

TEST_F(tunnel_test, B7_a_request_of_two_meanings_is_refused) {
  open();
  const std::string where = at("a.test", server_.port());
  for (const std::string& bytes :
       {request("CONNECT", where, "b.test:443"), request("CONNECT", "http://" + where + "/", where),
        request("CONNECT", "/", where), request("CONNECT", "u@" + where, where),
        request("CONNECT", "a.test:x", where), request("CONNECT", "[fe80::1%25lo]:443", where),
        request("CONNECT", where, where, "Content-Length: 4\r\n"),
        request("CONNECT", where, where, "Transfer-Encoding: chunked\r\n")})
    EXPECT_THAT(ask(bytes), StartsWith("HTTP/1.1 400 ")) << bytes;
  EXPECT_EQ(0U, server_.bytes());
}

TEST_F(tunnel_test, without_a_port_443_is_meant) {
  open();
  EXPECT_THAT(ask(request("CONNECT", "a.test", "a.test")), StartsWith("HTTP/1.1 403 "));
  EXPECT_EQ(443, events_.wait_for(1).front().port);
}

TEST_F(tunnel_test, the_end_of_one_side_reaches_the_other) {
  test_server says_bye([](peer& client) {
    client.read(hello_for("a.test").size());
    client.send("bye");
  });
  allow("a.test", says_bye.port());
  start();
  peer client = tunnel("a.test", says_bye.port());
  client.send(hello_for("a.test"));
  EXPECT_EQ("bye", client.read_all());
  client.close();
  EXPECT_EQ(3U, events_.wait_for(1).front().bytes_down);
}

// ── Behind another proxy ──────────────────────────────────────────────────────────────────────

/// The platform's own proxy: grants tunnels and echoes what comes through them.
class parent_server {
 public:
  explicit parent_server(std::string answer) : answer_(std::move(answer)) {}
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  [[nodiscard]] std::string head() {
    const std::lock_guard lock(mutex_);
    return head_;
  }

 private:
  std::mutex mutex_;
  std::string answer_;
  std::string head_;
  test_server server_{[this](peer& client) {
    const std::string head = client.read_to("\r\n\r\n");
    {
      const std::lock_guard lock(mutex_);
      head_ = head;
    }
    client.send(answer_);
    for (std::string byte = client.read(1); !byte.empty(); byte = client.read(1)) client.send(byte);
  }};
};

TEST_F(tunnel_test, a_parent_proxy_is_asked_for_the_name) {
  parent_server parent("HTTP/1.1 200 OK\r\nX: y\r\n\r\nearly");
  options_.allowed.add(*parse_rule("far.test:443"));
  options_.parent = parent_proxy{"parent.test", parent.port(), "user:word"};
  names_["parent.test"] = {boost::asio::ip::make_address("127.0.0.1")};
  start();
  peer client = tunnel("far.test", 443);
  const std::string hello = hello_for("far.test");
  client.send(hello);
  EXPECT_EQ("early" + hello, client.read(5 + hello.size()));
  EXPECT_EQ("CONNECT far.test:443 HTTP/1.1\r\nHost: far.test:443\r\nProxy-Authorization: " +
                basic_credentials("user:word") + "\r\n\r\n",
            parent.head());
  EXPECT_EQ(std::vector<std::string>{"parent.test"}, resolved_);
}

TEST_F(tunnel_test, B7_behind_a_parent_proxy_the_list_and_the_server_name_still_decide) {
  parent_server parent("HTTP/1.1 200 OK\r\n\r\n");
  options_.allowed.add(*parse_rule("far.test:443"));
  options_.parent = parent_proxy{"127.0.0.1", parent.port(), ""};
  names_["127.0.0.1"] = {boost::asio::ip::make_address("127.0.0.1")};
  start();
  EXPECT_THAT(ask(connect_head("near.test:443")), StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(ask(connect_head("10.0.0.1:443")), StartsWith("HTTP/1.1 403 "));
  EXPECT_EQ("", parent.head());
  peer client = tunnel("far.test", 443);
  client.send(hello_for("near.test"));
  EXPECT_EQ(alert, client.read_all());
}

TEST_F(tunnel_test, a_parent_proxy_that_refuses_is_named) {
  for (const char* answer : {"HTTP/1.1 407 No\r\n\r\n", "SSH-2.0\r\n\r\n"}) {
    parent_server parent(answer);
    options_.allowed.add(*parse_rule("far.test:443"));
    options_.parent = parent_proxy{"parent.test", parent.port(), ""};
    names_["parent.test"] = {boost::asio::ip::make_address("127.0.0.1")};
    start();
    EXPECT_THAT(ask(connect_head("far.test:443")), StartsWith("HTTP/1.1 502 ")) << answer;
    proxy_.reset();
  }
  for (const event& each : events_.wait_for(2)) EXPECT_EQ(outcome::parent_refused, each.reason);
}

TEST_F(egress_test, a_parent_proxy_gets_plain_requests_with_the_whole_url) {
  http_server parent;
  options_.allowed.add(*parse_rule("far.test:8080"));
  options_.parent = parent_proxy{"parent.test", parent.port(), "user:word"};
  names_["parent.test"] = {boost::asio::ip::make_address("127.0.0.1")};
  start();
  EXPECT_THAT(ask(get("far.test", 8080, "/x", "Connection: close\r\n")),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ("GET http://far.test:8080/x HTTP/1.1\r\nHost: far.test:8080\r\nProxy-Authorization: " +
                basic_credentials("user:word") + "\r\nConnection: close\r\n\r\n",
            parent.requests().at(0));
}

}  // namespace
}  // namespace skein::egress::testing
