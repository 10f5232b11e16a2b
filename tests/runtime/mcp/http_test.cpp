// Streamable HTTP against a peer that behaves, and one that does not.
#include "mcp_fixture.hpp"

#include "runtime/mcp/http_transport.hpp"
#include "tests/support/http_peer.hpp"

#include <atomic>

namespace skein::mcp {
namespace {

using test::event_stream;
using test::http_peer;
using test::peer_end;
using test::peer_reply;
using test::peer_request;

peer_reply json_reply(const json& body) {
  peer_reply out;
  out.headers = {{"Content-Type", "application/json; charset=utf-8"}};
  out.body = body.dump();
  return out;
}
peer_reply status(int code, std::string body = {}, std::string type = "text/plain") {
  peer_reply out;
  out.status = code;
  if (!body.empty()) out.headers = {{"Content-Type", std::move(type)}};
  out.body = std::move(body);
  return out;
}
json answer(const json& id, const std::string& text = "hello") {
  return {{"jsonrpc", "2.0"},
          {"id", id},
          {"result", {{"content", {{{"type", "text"}, {"text", text}}}}}}};
}
std::string event(const json& message) {
  return "data: " + message.dump() + "\n\n";
}

class mcp_http : public mcp_test {
 protected:
  using answer_fn = std::function<peer_reply(const peer_request&, const json& message)>;

  /// Shakes hands and ends sessions; everything else is for `rest`.
  void serve(answer_fn rest) {
    peer.on([this, rest = std::move(rest)](const peer_request& asked) {
      const json message = asked.body.empty() ? json::object() : json::parse(asked.body);
      const std::string method = message.value("method", "");
      if (method == "initialize") {
        auto out = json_reply({{"jsonrpc", "2.0"}, {"id", message["id"]}, {"result", greeting()}});
        out.headers.emplace_back("Mcp-Session-Id", "s-" + std::to_string(++greetings));
        return out;
      }
      if (method == "notifications/initialized") return status(202);
      if (asked.method == "DELETE") return status(200);
      return rest(asked, message);
    });
  }
  opened connect(session_options with = {}, http_options options = {}) {
    if (options.url.empty()) options.url = peer.url() + "/mcp";
    options.retry = 1ms;
    return open_over(over_http(loop, client, options), std::move(with));
  }
  /// The outcome of one call whose POST is answered so; a GET by 405.
  result<tool_outcome> called(peer_reply reply, call_options with = {}) {
    serve([reply](const peer_request& asked, const json& message) {
      if (asked.method == "GET") return status(405);
      return message.value("method", "") == "tools/call" ? reply : status(202);
    });
    const auto opened = connect();
    if (!opened) return opened.error();
    return call(**opened, "any", json::object(), std::move(with));
  }
  std::vector<peer_request> requests(const std::string& http_method) {
    std::vector<peer_request> out;
    for (const auto& each : peer.requests()) {
      if (each.method == http_method) out.push_back(each);
    }
    return out;
  }

  http_peer peer;
  std::shared_ptr<http::client> client = std::make_shared<http::client>();
  std::atomic<int> greetings{0};
};

TEST_F(mcp_http, sends_each_message_by_a_post_of_its_own) {
  serve([](const peer_request& asked, const json& message) {
    return asked.method == "GET" ? status(405) : json_reply(answer(message["id"]));
  });
  http_options options;
  options.headers = {{"Authorization", "Bearer t"}};
  const auto opened = connect({}, options);
  ASSERT_TRUE(opened) << opened.error().message;
  ASSERT_TRUE(call(**opened, "any"));
  awaited<result<>> closed;
  (*opened)->close([callback = closed.callback()] { callback({}); });
  ASSERT_TRUE(closed.get());
  const auto posts = requests("POST");
  ASSERT_EQ(posts.size(), 3u);
  EXPECT_EQ(posts[0].header("mcp-session-id"), "");
  EXPECT_EQ(posts[0].header("mcp-protocol-version"), "");
  for (std::size_t at = 0; at < posts.size(); ++at) {
    EXPECT_EQ(posts[at].target, "/mcp");
    EXPECT_EQ(posts[at].header("accept"), "application/json, text/event-stream");
    EXPECT_EQ(posts[at].header("content-type"), "application/json");
    EXPECT_EQ(posts[at].header("authorization"), "Bearer t");
    if (at == 0) continue;
    EXPECT_EQ(posts[at].header("mcp-session-id"), "s-1");
    EXPECT_EQ(posts[at].header("mcp-protocol-version"), "2025-11-25");
  }
  const auto ends = requests("DELETE");
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0].header("mcp-session-id"), "s-1");
}

TEST_F(mcp_http, reads_a_stream_and_answers_what_is_asked_in_it) {
  serve([](const peer_request& asked, const json& message) {
    if (asked.method == "GET") return status(405);
    if (!message.contains("method")) return status(202);
    const json asks{{"jsonrpc", "2.0"}, {"id", "q"}, {"method", "roots/list"}};
    return event_stream({": welcome\n\n", event(asks).substr(0, 20), event(asks).substr(20),
                         "event: message\n" + event(answer(message["id"]))});
  });
  const auto opened = connect();
  ASSERT_TRUE(opened);
  const auto outcome = call(**opened, "any");
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->content[0]["text"], "hello");
  ASSERT_TRUE(peer.wait_for_requests(5));
  bool refused = false;
  for (const auto& each : requests("POST")) {
    const json message = json::parse(each.body);
    refused |= message.value("id", json()) == "q" && message["error"]["code"] == -32601;
  }
  EXPECT_TRUE(refused);
}

TEST_F(mcp_http, resumes_a_stream_after_the_last_event) {
  const auto pending = std::make_shared<json>();
  serve([pending](const peer_request& asked, const json& message) {
    if (asked.method == "POST") {
      *pending = message["id"];
      return event_stream({"id: e1\nretry: 5\ndata: \n\n", "id: e2\ndata: {\"cut"}, peer_end::cut);
    }
    if (asked.header("last-event-id").empty()) return status(405);
    if (asked.header("last-event-id") == "e1") return event_stream({"id: e3\ndata:\n\n"});
    return event_stream({event(answer(*pending, "late"))});
  });
  const auto opened = connect();
  ASSERT_TRUE(opened);
  const auto outcome = call(**opened, "any");
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->content[0]["text"], "late");
  std::vector<std::string> after;
  for (const auto& each : requests("GET")) {
    if (!each.header("last-event-id").empty()) after.push_back(each.header("last-event-id"));
  }
  EXPECT_EQ(after, (std::vector<std::string>{"e1", "e3"}));
}

TEST_F(mcp_http, resumes_only_so_often) {
  serve([](const peer_request& asked, const json&) {
    if (asked.method == "GET" && asked.header("last-event-id").empty()) return status(405);
    return asked.method == "POST" ? event_stream({"id: e1\nretry: 0\n\n"}) : event_stream({":\n"});
  });
  const auto opened = connect();
  ASSERT_TRUE(opened);
  EXPECT_EQ(call(**opened, "any").error().code, errc::unavailable);
  EXPECT_LE(requests("GET").size(), 7u);
}

TEST_F(mcp_http, resumes_only_so_often_whatever_comes) {
  const auto number = std::make_shared<std::atomic<int>>(0);
  serve([number](const peer_request& asked, const json&) {
    if (asked.method == "GET" && asked.header("last-event-id").empty()) return status(405);
    return event_stream({"id: e" + std::to_string(++*number) + "\nretry: 0\ndata: \n\n"});
  });
  const auto opened = connect();
  ASSERT_TRUE(opened);
  EXPECT_EQ(call(**opened, "any").error().code, errc::unavailable);
  EXPECT_LE(requests("GET").size(), 34u);
}

TEST_F(mcp_http, does_not_wait_as_long_as_a_server_pleases) {
  serve([](const peer_request& asked, const json&) {
    return asked.method == "GET" ? status(405) : event_stream({"id: e\nretry: 900000000\n\n"});
  });
  const auto opened = connect();
  ASSERT_TRUE(opened);
  EXPECT_EQ(call(**opened, "any").error().code, errc::unavailable);
}

TEST_F(mcp_http, begins_a_new_session_when_the_server_forgot_it) {
  serve([](const peer_request& asked, const json& message) {
    if (asked.method == "GET") return status(405);
    if (asked.header("mcp-session-id") == "s-1") return status(404);
    return json_reply(answer(message["id"]));
  });
  const auto opened = connect();
  ASSERT_TRUE(opened);
  EXPECT_TRUE(call(**opened, "any"));
  EXPECT_EQ(greetings, 2);
  EXPECT_EQ(requests("POST").at(3).header("mcp-session-id"), "");
  EXPECT_EQ(requests("POST").back().header("mcp-session-id"), "s-2");
}

TEST_F(mcp_http, begins_a_new_session_once_for_each_call) {
  serve([](const peer_request&, const json&) { return status(404); });
  const auto opened = connect();
  ASSERT_TRUE(opened);
  EXPECT_FALSE(call(**opened, "any"));
  EXPECT_EQ(greetings, 2);
}

TEST_F(mcp_http, refuses_other_answers) {
  EXPECT_EQ(called(status(200, "<html>Welcome</html>", "text/html")).error().code,
            errc::unavailable);
  EXPECT_EQ(called(status(200, R"({"jsonrpc":"2.0"})", "text/json")).error().code,
            errc::unavailable);
  EXPECT_EQ(called(status(200)).error().code, errc::unavailable);
  EXPECT_EQ(called(status(202)).error().code, errc::unavailable);
  EXPECT_EQ(called(status(200, "<html>", "application/json")).error().code, errc::unavailable);
  EXPECT_EQ(called(status(200, "[]", "application/json")).error().code, errc::unavailable);
  EXPECT_EQ(called(json_reply(answer(99))).error().code, errc::unavailable);
  EXPECT_EQ(called(status(401)).error().code, errc::unauthorised);
  EXPECT_EQ(called(status(403)).error().code, errc::unauthorised);
  EXPECT_EQ(called(status(503)).error().code, errc::unavailable);
  EXPECT_EQ(called(event_stream({})).error().code, errc::unavailable);
  EXPECT_EQ(called(event_stream({"data: nonsense\n\n"})).error().code, errc::unavailable);
  const json complaint{{"jsonrpc", "2.0"}, {"error", {{"code", 1}, {"message", "too hot"}}}};
  const auto refused = called(status(400, complaint.dump(), "application/json"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("too hot"), std::string::npos);
}

TEST_F(mcp_http, bounds_replies) {
  EXPECT_EQ(called(status(200, std::string(9 << 20, ' '), "application/json")).error().code,
            errc::unavailable);
  EXPECT_EQ(called(event_stream({"data: " + std::string(9 << 20, 'x')})).error().code,
            errc::unavailable);
  EXPECT_FALSE(called(status(500, std::string(9 << 20, 'x'))));
  EXPECT_FALSE(
      called(event_stream({event({{"jsonrpc", "2.0"}, {"method", "n"}})}, peer_end::endless)));
}

TEST_F(mcp_http, gives_up_on_streams_that_never_end) {
  call_options options;
  options.timeout = 50ms;
  options.most = 50ms;
  EXPECT_EQ(called(event_stream({":\n\n"}, peer_end::hang), options).error().code, errc::timeout);
  EXPECT_EQ(called(event_stream({":\n\n"}, peer_end::endless), options).error().code,
            errc::timeout);
}

TEST_F(mcp_http, follows_nobody_elsewhere) {
  http_peer other;
  for (const int code : {301, 302, 307, 308}) {
    peer_reply away = status(code);
    away.headers = {{"Location", other.url() + "/mcp"}};
    const auto outcome = called(away);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, errc::unavailable);
  }
  EXPECT_EQ(other.connections(), 0u);
}

TEST_F(mcp_http, hears_on_the_get_stream_that_the_list_changed_T4) {
  awaited<result<tool_list>> changed;
  session_options with;
  with.on_tools = changed.callback();
  serve([](const peer_request& asked, const json& message) {
    if (asked.method == "GET") {
      return event_stream(
          {event({{"jsonrpc", "2.0"}, {"method", "notifications/tools/list_changed"}})},
          peer_end::hang);
    }
    return json_reply(
        {{"jsonrpc", "2.0"}, {"id", message["id"]}, {"result", {{"tools", {tool("new")}}}}});
  });
  const auto opened = connect(with);
  ASSERT_TRUE(opened);
  const auto list = changed.get();
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_EQ(list->tools[0]["name"], "new");
}

TEST_F(mcp_http, opens_the_get_stream_only_so_often) {
  serve([](const peer_request& asked, const json&) {
    return asked.method == "GET" ? event_stream({"retry: 0\n\n"}) : status(500);
  });
  const auto opened = connect();
  ASSERT_TRUE(opened);
  ASSERT_TRUE(peer.wait_for_requests(8));
  EXPECT_FALSE(call(**opened, "any"));
  EXPECT_LE(requests("GET").size(), 6u);
}

TEST_F(mcp_http, refuses_a_session_id_that_could_break_a_header) {
  for (const std::string& id :
       {std::string("a b"), std::string("\xc3\xa4"), std::string(2000, 's')}) {
    peer.on([id](const peer_request& asked) {
      auto out = json_reply(
          {{"jsonrpc", "2.0"}, {"id", json::parse(asked.body)["id"]}, {"result", greeting()}});
      out.headers.emplace_back("Mcp-Session-Id", id);
      return out;
    });
    EXPECT_FALSE(connect()) << id;
  }
}

TEST_F(mcp_http, goes_through_the_proxy_it_is_given) {
  serve([](const peer_request& asked, const json& message) {
    return asked.method == "GET" ? status(405) : json_reply(answer(message["id"]));
  });
  http_options options;
  options.url = "http://mcp.example/there";
  options.proxy = peer.url();
  const auto opened = connect({}, options);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_TRUE(call(**opened, "any"));
  EXPECT_EQ(requests("POST").at(0).target, "http://mcp.example/there");
}

TEST_F(mcp_http, says_when_nobody_is_there) {
  http_options options;
  options.url = "http://127.0.0.1:1/mcp";
  EXPECT_EQ(connect({}, options).error().code, errc::unavailable);
  options.url = "file:///etc/passwd";
  EXPECT_EQ(connect({}, options).error().code, errc::invalid);
}

}  // namespace
}  // namespace skein::mcp
