// The gateway between an agent and a scripted provider, over its Unix socket. T1.5, B4, T9.
#include "runtime/gateway/gateway.hpp"

#include "tests/support/http_peer.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <condition_variable>
#include <future>
#include <mutex>

namespace skein::gateway {
namespace {

namespace fs = std::filesystem;
using test::http_peer;
using test::peer_end;

const std::string real_key = "sk-real-0123456789abcdef";

std::string chat_stream(const std::string& usage) {
  return "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"}}]}\n\n"
         "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
         "data: {\"choices\":[],\"usage\":" +
         usage + "}\n\ndata: [DONE]\n\n";
}

const std::string chat_body =
    R"({"model":"m-1","stream":true,"max_tokens":100,"messages":[{"role":"user","content":"hi"}]})";

class model_gateway : public ::testing::Test {
 protected:
  model_gateway() {
    folder_ = fs::temp_directory_path() /
              ("skein-gateway-" + std::to_string(::getpid()) + "-" + std::to_string(++made_));
    fs::create_directories(folder_);
    wanted_.run = "run-1";
    wanted_.socket = folder_ / "s";
    wanted_.models = {"m-1", "m-2"};
    wanted_.environment = [](const std::string&) { return std::optional<std::string>(real_key); };
    for (const auto format : {model::wire::anthropic, model::wire::openai_chat}) {
      model::provider_settings one;
      one.name = model::to_string(format);
      one.format = format;
      one.base_url = peer_.url() + (format == model::wire::anthropic ? "" : "/v1");
      one.key = {model::key_from::env, "KEY"};
      one.prices["m-1"] = {1, 10, 1, 1, false};
      wanted_.upstreams.push_back(one);
    }
    wanted_.on_end = [this](const exchange& one) {
      const std::lock_guard held(guard_);
      ends_.push_back(one);
      changed_.notify_all();
    };
    wanted_.settle = [this](const model::spending& reserved, const model::spending& actual) {
      const std::lock_guard held(guard_);
      settled_.emplace_back(reserved, actual);
    };
  }
  ~model_gateway() override {
    gateway_.reset();
    sender_.reset();
    fs::remove_all(folder_);
  }

  void start() {
    auto made = gateway::start(loop_, sender_, wanted_);
    ASSERT_TRUE(made) << made.error().message;
    gateway_ = std::move(*made);
  }

  http::request request(const std::string& path, const std::string& body) {
    http::request out;
    out.method = "POST";
    out.url = "http://localhost" + path;
    out.unix_socket = wanted_.socket.string();
    out.headers = {{"Authorization", "Bearer " + gateway_->token()},
                   {"Content-Type", "application/json"}};
    out.body = body;
    return out;
  }
  http::reply ask(const std::string& path, const std::string& body) {
    auto got = agent_.send(request(path, body));
    EXPECT_TRUE(got) << got.error().message;
    return got ? *got : http::reply{};
  }

  exchange ended(std::size_t count) {
    std::unique_lock held(guard_);
    EXPECT_TRUE(
        changed_.wait_for(held, std::chrono::seconds(20), [&] { return ends_.size() >= count; }));
    return ends_.size() >= count ? ends_[count - 1] : exchange{};
  }

  static inline int made_ = 0;
  // Before the loop, which may still call back when the rest is gone.
  std::mutex guard_;
  std::condition_variable changed_;
  std::vector<exchange> ends_;
  std::vector<std::pair<model::spending, model::spending>> settled_;
  fs::path folder_;
  http_peer peer_;
  process::io_loop loop_;
  std::shared_ptr<http::client> sender_ = std::make_shared<http::client>();
  http::client agent_;
  options wanted_;
  std::unique_ptr<gateway> gateway_;
};

TEST_F(model_gateway, T1_5_passes_a_stream_on_with_the_real_key_outside) {
  const std::string stream = chat_stream(R"({"prompt_tokens":40,"completion_tokens":7})");
  peer_.push(test::event_stream({stream.substr(0, 10), stream.substr(10, 50), stream.substr(60)}));
  start();
  const auto got = ask("/v1/chat/completions?x=1", chat_body);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, stream);
  EXPECT_EQ(*got.find("content-type"), "text/event-stream");
  const auto seen = peer_.requests().at(0);
  EXPECT_EQ(seen.target, "/v1/chat/completions");
  EXPECT_EQ(seen.header("authorization"), "Bearer " + real_key);
  EXPECT_EQ(seen.body.find(gateway_->token()), std::string::npos);
  EXPECT_NE(seen.body.find("include_usage"), std::string::npos);
  const exchange one = ended(1);
  EXPECT_EQ(one.reason, outcome::answered);
  EXPECT_EQ(one.model, "m-1");
  EXPECT_EQ(one.used, (model::usage{40, 7, 0, 0, true}));
  EXPECT_DOUBLE_EQ(one.usd, (40 * 1 + 7 * 10) / 1e6);
  EXPECT_EQ(one.reply, stream);
  EXPECT_EQ(one.request.find(real_key), std::string::npos);
  ASSERT_EQ(settled_.size(), 1U);
  EXPECT_EQ(settled_[0].second.tokens, 47U);
  EXPECT_GE(settled_[0].first.tokens, 100U);
}

TEST_F(model_gateway, speaks_every_wire_over_one_connection) {
  peer_.on([](const test::peer_request&) {
    return test::peer_reply{200, {{"Content-Type", "application/json"}}, "{}", {}, peer_end::whole,
                            ""};
  });
  start();
  EXPECT_EQ(ask("/v1/messages?beta=true", R"({"model":"m-1","messages":[]})").body, "{}");
  EXPECT_EQ(ask("/v1/responses", R"({"model":"m-1","input":"x"})").body, "{}");
  EXPECT_EQ(ask("/v1/chat/completions", R"({"model":"m-1","messages":[]})").body, "{}");
  const auto seen = peer_.requests();
  EXPECT_EQ(seen.at(0).target, "/v1/messages");
  EXPECT_EQ(seen.at(0).header("x-api-key"), real_key);
  EXPECT_EQ(seen.at(0).header("authorization"), "");
  EXPECT_EQ(seen.at(1).target, "/v1/responses");
  // A reply that says nothing of its cost is not free.
  for (std::size_t i = 1; i <= 3; ++i) EXPECT_GT(ended(i).used.total(), 0U);
}

TEST_F(model_gateway, asks_for_the_runs_token) {
  start();
  for (const auto& headers :
       std::vector<std::vector<http::header>>{{},
                                              {{"Authorization", "Bearer "}},
                                              {{"Authorization", "Bearer wrong"}},
                                              {{"Authorization", gateway_->token()}},
                                              {{"Authorization", "Basic " + gateway_->token()}},
                                              {{"x-api-key", gateway_->token().substr(1)}},
                                              {{"x-api-key", gateway_->token() + "x"}},
                                              {{"x-api-key", real_key}}}) {
    auto asked = request("/v1/messages", chat_body);
    asked.headers = headers;
    const auto got = agent_.send(asked);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->status, 401);
    EXPECT_NE(got->body.find("authentication_error"), std::string::npos);
  }
  EXPECT_TRUE(peer_.requests().empty());
  auto models = request("/v1/models", "");
  models.method = "GET";
  models.headers = {{"x-api-key", gateway_->token()}};
  const auto list = agent_.send(models);
  ASSERT_TRUE(list);
  EXPECT_NE(list->body.find("\"m-2\""), std::string::npos);
}

TEST_F(model_gateway, socket_belongs_to_its_owner_alone) {
  start();
  struct stat there {};
  ASSERT_EQ(::stat(wanted_.socket.c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777U, 0600U);
}

TEST_F(model_gateway, lets_only_named_models_through_whatever_the_json_says) {
  peer_.on([](const test::peer_request&) { return test::peer_reply{}; });
  start();
  for (const std::string body :
       {R"({"model":"m-9","messages":[]})", R"({"messages":[]})", R"({"model":["m-1"]})",
        R"({"model":"m-1","model":"m-9","messages":[]})"})
    EXPECT_EQ(ask("/v1/chat/completions", body).status, 403) << body;
  EXPECT_TRUE(peer_.requests().empty());
  // What is sent is what was read, once.
  ask("/v1/chat/completions", R"({"model":"m-9","model":"m-1","messages":[]})");
  const std::string sent = peer_.requests().at(0).body;
  EXPECT_EQ(sent.find("m-9"), std::string::npos);
}

TEST_F(model_gateway, refuses_what_would_make_the_provider_reach_out) {
  start();
  for (
      const auto& [path, body] : std::vector<std::pair<std::string, std::string>>{
          {"/v1/messages", R"("mcp_servers":[{"type":"url","url":"http://evil"}])"},
          {"/v1/messages",
           R"("messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"http://evil/x"}}]}])"},
          {"/v1/messages",
           R"("messages":[{"role":"user","content":[{"type":"document","source":{"type":"file","file_id":"f"}}]}])"},
          {"/v1/chat/completions",
           R"("messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://evil/?q=secret"}}]}])"},
          {"/v1/responses",
           R"("input":[{"role":"user","content":[{"type":"input_image","image_url":"https://evil"}]}])"},
          {"/v1/responses",
           R"("input":[{"role":"user","content":[{"type":"input_file","file_url":"https://evil"}]}])"},
          {"/v1/responses", R"("previous_response_id":"resp_1")"},
          {"/v1/responses", R"("background":true)"},
          {"/v1/chat/completions", R"("n":50,"messages":[])"}}) {
    const auto got = ask(path, R"({"model":"m-1",)" + body + "}");
    EXPECT_EQ(got.status, 400) << body;
  }
  EXPECT_TRUE(peer_.requests().empty());
}

TEST_F(model_gateway, takes_hosted_tools_out_and_bounds_the_output) {
  peer_.on([](const test::peer_request&) { return test::peer_reply{}; });
  wanted_.bounds.output_tokens = 500;
  start();
  ask("/v1/responses",
      R"({"model":"m-1","input":"x","store":true,"max_output_tokens":999999,"tools":[{"type":"web_search"},{"type":"function","name":"f","parameters":{"properties":{"image_url":{"type":"string"}}}},{"type":"mcp","server_url":"http://evil"}]})");
  const std::string sent = peer_.requests().at(0).body;
  EXPECT_EQ(sent.find("web_search"), std::string::npos);
  EXPECT_EQ(sent.find("evil"), std::string::npos);
  EXPECT_NE(sent.find("\"function\""), std::string::npos);
  EXPECT_NE(sent.find("\"max_output_tokens\":500"), std::string::npos);
  EXPECT_NE(sent.find("\"store\":false"), std::string::npos);
  EXPECT_NE(ended(1).detail.find("web_search"), std::string::npos);
}

TEST_F(model_gateway, T9_refuses_past_the_budget_in_words_that_stop_an_agent) {
  wanted_.reserve = [](const model::spending&) -> result<> {
    return error{errc::refused, "the run's budget is used up", ""};
  };
  start();
  const auto claude = ask("/v1/messages", R"({"model":"m-1","messages":[]})");
  EXPECT_EQ(claude.status, 402);
  EXPECT_NE(claude.body.find("billing_error"), std::string::npos);
  const auto codex = ask("/v1/responses", R"({"model":"m-1","input":"x"})");
  EXPECT_EQ(codex.status, 429);
  EXPECT_NE(codex.body.find("insufficient_quota"), std::string::npos);
  EXPECT_EQ(*codex.find("x-should-retry"), "false");
  EXPECT_TRUE(peer_.requests().empty());
  EXPECT_EQ(ended(1).reason, outcome::budget);
  EXPECT_TRUE(settled_.empty());
}

TEST_F(model_gateway, lets_the_observer_refuse_and_cut) {
  peer_.push(test::event_stream({"data: {}\n\n", "data: canary\n\n"}, peer_end::hang));
  wanted_.on_request = [](const exchange& one) -> result<> {
    if (one.request.find("secret") == std::string::npos) return {};
    return error{errc::refused, "a held secret in the request", ""};
  };
  wanted_.on_piece = [](std::string_view piece) {
    return piece.find("canary") == std::string_view::npos;
  };
  start();
  EXPECT_EQ(ask("/v1/chat/completions",
                R"({"model":"m-1","messages":[{"role":"user","content":"secret"}]})")
                .status,
            403);
  EXPECT_TRUE(peer_.requests().empty());
  const auto cut = agent_.send(request("/v1/chat/completions", chat_body));
  EXPECT_FALSE(cut);
  EXPECT_EQ(ended(2).reason, outcome::cut);
  EXPECT_TRUE(peer_.wait_for_ended(1));
}

TEST_F(model_gateway, passes_errors_on_without_the_key) {
  peer_.push(
      {529,
       {{"Content-Type", "application/json"}, {"Retry-After", "3"}},
       R"({"type":"error","error":{"type":"overloaded_error","message":")" + real_key + "\"}}",
       {},
       peer_end::whole,
       ""});
  start();
  const auto got = ask("/v1/messages", R"({"model":"m-1","messages":[]})");
  EXPECT_EQ(got.status, 529);
  EXPECT_EQ(*got.find("retry-after"), "3");
  EXPECT_EQ(got.body.find(real_key), std::string::npos);
  EXPECT_EQ(ended(1).used.total(), 0U);
}

TEST_F(model_gateway, follows_nobody_and_says_when_nobody_answers) {
  http_peer other;
  peer_.push({307, {{"Location", other.url()}}, "", {}, peer_end::whole, ""});
  peer_.push({0, {}, "", {}, peer_end::close, "nonsense\r\n"});
  start();
  EXPECT_EQ(ask("/v1/chat/completions", chat_body).status, 502);
  EXPECT_EQ(ask("/v1/chat/completions", chat_body).status, 502);
  EXPECT_TRUE(other.requests().empty());
  EXPECT_EQ(ended(2).reason, outcome::upstream_failed);
}

TEST_F(model_gateway, T9_a_cut_or_endless_reply_is_counted) {
  wanted_.bounds.reply_bytes = 300'000;
  wanted_.bounds.recorded_bytes = 1000;
  peer_.push(test::event_stream({chat_stream("{}").substr(0, 100)}, peer_end::cut));
  peer_.push(test::event_stream({"data: {\"choices\":[{\"delta\":{\"content\":\"xxxxxxx\"}}]}\n\n"},
                                peer_end::endless));
  start();
  EXPECT_FALSE(agent_.send(request("/v1/chat/completions", chat_body)));
  EXPECT_FALSE(agent_.send(request("/v1/chat/completions", chat_body)));
  for (std::size_t i = 1; i <= 2; ++i) {
    const exchange one = ended(i);
    EXPECT_EQ(one.reason, outcome::cut);
    EXPECT_GT(one.used.output, 0U);
    EXPECT_FALSE(one.used.reported);
  }
  EXPECT_TRUE(ended(2).truncated);
  EXPECT_LE(ended(2).reply.size(), 1000U);
}

TEST_F(model_gateway, an_agent_that_leaves_ends_the_question) {
  peer_.push(test::event_stream({": x\n\n"}, peer_end::hang));
  start();
  const auto running = agent_.start(request("/v1/chat/completions", chat_body), {});
  ASSERT_TRUE(peer_.wait_for_requests(1));
  running->cancel();
  EXPECT_TRUE(peer_.wait_for_ended(1));
  EXPECT_EQ(ended(1).reason, outcome::cut);
  EXPECT_EQ(settled_.size(), 1U);
}

TEST_F(model_gateway, revoke_cuts_everything) {
  peer_.on(
      [](const test::peer_request&) { return test::event_stream({": x\n\n"}, peer_end::hang); });
  start();
  std::promise<result<http::reply>> cut;
  agent_.start(request("/v1/chat/completions", chat_body),
               {{}, {}, [&](result<http::reply> one) { cut.set_value(std::move(one)); }});
  ASSERT_TRUE(peer_.wait_for_requests(1));
  const auto late = request("/v1/chat/completions", chat_body);
  gateway_->revoke();
  gateway_->revoke();
  EXPECT_FALSE(cut.get_future().get());
  EXPECT_TRUE(peer_.wait_for_ended(1));
  EXPECT_EQ(ended(1).reason, outcome::revoked);
  EXPECT_EQ(settled_.size(), 1U);
  EXPECT_FALSE(agent_.send(late));
  EXPECT_FALSE(fs::exists(wanted_.socket));
}

TEST_F(model_gateway, bounds_heads_bodies_and_requests) {
  wanted_.bounds.body_bytes = 1000;
  wanted_.bounds.requests = 1;
  peer_.on(
      [](const test::peer_request&) { return test::event_stream({": x\n\n"}, peer_end::hang); });
  start();
  EXPECT_EQ(ask("/v1/chat/completions", std::string(2000, 'x')).status, 413);
  auto wide = request("/v1/chat/completions", chat_body);
  wide.headers.push_back({"X-Wide", std::string(40'000, 'y')});
  EXPECT_EQ(agent_.send(wide)->status, 413);
  auto chunked = request("/v1/chat/completions", std::string(2000, 'x'));
  chunked.headers.push_back({"Transfer-Encoding", "chunked"});
  EXPECT_EQ(agent_.send(chunked)->status, 413);
  const auto running = agent_.start(request("/v1/chat/completions", chat_body), {});
  ASSERT_TRUE(peer_.wait_for_requests(1));
  EXPECT_EQ(ask("/v1/chat/completions", chat_body).status, 429);
  running->cancel();
}

/// What a client that writes its own bytes gets.
std::string raw(const fs::path& path, const std::string& bytes) {
  process::descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  path.string().copy(name.sun_path, sizeof name.sun_path - 1);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0)
    return "";
  static_cast<void>(::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  ::shutdown(socket.get(), SHUT_WR);
  std::string out;
  char piece[4096];
  for (ssize_t got = 0; (got = ::recv(socket.get(), piece, sizeof piece, 0)) > 0;)
    out.append(piece, static_cast<std::size_t>(got));
  return out;
}

TEST_F(model_gateway, refuses_requests_that_could_be_read_in_two_ways) {
  start();
  const std::string token = "Authorization: Bearer " + gateway_->token() + "\r\n";
  const std::string line = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n" + token;
  for (const std::string& bad :
       {line + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        line + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        line + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        line + "Content-Length: 2\r\nContent-Encoding: gzip\r\n\r\n{}",
        line + "Content-Length: 5\r\n\r\nnotjs", std::string("\x16\x03\x01 tls\r\n\r\n"),
        std::string("GET / HTTP/1.1\n\n")}) {
    const std::string got = raw(wanted_.socket, bad);
    EXPECT_TRUE(got.starts_with("HTTP/1.1 400")) << bad << "\n" << got;
  }
  EXPECT_TRUE(peer_.requests().empty());
}

TEST_F(model_gateway, answers_a_listening_descriptor_too) {
  peer_.push({200, {{"Content-Type", "application/json"}}, "{}", {}, peer_end::whole, ""});
  start();
  process::descriptor own(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  const std::string path = (folder_ / "other").string();
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  ASSERT_EQ(::bind(own.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  ASSERT_EQ(::listen(own.get(), 8), 0);
  gateway_->listener()(std::move(own));
  auto asked = request("/v1/chat/completions", chat_body);
  asked.unix_socket = path;
  const auto got = agent_.send(asked);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->body, "{}");
}

TEST_F(model_gateway, an_agent_that_leaves_a_flood_ends_it) {
  peer_.push(test::event_stream({std::string(60'000, 'x') + "\n"}, peer_end::endless));
  wanted_.bounds.reply_bytes = 1ULL << 40;
  start();
  std::promise<void> first;
  std::shared_ptr<http::exchange> running;
  std::atomic<bool> said{false};
  running = agent_.start(request("/v1/chat/completions", chat_body), {{},
                                                                      [&](std::string_view) {
                                                                        if (!said.exchange(true))
                                                                          first.set_value();
                                                                        return true;
                                                                      },
                                                                      {}});
  first.get_future().wait();
  running->cancel();
  EXPECT_TRUE(peer_.wait_for_ended(1));
  EXPECT_EQ(ended(1).reason, outcome::cut);
}

}  // namespace
}  // namespace skein::gateway
