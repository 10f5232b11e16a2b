#include "runtime/http/client.hpp"

#include "tests/support/http_peer.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <future>

namespace skein::http {
namespace {

using test::http_peer;
using test::peer_end;
using test::peer_reply;

/// What a listener heard, to wait for.
struct heard {
  std::promise<result<reply>> ended;
  std::atomic<int> ends{0};
  std::atomic<std::size_t> bytes{0};

  listener hear(std::function<bool(std::string_view)> data = {}) {
    return {{}, std::move(data), [this](result<reply> one) {
              if (++ends == 1) ended.set_value(std::move(one));
            }};
  }
  result<reply> wait() {
    auto future = ended.get_future();
    if (future.wait_for(std::chrono::seconds(30)) != std::future_status::ready)
      return error{errc::internal, "the test waited in vain", ""};
    return future.get();
  }
};

request to(const http_peer& peer, std::string target = "/") {
  request out;
  out.url = peer.url() + target;
  return out;
}

TEST(http_client, sends_what_it_was_given_and_nothing_of_its_own) {
  http_peer peer;
  peer.push({200, {{"X-One", "1"}}, "hello", {}, peer_end::whole, ""});
  client one;
  request asked = to(peer, "/a?b=c");
  asked.method = "POST";
  asked.headers = {{"X-Api-Key", "k"}, {"Content-Type", "application/json"}, {"X-Empty", ""}};
  asked.body = std::string("{\"a\":\0 1}", 9);
  const auto got = one.send(asked);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->body, "hello");
  ASSERT_NE(got->find("x-ONE"), nullptr);
  EXPECT_EQ(*got->find("x-one"), "1");
  const auto seen = peer.requests().at(0);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/a?b=c");
  EXPECT_EQ(seen.body, asked.body);
  EXPECT_EQ(seen.header("x-api-key"), "k");
  EXPECT_EQ(seen.header("content-type"), "application/json");
  EXPECT_EQ(seen.header("expect"), "");
  EXPECT_EQ(seen.header("accept-encoding"), "");
  EXPECT_EQ(seen.header("user-agent"), "");
}

TEST(http_client, speaks_every_method) {
  http_peer peer;
  peer.on([](const test::peer_request& asked) {
    peer_reply out;
    out.body = asked.method == "HEAD" ? "" : asked.method + ":" + asked.body;
    return out;
  });
  client one;
  for (const std::string method : {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}) {
    for (const std::string body : {"", "x"}) {
      if (method == "HEAD" && !body.empty()) continue;
      request asked = to(peer);
      asked.method = method;
      asked.body = body;
      const auto got = one.send(asked);
      ASSERT_TRUE(got) << method << ": " << got.error().message;
      EXPECT_EQ(got->body, method == "HEAD" ? "" : method + ":" + body);
    }
  }
}

TEST(http_client, reuses_a_connection) {
  http_peer peer;
  peer.on([](const auto&) { return peer_reply{}; });
  client one;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(one.send(to(peer)));
  EXPECT_EQ(peer.connections(), 1U);
}

TEST(http_client, sends_what_must_not_happen_twice_once) {
  for (const bool once : {false, true}) {
    http_peer peer;
    peer.push({});
    peer.push({200, {}, "", {}, peer_end::silent, ""});
    peer.on([](const auto&) { return peer_reply{}; });
    client one;
    ASSERT_TRUE(one.send(to(peer)));
    auto twice = to(peer);
    twice.method = "POST";
    twice.once = once;
    EXPECT_EQ(one.send(twice).has_value(), !once);
    EXPECT_EQ(peer.requests().size(), once ? 2U : 3U);
  }
}

TEST(http_client, never_follows_a_redirect) {
  http_peer other;
  http_peer peer;
  peer.push({302, {{"Location", other.url() + "/stolen"}}, "", {}, peer_end::whole, ""});
  client one;
  const auto got = one.send(to(peer));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->status, 302);
  EXPECT_TRUE(other.requests().empty());
}

TEST(http_client, takes_no_proxy_from_the_environment) {
  http_peer proxy;
  http_peer peer;
  peer.on([](const auto&) { return peer_reply{}; });
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  ::setenv("ALL_PROXY", proxy.url().c_str(), 1);
  {
    client one;
    EXPECT_TRUE(one.send(to(peer)));
  }
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
  EXPECT_TRUE(proxy.requests().empty());
}

TEST(http_client, goes_through_a_named_proxy) {
  http_peer proxy;
  proxy.push({});
  client one;
  request asked;
  asked.url = "http://api.example.invalid/x";
  asked.proxy = proxy.url();
  ::setenv("no_proxy", "*", 1);
  const auto got = one.send(asked);
  ::unsetenv("no_proxy");
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(proxy.requests().at(0).target, "http://api.example.invalid/x");
}

TEST(http_client, connects_to_a_unix_socket) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("skein-http-" + std::to_string(::getpid()) + ".sock");
  http_peer peer({path.string(), false, ""});
  peer.push({200, {}, "here", {}, peer_end::whole, ""});
  client one;
  request asked = to(peer);
  asked.unix_socket = path.string();
  const auto got = one.send(asked);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->body, "here");
}

TEST(http_client, trusts_only_the_given_certificate) {
  http_peer peer({"", true, "localhost"});
  peer.on([](const auto&) { return peer_reply{200, {}, "safe", {}, peer_end::whole, ""}; });
  client one;
  request asked = to(peer);
  asked.headers = {{"Authorization", "Bearer secret-key"}};
  const auto unknown = one.send(asked);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, errc::unauthorised);
  EXPECT_EQ(unknown.error().message.find("secret-key"), std::string::npos);
  EXPECT_TRUE(peer.requests().empty());
  asked.ca_file = peer.certificate_file();
  const auto known = one.send(asked);
  ASSERT_TRUE(known) << known.error().message;
  EXPECT_EQ(known->body, "safe");
}

TEST(http_client, refuses_a_certificate_for_another_host) {
  http_peer peer({"", true, "other.example"});
  client one;
  request asked = to(peer);
  asked.ca_file = peer.certificate_file();
  const auto got = one.send(asked);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::unauthorised);
}

TEST(http_client, streams_in_pieces_after_the_head) {
  http_peer peer;
  peer.push(test::event_stream({"one", "two", "three"}));
  client one;
  heard end;
  std::string all;
  int heads = 0;
  listener both = end.hear([&](std::string_view piece) {
    EXPECT_EQ(heads, 1);
    all += piece;
    return true;
  });
  both.head = [&](const reply& head) {
    ++heads;
    EXPECT_EQ(head.status, 200);
  };
  one.start(to(peer), both);
  const auto got = end.wait();
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(all, "onetwothree");
  EXPECT_TRUE(got->body.empty());
}

TEST(http_client, bounds_the_body_gathered_or_streamed) {
  http_peer peer;
  peer.on([](const auto&) {
    return peer_reply{200, {}, std::string(1000, 'x'), {}, peer_end::endless, ""};
  });
  client one;
  request asked = to(peer);
  asked.max_reply_bytes = 100'000;
  const auto gathered = one.send(asked);
  ASSERT_FALSE(gathered);
  EXPECT_EQ(gathered.error().code, errc::refused);
  heard end;
  std::size_t bytes = 0;
  one.start(asked, end.hear([&](std::string_view piece) {
    bytes += piece.size();
    return true;
  }));
  const auto streamed = end.wait();
  ASSERT_FALSE(streamed);
  EXPECT_EQ(streamed.error().code, errc::refused);
  EXPECT_LE(bytes, 100'000U);
  EXPECT_TRUE(peer.wait_for_ended(2));
}

TEST(http_client, bounds_the_head) {
  http_peer peer;
  std::string endless = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 20000; ++i) endless += "X-" + std::to_string(i) + ": yes\r\n";
  peer.push({0, {}, "", {}, peer_end::hang, endless});
  client one;
  const auto got = one.send(to(peer));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::refused);
}

TEST(http_client, says_when_a_reply_is_cut_off) {
  http_peer peer;
  peer.push({200, {}, "half", {}, peer_end::cut, ""});
  peer.push({200, {}, "", {"half"}, peer_end::cut, ""});
  peer.push({0, {}, "", {}, peer_end::close, "SSH-2.0-OpenSSH\r\n"});
  client one;
  for (int i = 0; i < 3; ++i) {
    const auto got = one.send(to(peer));
    ASSERT_FALSE(got) << i;
    EXPECT_EQ(got.error().code, errc::unavailable);
  }
}

TEST(http_client, passes_over_interim_heads) {
  http_peer peer;
  peer.push({0,
             {},
             "",
             {},
             peer_end::close,
             "HTTP/1.1 103 Early\r\nX-Early: yes\r\n\r\nHTTP/1.1 201 Made\r\nContent-Length: "
             "2\r\n\r\nok"});
  client one;
  const auto got = one.send(to(peer));
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 201);
  EXPECT_EQ(got->find("x-early"), nullptr);
}

TEST(http_client, ends_a_silent_reply_at_its_idle_time) {
  http_peer peer;
  peer.push({200, {}, "", {"a"}, peer_end::hang, ""});
  client one;
  request asked = to(peer);
  asked.idle_timeout = std::chrono::milliseconds(50);
  const auto got = one.send(asked);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::timeout);
}

TEST(http_client, ends_a_busy_reply_at_its_total_time) {
  http_peer peer;
  peer.push({200, {}, "x", {}, peer_end::endless, ""});
  client one;
  request asked = to(peer);
  asked.total_timeout = std::chrono::milliseconds(100);
  asked.max_reply_bytes = 1ULL << 50;
  heard end;
  one.start(asked, end.hear([](std::string_view) { return true; }));
  const auto got = end.wait();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::timeout);
}

TEST(http_client, cancel_reaches_the_peer_and_ends_once) {
  http_peer peer;
  peer.push({200, {}, "", {"a"}, peer_end::hang, ""});
  client one;
  heard end;
  const auto running = one.start(to(peer), end.hear());
  ASSERT_TRUE(peer.wait_for_requests(1));
  running->cancel();
  running->cancel();
  const auto got = end.wait();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::cancelled);
  EXPECT_TRUE(peer.wait_for_ended(1));
  EXPECT_EQ(end.ends, 1);
}

TEST(http_client, listener_can_give_up) {
  http_peer peer;
  peer.push({200, {}, "x", {}, peer_end::endless, ""});
  client one;
  heard end;
  one.start(to(peer), end.hear([](std::string_view) { return false; }));
  const auto got = end.wait();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::cancelled);
  EXPECT_TRUE(peer.wait_for_ended(1));
}

TEST(http_client, its_end_ends_every_request) {
  http_peer peer;
  peer.on([](const auto&) { return peer_reply{200, {}, "", {"a"}, peer_end::hang, ""}; });
  std::array<heard, 20> ends;
  std::shared_ptr<exchange> last;
  {
    client one;
    for (heard& end : ends) last = one.start(to(peer), end.hear());
    ASSERT_TRUE(peer.wait_for_requests(5));
  }
  for (heard& end : ends) {
    const auto got = end.wait();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::cancelled);
    EXPECT_EQ(end.ends, 1);
  }
  last->cancel();
}

TEST(http_client, pause_holds_a_fast_peer_back) {
  http_peer peer;
  peer.push({200, {}, std::string(8192, 'x'), {}, peer_end::endless, ""});
  client one;
  heard end;
  std::atomic<std::size_t> bytes{0};
  std::promise<std::shared_ptr<exchange>> self;
  auto mine = self.get_future().share();
  std::atomic<bool> paused{false};
  std::promise<void> first;
  request asked = to(peer);
  asked.max_reply_bytes = 1ULL << 50;
  const auto running = one.start(asked, end.hear([&](std::string_view piece) {
    if (!paused.exchange(true)) {
      mine.get()->pause();
      first.set_value();
    }
    bytes += piece.size();
    return true;
  }));
  self.set_value(running);
  first.get_future().wait();
  // Whatever this thread asks of the client comes after the pause.
  const auto turn = [&] {
    std::promise<void> turned;
    one.after(std::chrono::milliseconds(0), [&] { turned.set_value(); });
    turned.get_future().wait();
  };
  for (int i = 0; i < 5; ++i) turn();
  const auto held = bytes.load();
  for (int i = 0; i < 50; ++i) turn();
  EXPECT_EQ(bytes, held);
  running->resume();
  while (bytes == held) turn();
  running->cancel();
  EXPECT_FALSE(end.wait());
}

TEST(http_client, refuses_what_cannot_be_a_request) {
  http_peer peer;
  client one;
  const auto refused = [&](auto&& change) {
    request asked = to(peer);
    change(asked);
    const auto got = one.send(asked);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, errc::invalid) << got.error().message;
    EXPECT_EQ(got.error().message.find("hunter2"), std::string::npos);
  };
  refused([](request& r) { r.url = "file:///etc/passwd"; });
  refused([](request& r) { r.url = "ftp://localhost/x"; });
  refused([](request& r) { r.url = "localhost:80"; });
  refused([](request& r) { r.url = ""; });
  refused([](request& r) { r.url = "http://user:hunter2@localhost/"; });
  refused([](request& r) { r.url += "a b"; });
  refused([](request& r) { r.url += "a\r\nX: y"; });
  refused([](request& r) { r.method = "GET /x HTTP/1.1\r\n"; });
  refused([](request& r) { r.headers = {{"X", "hunter2\r\nY: z"}}; });
  refused([](request& r) { r.headers = {{"X Y", "z"}}; });
  refused([](request& r) { r.headers = {{"", "z"}}; });
  refused([](request& r) { r.proxy = "socks5://localhost:1"; });
  refused([](request& r) {
    r.ca_file = "/nonexistent/ca.pem";
    r.url = "https://localhost:1/";
  });
  EXPECT_TRUE(peer.requests().empty());
}

TEST(http_client, says_when_nobody_answers) {
  std::string gone;
  {
    http_peer peer;
    gone = peer.url();
  }
  client one;
  request asked;
  asked.url = gone;
  const auto got = one.send(asked);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::unavailable);
  EXPECT_NE(got.error().message.find("127.0.0.1"), std::string::npos);
}

TEST(http_client, runs_timers_in_order_and_forgets_cancelled_ones) {
  client one;
  std::promise<void> last;
  std::vector<int> order;
  one.after(std::chrono::milliseconds(20), [&] { order.push_back(2), last.set_value(); });
  const auto never = one.after(std::chrono::milliseconds(10), [&] { order.push_back(9); });
  one.after(std::chrono::milliseconds(1), [&] { order.push_back(1); });
  never->cancel();
  last.get_future().wait();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(http_client, may_end_within_its_own_callback) {
  http_peer peer;
  peer.on([](const auto&) { return peer_reply{200, {}, "", {"a"}, peer_end::hang, ""}; });
  heard end;
  auto one = std::make_shared<client>();
  one->start(to(peer), end.hear());
  ASSERT_TRUE(peer.wait_for_requests(1));
  client* const raw = one.get();
  // Nobody may be inside of the client while it ends.
  std::promise<void> left;
  raw->after(std::chrono::milliseconds(0),
             [held = std::move(one), gone = left.get_future().share()]() mutable {
               gone.wait();
               held.reset();
             });
  left.set_value();
  const auto got = end.wait();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::cancelled);
  EXPECT_TRUE(peer.wait_for_ended(1));
}

TEST(http_client, does_many_at_once_on_one_thread) {
  http_peer peer;
  peer.on([](const test::peer_request& asked) {
    return peer_reply{200, {}, asked.target, {}, peer_end::whole, ""};
  });
  client one;
  std::array<heard, 100> ends;
  for (std::size_t i = 0; i < ends.size(); ++i)
    one.start(to(peer, "/" + std::to_string(i)), ends[i].hear());
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const auto got = ends[i].wait();
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->body, "/" + std::to_string(i));
  }
}

}  // namespace
}  // namespace skein::http
