// A provider over HTTP, against a peer that answers well and badly. F9.
#include "runtime/model/json_text.hpp"
#include "runtime/model/model_client.hpp"
#include "runtime/model/provider_settings.hpp"
#include "tests/runtime/model/model_samples.hpp"
#include "tests/support/http_peer.hpp"

#include <gtest/gtest.h>

#include <future>

namespace skein::model {
namespace {

using test::http_peer;
using test::peer_end;
using test::peer_reply;

const std::string key = "sk-secret-0123456789abcdef";

class model_provider : public ::testing::Test {
 protected:
  std::shared_ptr<provider> make(wire format, const http_peer& peer, std::string ca = "") {
    provider_settings one;
    one.name = "p";
    one.format = format;
    one.base_url = peer.url() + (format == wire::anthropic ? "" : "/v1");
    one.key = {key_from::env, "KEY"};
    one.prices["m-1"] = {1, 10, 0.5, 2, false};
    one.ca_file = std::move(ca);
    auto made = make_provider(one, price_table::shipped(), sender_,
                              [](const std::string&) { return std::optional<std::string>(key); });
    EXPECT_TRUE(made);
    return *made;
  }

  outcome ask(provider& from, ask_settings settings = sample::settings()) {
    std::promise<outcome> promise;
    auto future = promise.get_future();
    from.ask(sample::talk(), settings, [&](outcome one) { promise.set_value(std::move(one)); });
    if (future.wait_for(std::chrono::seconds(30)) != std::future_status::ready)
      throw std::runtime_error("the test waited in vain");
    return future.get();
  }

  failure fails(wire format, const peer_reply& reply, ask_settings settings = sample::settings()) {
    http_peer peer;
    peer.push(reply);
    auto got = ask(*make(format, peer), settings);
    EXPECT_FALSE(got);
    if (got) return {};
    const failure& out = got.error();
    EXPECT_EQ(out.provider, "p");
    EXPECT_EQ(out.model, "m-1");
    EXPECT_EQ(out.text.find("secret"), std::string::npos);
    EXPECT_EQ(out.record.request.find(key), std::string::npos);
    EXPECT_EQ(out.record.reply.find(key), std::string::npos);
    return out;
  }

  std::shared_ptr<http::client> sender_ = std::make_shared<http::client>();
};

TEST_F(model_provider, answers_on_every_wire) {
  for (const wire format : sample::every_wire()) {
    http_peer peer;
    std::vector<std::string> pieces;
    for (const char c : sample::stream_of(format)) pieces.emplace_back(1, c);
    peer.push(test::event_stream(pieces));
    const auto got = ask(*make(format, peer));
    ASSERT_TRUE(got) << got.error().text;
    EXPECT_EQ(got->calls.size(), 2U);
    EXPECT_EQ(got->provider, "p");
    EXPECT_EQ(got->model, "m-1");
    // The sample reports fewer tokens than such a request can have.
    EXPECT_GT(got->used.total(), 0U);
    EXPECT_GT(got->usd, 0);
    EXPECT_FALSE(got->record.truncated);
    EXPECT_EQ(got->record.reply, sample::stream_of(format));
    const auto seen = peer.requests().at(0);
    EXPECT_EQ(seen.body, got->record.request);
    EXPECT_EQ(seen.body.find(key), std::string::npos);
    if (format == wire::anthropic) {
      EXPECT_EQ(seen.target, "/v1/messages");
      EXPECT_EQ(seen.header("x-api-key"), key);
      EXPECT_EQ(seen.header("anthropic-version"), "2023-06-01");
    } else {
      EXPECT_EQ(seen.header("authorization"), "Bearer " + key);
    }
  }
}

TEST_F(model_provider, F9_gives_every_bad_reply_its_kind) {
  for (const wire format : sample::every_wire()) {
    const std::string good = sample::stream_of(format);
    EXPECT_EQ(fails(format, test::event_stream({good.substr(0, good.size() / 2)})).kind,
              failure_kind::interrupted);
    EXPECT_EQ(
        fails(format, test::event_stream({good.substr(0, good.size() / 2)}, peer_end::cut)).kind,
        failure_kind::interrupted);
    EXPECT_EQ(fails(format, test::event_stream({"data: {\"half\":\n\n"})).kind,
              failure_kind::malformed);
    EXPECT_EQ(
        fails(format, {200, {{"Content-Type", "text/html"}}, good, {}, peer_end::whole, ""}).kind,
        failure_kind::malformed);
    EXPECT_EQ(fails(format, {200, {}, good, {}, peer_end::whole, ""}).kind,
              failure_kind::malformed);
    EXPECT_EQ(
        fails(format, {200, {{"Content-Type", "application/json"}}, "[]", {}, peer_end::whole, ""})
            .kind,
        failure_kind::malformed);
    EXPECT_EQ(fails(format, {0, {}, "", {}, peer_end::close, "garbage\r\n"}).kind,
              failure_kind::interrupted);
    const failure busy = fails(
        format, {529,
                 {{"Retry-After", "7"}},
                 R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
                 {},
                 peer_end::whole,
                 ""});
    EXPECT_EQ(busy.kind, failure_kind::overloaded);
    EXPECT_EQ(busy.retry_after, std::chrono::seconds(7));
    EXPECT_EQ(busy.spent.total(), 0U);
  }
}

TEST_F(model_provider, an_overloaded_event_after_the_beginning_is_no_answer) {
  const std::string begun = sample::anthropic_stream();
  const failure clean = fails(
      wire::anthropic,
      test::event_stream(
          {begun.substr(0, begun.find("data: {\"type\":\"content_block_stop\"")),
           sample::event(
               R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
               "error")}));
  EXPECT_EQ(clean.kind, failure_kind::overloaded);
  EXPECT_GT(clean.spent.total(), 0U);
  EXPECT_GT(clean.usd, 0);
}

TEST_F(model_provider, an_endless_stream_is_too_large) {
  ask_settings settings = sample::settings();
  settings.max_reply_bytes = 200'000;
  settings.max_recorded_bytes = 1000;
  for (const wire format : sample::every_wire()) {
    for (const std::string& piece : {std::string(": keep-alive\n\n"), std::string(5000, 'x')}) {
      const failure got = fails(format, test::event_stream({piece}, peer_end::endless), settings);
      EXPECT_EQ(got.kind, failure_kind::too_large);
      EXPECT_TRUE(got.record.truncated);
      EXPECT_LE(got.record.reply.size(), 1000U);
    }
  }
}

TEST_F(model_provider, answers_although_the_stream_does_not_end) {
  for (const wire format : sample::every_wire())
    for (const peer_end end : {peer_end::hang, peer_end::cut}) {
      http_peer peer;
      peer.push(test::event_stream({sample::stream_of(format)}, end));
      EXPECT_TRUE(ask(*make(format, peer)));
    }
}

TEST_F(model_provider, a_silent_stream_times_out_and_is_paid) {
  ask_settings settings = sample::settings();
  settings.idle_timeout = std::chrono::milliseconds(50);
  const failure got =
      fails(wire::openai_chat,
            test::event_stream({sample::event(R"({"choices":[{"delta":{"content":"x"}}]})")},
                               peer_end::hang),
            settings);
  EXPECT_EQ(got.kind, failure_kind::timeout);
  EXPECT_GT(got.spent.input, 0U);
}

TEST_F(model_provider, never_sends_the_key_where_it_is_redirected) {
  http_peer other;
  const failure got =
      fails(wire::anthropic,
            {307, {{"Location", other.url() + "/v1/messages"}}, "", {}, peer_end::whole, ""});
  EXPECT_EQ(got.kind, failure_kind::redirected);
  EXPECT_TRUE(other.requests().empty());
}

TEST_F(model_provider, never_sends_the_key_to_an_unproven_peer) {
  http_peer peer({"", true, "localhost"});
  const auto got = ask(*make(wire::anthropic, peer));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, failure_kind::certificate);
  EXPECT_TRUE(peer.requests().empty());
  peer.push(test::event_stream({sample::anthropic_stream()}));
  EXPECT_TRUE(ask(*make(wire::anthropic, peer, peer.certificate_file())));
}

TEST_F(model_provider, T1_5_a_key_that_is_echoed_is_blotted) {
  const failure got =
      fails(wire::openai_chat,
            {401,
             {},
             R"({"error":{"code":"invalid_api_key","message":"Incorrect API key provided: )" + key +
                 R"("}})",
             {},
             peer_end::whole,
             ""});
  EXPECT_EQ(got.kind, failure_kind::authentication);
  EXPECT_NE(got.text.find("[key]"), std::string::npos);
}

TEST_F(model_provider, cancel_ends_it_at_once) {
  http_peer peer;
  peer.push(test::event_stream({": x\n\n"}, peer_end::hang));
  const auto from = make(wire::anthropic, peer);
  std::promise<outcome> promise;
  const auto running = from->ask(sample::talk(), sample::settings(),
                                 [&](outcome one) { promise.set_value(std::move(one)); });
  ASSERT_TRUE(peer.wait_for_requests(1));
  running->cancel();
  running->cancel();
  const auto got = promise.get_future().get();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, failure_kind::cancelled);
  EXPECT_TRUE(peer.wait_for_ended(1));
}

TEST_F(model_provider, asks_only_models_that_are_allowed) {
  http_peer peer;
  provider_settings one;
  one.name = "p";
  one.base_url = peer.url();
  one.models = {"m-1"};
  const auto made = make_provider(one, price_table::shipped(), sender_, process_environment());
  ASSERT_TRUE(made);
  const auto got = ask(**made, sample::settings("m-2"));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, failure_kind::invalid_request);
  EXPECT_TRUE(peer.requests().empty());
}

TEST_F(model_provider, T9_the_worst_case_is_not_below_what_is_counted) {
  for (const wire format : sample::every_wire()) {
    http_peer peer;
    peer.push(test::event_stream({sample::stream_of(format)}));
    const auto from = make(format, peer);
    const spending most = from->worst_case(sample::talk(), sample::settings());
    const auto got = ask(*from);
    ASSERT_TRUE(got);
    EXPECT_GE(most.tokens, spent(got).tokens);
    EXPECT_GE(most.usd, spent(got).usd);
  }
}

TEST_F(model_provider, a_client_retries_over_the_wire) {
  http_peer peer;
  peer.push({529, {}, "", {}, peer_end::whole, ""});
  peer.push({429, {{"retry-after-ms", "1"}}, "", {}, peer_end::whole, ""});
  peer.push(test::event_stream({sample::anthropic_stream()}));
  retry_settings retry;
  retry.base = std::chrono::milliseconds(1);
  model_client client({{make(wire::anthropic, peer), "m-1", nullptr}}, http_timers(sender_), retry);
  const auto got = ask(client);
  ASSERT_TRUE(got) << got.error().text;
  EXPECT_EQ(got->failed.size(), 2U);
  EXPECT_EQ(got->failed[0].kind, failure_kind::overloaded);
  EXPECT_EQ(got->failed[1].kind, failure_kind::rate_limited);
}

TEST_F(model_provider, its_sender_ending_ends_a_waiting_question) {
  http_peer peer;
  peer.push({529, {{"Retry-After", "50"}}, "", {}, peer_end::whole, ""});
  std::promise<outcome> promise;
  auto sender = std::make_shared<http::client>();
  {
    provider_settings one;
    one.name = "p";
    one.base_url = peer.url();
    one.default_model = "m";
    auto from = make_provider(one, price_table::shipped(), sender, process_environment());
    ASSERT_TRUE(from);
    model_client client({{*from, "m-1", nullptr}}, http_timers(sender));
    client.ask(sample::talk(), sample::settings(),
               [&](outcome ended) { promise.set_value(std::move(ended)); });
    ASSERT_TRUE(peer.wait_for_requests(1));
  }
  std::promise<http::client*> alive;
  sender->after({}, [&] { alive.set_value(sender.get()); });
  alive.get_future().wait();
}

}  // namespace
}  // namespace skein::model
