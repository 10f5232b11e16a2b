// Plain http:// requests through the proxy.
#include "tests/runtime/egress/egress_fixture.hpp"

#include <gmock/gmock.h>

#include <future>
#include <random>

namespace skein::egress::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* close_field = "Connection: close\r\n";

TEST_F(egress_test, a_listed_host_is_reached) {
  http_server server;
  allow("a.test", server.port());
  start();
  const std::string answer = ask(get("a.test", server.port(), "/pkg?x=1", close_field));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\nok"));
  ASSERT_EQ(1U, server.requests().size());
  EXPECT_EQ("GET /pkg?x=1 HTTP/1.1\r\nHost: " + at("a.test", server.port()) +
                "\r\nConnection: close\r\n\r\n",
            server.requests().front());
  const event seen = events_.wait_for(1).front();
  EXPECT_TRUE(seen.allowed);
  EXPECT_EQ(outcome::relayed, seen.reason);
  EXPECT_EQ("a.test", seen.host);
  EXPECT_EQ(server.port(), seen.port);
  EXPECT_EQ("GET", seen.method);
  EXPECT_EQ(server.requests().front().size(), seen.bytes_up);
  EXPECT_EQ(std::string("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").size(), seen.bytes_down);
}

TEST_F(egress_test, T3_5_without_the_token_nothing_is_done) {
  http_server server;
  allow("a.test", server.port());
  start();
  const std::string target = "http://" + at("a.test", server.port()) + "/";
  const std::string head =
      "GET " + target + " HTTP/1.1\r\nHost: " + at("a.test", server.port()) + "\r\n";
  for (const std::string& credentials :
       {std::string(), "Proxy-Authorization: " + basic_credentials("x:t0keN") + "\r\n",
        "Proxy-Authorization: " + basic_credentials("y:t0ken") + "\r\n",
        "Proxy-Authorization: " + basic_credentials("x:t0ken0") + "\r\n",
        std::string("Proxy-Authorization: Basic\r\n"), std::string("Proxy-Authorization: \r\n"),
        "Proxy-Authorization: Bearer " + basic_credentials("x:t0ken").substr(6) + "\r\n",
        "Authorization: " + basic_credentials("x:t0ken") + "\r\n"}) {
    const std::string answer = ask(head + credentials + "\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 407 ")) << credentials;
    EXPECT_THAT(answer, HasSubstr("Proxy-Authenticate: Basic realm=\"skein\"\r\n"));
  }
  EXPECT_TRUE(server.requests().empty());
  const auto seen = events_.wait_for(8);
  for (const event& each : seen) {
    EXPECT_FALSE(each.allowed);
    EXPECT_EQ(outcome::unauthorised, each.reason);
    EXPECT_EQ("a.test", each.host);
  }
}

TEST_F(egress_test, B7_T6_1_what_is_not_listed_is_refused_before_it_is_resolved) {
  http_server server;
  allow("a.test", server.port());
  start();
  EXPECT_THAT(ask(get("b.test", server.port())), StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(ask(get("a.test", 1)), StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(ask(get("a.test.b.test", server.port())), StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(ask(connect_head("b.test:443")), StartsWith("HTTP/1.1 403 "));
  for (const event& each : events_.wait_for(4)) {
    EXPECT_EQ(outcome::host_not_allowed, each.reason);
    EXPECT_EQ(0U, each.bytes_up);
  }
  EXPECT_TRUE(resolved_.empty());
  EXPECT_EQ(4U, proxy_->used().refused);
}

TEST_F(egress_test, B7_addresses_in_place_of_names_are_refused) {
  http_server server;
  allow("a.test", server.port());
  start();
  for (const char* host : {"127.0.0.1", "2130706433", "0x7f.1", "0177.1", "[::1]",
                           "[::ffff:127.0.0.1]", "169.254.169.254", "8.8.8.8"})
    EXPECT_THAT(ask(get(host, server.port())), StartsWith("HTTP/1.1 403 ")) << host;
  for (const event& each : events_.wait_for(8)) EXPECT_EQ(outcome::address_literal, each.reason);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(egress_test, an_address_the_platform_lists_is_reached) {
  http_server server;
  allow("127.0.0.1", server.port());
  start();
  EXPECT_THAT(ask(get("127.0.0.1", server.port(), "/", close_field)), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask(get("127.1", server.port(), "/", close_field)), StartsWith("HTTP/1.1 403 "));
  EXPECT_TRUE(resolved_.empty());
}

TEST_F(egress_test, B7_a_name_that_leads_inside_is_refused) {
  http_server server;
  options_.allowed.add(*parse_rule(at("a.test", server.port())));
  names_["a.test"] = {boost::asio::ip::make_address("127.0.0.1")};
  start();
  for (const char* address :
       {"127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "::1", "fd00::1", "fe80::1",
        "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "0.0.0.0", "224.0.0.1"}) {
    names_["a.test"] = {boost::asio::ip::make_address(address)};
    EXPECT_THAT(ask(get("a.test", server.port())), StartsWith("HTTP/1.1 403 ")) << address;
  }
  for (const event& each : events_.wait_for(12)) EXPECT_EQ(outcome::address_refused, each.reason);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(egress_test, B7_one_refused_address_among_others_refuses_all) {
  options_.allowed.add(*parse_rule("a.test:443"));
  names_["a.test"] = {boost::asio::ip::make_address("192.0.2.1"),
                      boost::asio::ip::make_address("192.0.2.2"),
                      boost::asio::ip::make_address("10.0.0.1")};
  start();
  EXPECT_THAT(ask(connect_head("a.test:443")), StartsWith("HTTP/1.1 403 "));
  EXPECT_EQ(outcome::address_refused, events_.wait_for(1).front().reason);
}

TEST_F(egress_test, B7_the_link_is_refused_even_where_private_is_allowed) {
  allow("a.test", 80);
  names_["a.test"] = {boost::asio::ip::make_address("169.254.169.254")};
  start();
  EXPECT_THAT(ask(get("a.test", 80)), StartsWith("HTTP/1.1 403 "));
}

TEST_F(egress_test, B7_each_attempt_resolves_once_and_connects_to_what_was_checked) {
  http_server server;
  allow("a.test", server.port());
  // Another answer at each question: the second would be refused.
  unsigned asked = 0;
  options_.resolve = [&asked](const std::string&, const resolved_fn& done) {
    done(addresses{boost::asio::ip::make_address(++asked % 2 == 1 ? "127.0.0.1" : "169.254.0.1")});
  };
  start();
  EXPECT_THAT(ask(get("a.test", server.port(), "/", close_field)), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(1U, asked);
  EXPECT_THAT(ask(get("a.test", server.port(), "/", close_field)), StartsWith("HTTP/1.1 403 "));
  EXPECT_EQ(2U, asked);
}

TEST_F(egress_test, a_name_that_is_not_there_or_does_not_answer_is_said) {
  allow("a.test", 1);
  options_.allowed.add(*parse_rule("gone.test:80"));
  start();
  EXPECT_THAT(ask(get("gone.test", 80)), StartsWith("HTTP/1.1 502 "));
  EXPECT_THAT(ask(get("a.test", 1)), StartsWith("HTTP/1.1 502 "));
  const auto seen = events_.wait_for(2);
  EXPECT_EQ(outcome::not_resolved, seen[0].reason);
  EXPECT_EQ(outcome::not_reached, seen[1].reason);
}

TEST_F(egress_test, a_connection_carries_requests_to_several_hosts_and_each_is_checked) {
  http_server first;
  http_server second("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  allow("a.test", first.port());
  allow("b.test", second.port());
  start();
  peer client = connect();
  for (int round = 0; round < 3; ++round) {
    client.send(get("a.test", first.port()));
    EXPECT_THAT(client.read_to("\r\n\r\nok"), HasSubstr("Connection: keep-alive\r\n"));
    client.send(get("b.test", second.port()));
    EXPECT_THAT(client.read_to("\r\n\r\n"), StartsWith("HTTP/1.1 404 Not Found\r\n"));
  }
  client.send(get("c.test", second.port()));
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 403 "));
  EXPECT_EQ(7U, events_.wait_for(7).size());
}

TEST_F(egress_test, requests_sent_at_once_are_answered_in_order) {
  http_server first;
  http_server second("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo");
  allow("a.test", first.port());
  allow("b.test", second.port());
  start();
  const std::string answer = ask(get("a.test", first.port()) + get("b.test", second.port()) +
                                 get("a.test", first.port(), "/", close_field));
  EXPECT_LT(answer.find("\r\n\r\nok"), answer.find("\r\n\r\ntwo"));
  EXPECT_TRUE(answer.ends_with("ok"));
}

TEST_F(egress_test, T3_5_what_belongs_to_the_proxy_does_not_reach_the_host) {
  http_server server;
  allow("a.test", server.port());
  start();
  const auto answer =
      ask(get("a.test", server.port(), "/",
              "Connection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 1\r\nUpgrade: h2c\r\n"
              "TE: trailers\r\nAuthorization: Bearer own\r\nAccept: x\r\n"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ("GET / HTTP/1.1\r\nHost: " + at("a.test", server.port()) +
                "\r\nAuthorization: Bearer own\r\nAccept: x\r\nConnection: close\r\n\r\n",
            server.requests().at(0));
}

TEST_F(egress_test, bodies_are_sent_with_one_length_however_they_came) {
  http_server server;
  allow("a.test", server.port());
  start();
  const std::string where = at("a.test", server.port());
  const std::string target = "http://" + where + "/";
  peer client = connect();
  client.send(request("POST", target, where, "Content-Length: 5\r\n") + "hello");
  client.read_to("ok");
  client.send(request("POST", target, where, "Transfer-Encoding: chunked\r\n") +
              "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n");
  client.read_to("ok");
  client.send(request("PUT", target, where, "Content-Length: 0\r\n"));
  client.read_to("ok");
  const auto seen = server.requests();
  ASSERT_EQ(3U, seen.size());
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_TRUE(seen[0].ends_with("Content-Length: 5\r\nConnection: close\r\n\r\nhello"));
  EXPECT_THAT(seen[2], HasSubstr("Content-Length: 0\r\n"));
}

TEST_F(egress_test, a_client_that_waits_for_100_is_told_to_go_on) {
  http_server server;
  allow("a.test", server.port());
  start();
  const std::string where = at("a.test", server.port());
  peer client = connect();
  client.send(request("POST", "http://" + where + "/", where,
                      "Expect: 100-continue\r\nContent-Length: 5\r\n"));
  EXPECT_EQ("HTTP/1.1 100 Continue\r\n\r\n", client.read_to("\r\n\r\n"));
  client.send("hello");
  EXPECT_THAT(client.read_to("ok"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(server.requests().at(0), Not(HasSubstr("Expect")));
}

TEST_F(egress_test, B7_requests_of_two_meanings_are_refused) {
  http_server server;
  allow("a.test", server.port());
  start();
  const std::string where = at("a.test", server.port());
  const std::string target = "http://" + where + "/";
  const std::vector<std::string> hostile{
      request("POST", target, where, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") +
          "0\r\n\r\n",
      request("POST", target, where, "Content-Length: 5\r\nContent-Length: 6\r\n") + "hello",
      request("POST", target, where, "Transfer-Encoding: xchunked\r\n"),
      request("GET", target, where, "X: y\r\n folded\r\n"),
      request("GET", target, where, "X : y\r\n"),
      request("GET", target, where, "Host: b.test\r\n"),
      request("GET", target, "b.test"),
      request("GET", target, "a.test"),  // another port
      request("GET", target, where, "X: y\nGET http://b.test/ HTTP/1.1\r\n"),
      request("GET", target, where, "Connection: host\r\n"),
      request("GET", "https://" + where + "/", where),
      request("GET", "/", where),
      request("OPTIONS", "*", where),
      request("GET", "ftp://" + where + "/", where),
      request("GET", "http://user@" + where + "/", where),
      request("GET", "http://a.test@b.test/", "b.test"),
      request("GET", "http://" + where + "#@b.test/", where),
      request("GET", "http://" + where + "\\@b.test/", where),
      request("GET", "http:///", where),
      request("TRACE", target, where),
      request("POST", target, where, "Transfer-Encoding: chunked\r\n") + "zz\r\n",
      request("GET", "http://a.test:443/", "a.test:443"),
      "GET " + target + " HTTP/1.1\r\nProxy-Authorization: " + basic_credentials("x:t0ken") +
          "\r\n\r\n"};
  for (const std::string& bytes : hostile)
    EXPECT_THAT(ask(bytes), StartsWith("HTTP/1.1 400 ")) << bytes;
  for (const event& each : events_.wait_for(hostile.size())) {
    EXPECT_EQ(outcome::malformed, each.reason) << each.detail;
    EXPECT_FALSE(each.allowed);
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(egress_test, an_upstream_connection_carries_one_request) {
  // Whatever a server takes for a second request never gets there.
  http_server server;
  allow("a.test", server.port());
  start();
  const std::string where = at("a.test", server.port());
  const std::string inner = "GET /inner HTTP/1.1\r\nHost: b.test\r\n\r\n";
  const std::string answer =
      ask(request("POST", "http://" + where + "/", where, "Content-Length: 3\r\n") + "abc" + inner);
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 400 "));  // the second, by itself, is no proxy request
  ASSERT_EQ(1U, server.requests().size());
  EXPECT_THAT(server.requests().front(), Not(HasSubstr("/inner")));
}

TEST_F(egress_test, too_long_heads_and_bodies_are_refused) {
  http_server server;
  allow("a.test", server.port());
  options_.bounds.body_bytes = 1000;
  start();
  const std::string where = at("a.test", server.port());
  const std::string target = "http://" + where + "/";
  for (const std::string& bytes :
       {request("GET", target, where, "X: " + std::string(20'000, 'y') + "\r\n"),
        request("POST", target, where, "Content-Length: 1001\r\n") + std::string(1001, 'x'),
        request("POST", target, where, "Content-Length: 999999999999999\r\n"),
        request("POST", target, where, "Transfer-Encoding: chunked\r\n") + "3e9\r\n" +
            std::string(1001, 'x') + "\r\n0\r\n\r\n",
        "GET http://" + std::string(40'000, 'a')})
    EXPECT_THAT(ask(bytes), StartsWith("HTTP/1.1 413 "));
  for (const event& each : events_.wait_for(5)) EXPECT_EQ(outcome::too_large, each.reason);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(egress_test, a_compressed_body_is_refused) {
  http_server server;
  allow("a.test", server.port());
  start();
  const std::string where = at("a.test", server.port());
  EXPECT_THAT(ask(request("POST", "http://" + where + "/", where,
                          "Content-Length: 3\r\nContent-Encoding: gzip\r\n") +
                  "xyz"),
              StartsWith("HTTP/1.1 415 "));
  EXPECT_EQ(outcome::encoded_body, events_.wait_for(1).front().reason);
}

TEST_F(egress_test, T1_7_T5_1_a_held_secret_does_not_leave) {
  http_server server;
  allow("a.test", server.port());
  allow("*.b.test", server.port());
  allow("*.b.test", 443);
  options_.leaks = [](std::string_view text) { return text.find("c4nary") != text.npos; };
  start();
  const std::string where = at("a.test", server.port());
  const std::string target = "http://" + where + "/";
  const std::vector<std::string> hostile{
      request("GET", target + "?x=c4nary", where),
      request("GET", target + "?x=c4%6eary", where),
      request("GET", target, where, "X-Data: a c4nary b\r\n"),
      request("POST", target, where, "Content-Length: 8\r\n") + "xc4naryx",
      request("POST", target, where, "Content-Length: 8\r\n") + "c4n%61ry",
      request("POST", target, where, "Transfer-Encoding: chunked\r\n") +
          "3\r\nc4n\r\n3\r\nary\r\n0\r\n\r\n",
      get("c4nary.b.test", server.port()),
      get("c4.na.ry.b.test", server.port()),
      get("c4nary.evil.test", 80),
      connect_head("c4nary.b.test:443"),
      connect_head("c4n.ary.evil.test:443"),
      request("c4nary", target, where)};
  for (const std::string& bytes : hostile)
    EXPECT_THAT(ask(bytes), StartsWith("HTTP/1.1 403 ")) << bytes;
  for (const event& each : events_.wait_for(hostile.size())) {
    EXPECT_EQ(outcome::leak, each.reason) << each.host << each.detail;
    EXPECT_EQ(std::string::npos, (each.host + each.method + each.detail).find("c4"));
  }
  EXPECT_TRUE(server.requests().empty());
  EXPECT_TRUE(resolved_.empty());
}

TEST_F(egress_test, every_framing_of_an_answer_arrives_whole) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  for (const std::string& response :
       {head + "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: x\r\n\r\n",
        head + "Content-Length: 5\r\n\r\nhello", head + "\r\nhello",
        "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" + head + "Content-Length: 5\r\n\r\nhello"}) {
    http_server server(response);
    allow("a.test", server.port());
    start();
    for (const char* version : {"HTTP/1.1", "HTTP/1.0"}) {
      std::string question = get("a.test", server.port(), "/", close_field);
      question.replace(question.find("HTTP/1.1"), 8, version);
      std::string answer = ask(question);
      EXPECT_THAT(answer, StartsWith(version + std::string(" 200 OK\r\n")));
      EXPECT_THAT(answer, Not(HasSubstr("Early Hints")));
      const bool chunked = answer.find("Transfer-Encoding") != std::string::npos;
      EXPECT_TRUE(!chunked || version == std::string("HTTP/1.1"));
      answer.erase(0, answer.find("\r\n\r\n") + 4);
      if (chunked) {
        EXPECT_TRUE(answer == "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n" ||
                    answer == "5\r\nhello\r\n0\r\n\r\n")
            << answer;
      } else {
        EXPECT_EQ("hello", answer);
      }
    }
    proxy_.reset();
  }
}

TEST_F(egress_test, answers_without_a_body_keep_the_connection) {
  http_server head_only("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
  http_server unchanged("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n");
  allow("a.test", head_only.port());
  allow("b.test", unchanged.port());
  start();
  peer client = connect();
  client.send(request("HEAD", "http://" + at("a.test", head_only.port()) + "/",
                      at("a.test", head_only.port())));
  EXPECT_THAT(client.read_to("\r\n\r\n"), HasSubstr("Content-Length: 100\r\n"));
  client.send(get("b.test", unchanged.port()));
  EXPECT_THAT(client.read_to("\r\n\r\n"), StartsWith("HTTP/1.1 304 "));
  client.send(get("c.test", 80));
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 403 "));
}

TEST_F(egress_test, answers_of_two_meanings_do_not_reach_the_client) {
  for (const char* response :
       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\nContent-Length: 2\n\nok\r\n\r\n", "SSH-2.0-x\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"}) {
    http_server server(response);
    allow("a.test", server.port());
    start();
    EXPECT_THAT(ask(get("a.test", server.port())), StartsWith("HTTP/1.1 502 ")) << response;
    proxy_.reset();
  }
  for (const event& each : events_.wait_for(5)) EXPECT_EQ(outcome::bad_response, each.reason);
}

TEST_F(egress_test, an_answer_cut_short_ends_the_clients_connection) {
  for (const char* response :
       {"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    http_server server(response);
    allow("a.test", server.port());
    start();
    const std::string answer = ask(get("a.test", server.port()));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
    EXPECT_FALSE(answer.ends_with("0\r\n\r\n"));
    proxy_.reset();
  }
  for (const event& each : events_.wait_for(3)) EXPECT_EQ(outcome::bad_response, each.reason);
}

TEST_F(egress_test, a_large_answer_arrives_whole) {
  std::string body(5'000'000, 'x');
  for (std::size_t i = 0; i < body.size(); i += 997) body[i] = static_cast<char>('a' + i % 26);
  http_server server("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
                     "\r\n\r\n" + body);
  allow("a.test", server.port());
  start();
  const std::string answer = ask(get("a.test", server.port(), "/", close_field));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n" + body));
  EXPECT_LT(body.size(), events_.wait_for(1).front().bytes_down);
}

TEST_F(egress_test, a_client_that_leaves_ends_what_it_asked_for) {
  std::promise<void> asked;
  std::promise<std::string> rest;
  test_server silent([&](peer& client) {
    client.read_to("\r\n\r\n");
    asked.set_value();
    rest.set_value(client.read_all());
  });
  allow("a.test", silent.port());
  start();
  peer client = connect();
  client.send(get("a.test", silent.port()));
  asked.get_future().get();
  client.close();
  EXPECT_EQ("", rest.get_future().get());
  EXPECT_EQ("the client left", events_.wait_for(1).front().detail);
}

TEST_F(egress_test, hostile_bytes_leave_the_proxy_working) {
  http_server server;
  allow("a.test", server.port());
  start();
  std::mt19937 random(3);
  const std::string good = get("a.test", server.port(), "/", close_field);
  for (int round = 0; round < 300; ++round) {
    std::string bytes = good;
    for (unsigned change = 0; change < 1 + random() % 6; ++change)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    peer client = connect();
    client.send(bytes);
    if (round % 3 == 0) client.close();
    if (round % 3 == 1) {
      client.end_sending();
      client.read_all();
    }
  }
  EXPECT_THAT(ask(good), StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace skein::egress::testing
