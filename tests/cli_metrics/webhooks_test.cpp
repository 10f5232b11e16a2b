// Deliveries of a forge over real HTTP; the fleet checks them as the real one does, and remembers.
#include "cli/webhooks.hpp"
#include "tests/cli_control/fake_fleet.hpp"

#include <gmock/gmock.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

namespace skein::cli {
namespace {

using boost::asio::ip::tcp;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string secret = "a secret of twenty-odd characters";

class signed_fleet : public test::fake_fleet {
 public:
  result<actors::webhook_taken> take_webhook(const std::string& from,
                                             const forge::webhook_delivery& what) override {
    if (from != "work") return error{errc::not_found, "there is no forge", {}};
    if (fails) return *fails;
    SKEIN_TRY(event, forge::read_webhook(what, {secret}));
    events.push_back(event.index());
    return actors::webhook_taken{taken.insert(what.id).second, 1};
  }
  result<> note(const store::note_event& what) override {
    EXPECT_EQ(what.kind, "webhook_refused");
    reasons.push_back(what.payload.at("reason"));
    last = what.payload;
    return {};
  }
  std::vector<std::size_t> events;
  std::vector<std::string> reasons;
  nlohmann::json last;
  std::set<std::string> taken;
};

class Webhooks : public ::testing::Test {
 protected:
  Webhooks() {
    auto started = start_webhooks(fleet_, "127.0.0.1:0");
    EXPECT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
  }
  std::string ask(const std::string& text) {
    boost::asio::io_context context;
    tcp::socket socket{context};
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), server_->port()});
    boost::system::error_code ignored;
    boost::asio::write(socket, boost::asio::buffer(text), ignored);
    std::string out;
    boost::asio::read(socket, boost::asio::dynamic_buffer(out), ignored);
    return out;
  }
  std::string post(const std::string& path, const std::string& id, const std::string& event,
                   const std::string& signature, const std::string& body) {
    return ask("POST " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-GitHub-Event: " +
               event + "\r\nX-GitHub-Delivery: " + id + "\r\nX-Hub-Signature-256: " + signature +
               "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  std::string deliver(const std::string& id, const std::string& event, const std::string& body) {
    return post("/webhooks/work", id, event, forge::webhook_signature(secret, body), body);
  }

  signed_fleet fleet_;
  std::unique_ptr<http_endpoint> server_;
};

TEST_F(Webhooks, ASignedDeliveryIsTakenOnce) {
  EXPECT_THAT(deliver("d-1", "ping", "{}"), StartsWith("HTTP/1.1 202 "));
  EXPECT_THAT(fleet_.reasons, IsEmpty());
  EXPECT_THAT(deliver("d-1", "ping", "{}"), StartsWith("HTTP/1.1 409 "));
  EXPECT_THAT(fleet_.reasons, ElementsAre("replayed"));
  EXPECT_THAT(deliver("d-2", "an_event_of_next_year", "{\"x\":[1]}"), StartsWith("HTTP/1.1 202 "));
}

TEST_F(Webhooks, ForgedUnsignedAndMalformedAreRefusedAndAudited) {
  const std::string body = "{\"zen\":1}";
  const auto wrong = forge::webhook_signature("another secret", body);
  EXPECT_THAT(post("/webhooks/work", "d", "ping", wrong, body), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(post("/webhooks/work", "d", "ping", "", body), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(post("/webhooks/work", "d", "ping", "sha256=", body), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(deliver("../x", "ping", "{}"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(deliver("d", "ping", "{"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(deliver("d", "pull_request", "{\"action\":\"opened\"}"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(post("/webhooks/none", "d", "ping", wrong, body), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(fleet_.reasons, ElementsAre("forged", "unsigned", "forged", "malformed", "malformed",
                                          "malformed", "unknown_forge"));
  EXPECT_THAT(fleet_.taken, IsEmpty());
  EXPECT_EQ(fleet_.last["from"], "127.0.0.1");
}

TEST_F(Webhooks, TooLargeIsRefusedBeforeItIsRead) {
  const auto text =
      ask("POST /webhooks/work HTTP/1.1\r\nHost: x\r\nX-GitHub-Event: push\r\nX-GitHub-Delivery: "
          "big\r\n"
          "Content-Length: " +
          std::to_string(largest_webhook + 1) + "\r\n\r\n");
  EXPECT_THAT(text, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(fleet_.reasons, ElementsAre("oversized"));
  EXPECT_EQ(fleet_.last["delivery"], "big");
  EXPECT_THAT(deliver("d-1", "ping", "{}"), StartsWith("HTTP/1.1 202 "));
}

TEST_F(Webhooks, WhatCannotBeKeptIsDeliveredAgain) {
  fleet_.fails = error{errc::timeout, "the store is busy", {}};
  const auto text = deliver("d-1", "ping", "{}");
  EXPECT_THAT(text, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("busy")));
  EXPECT_THAT(fleet_.reasons, IsEmpty());
}

TEST_F(Webhooks, OnlyPostIsAnswered) {
  EXPECT_THAT(ask("GET /webhooks/work HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(
      ask("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
      StartsWith("HTTP/1.1 404 "));
}

TEST(WebhookAudit, AFloodDoesNotFillTheTrail) {
  signed_fleet fleet;
  std::int64_t now = 1'700'000'000'000;
  const auto taker = webhook_taker(fleet, [&now] { return now; });
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(
        taker.take({"/webhooks/work", "192.0.2.1", {{"x-github-delivery", "d"}}, "{}"}).status,
        400U);
  }
  const auto noted = fleet.reasons.size();
  EXPECT_LE(noted, 20U);
  EXPECT_GE(noted, 1U);
  now += 61'000;
  (void)taker.take({"/webhooks/work", "\x1b[2J", {{"x-github-delivery", "d"}}, "{}"});
  EXPECT_EQ(fleet.last["moreBefore"], 500 - noted);
  EXPECT_EQ(fleet.last["from"], "?[2J");
}

TEST(WebhookSecrets, NoPortWithoutOne) {
  schema::config settings;
  auto& forge = settings.forges["work"];
  EXPECT_EQ(check_webhook_secrets(settings).error().code, errc::invalid);
  forge.webhook_secret.env = "SKEIN_TEST_NO_SUCH_SECRET";
  const auto unset = check_webhook_secrets(settings);
  ASSERT_FALSE(unset);
  EXPECT_THAT(unset.error().message, HasSubstr("SKEIN_TEST_NO_SUCH_SECRET"));
  ::setenv("SKEIN_TEST_NO_SUCH_SECRET", "x", 1);
  EXPECT_TRUE(check_webhook_secrets(settings));
  ::unsetenv("SKEIN_TEST_NO_SUCH_SECRET");

  const auto file =
      std::filesystem::temp_directory_path() / ("skein-webhook-" + std::to_string(::getpid()));
  std::ofstream(file) << secret << "\n";
  std::filesystem::permissions(file, std::filesystem::perms{0644});
  forge.webhook_secret = {"", file.string(), ""};
  EXPECT_EQ(check_webhook_secrets(settings).error().code, errc::refused) << "others may read it";
  std::filesystem::permissions(file, std::filesystem::perms{0600});
  EXPECT_TRUE(check_webhook_secrets(settings));
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace skein::cli
