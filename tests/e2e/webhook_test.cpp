// The daemon takes what a forge delivers, and nothing else; the audit trail says who tried.
#include "runtime/forge/webhook.hpp"
#include "tests/e2e/served_program.hpp"

#include <gmock/gmock.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

namespace skein::e2e {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class webhook : public served_program {
 protected:
  std::string config(const std::string& more) {
    return served_program::config("forges:\n  work: {kind: local, repositories: " +
                                  directory_.string() + "/remote/, directory: " +
                                  directory_.string() + "/reviews" + more + "}\n");
  }
  unsigned short port() const {
    const auto log = file("err");
    const std::string mark = "webhooks on http://127.0.0.1:";
    const auto at = log.find(mark);
    return at == std::string::npos
               ? 0
               : static_cast<unsigned short>(std::stoi(log.substr(at + mark.size())));
  }
  std::string post(const std::string& id, const std::string& event, const std::string& secret,
                   const std::string& body) {
    boost::asio::io_context context;
    boost::asio::ip::tcp::socket socket{context};
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), port()});
    const auto text =
        "POST /webhooks/work HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        "X-GitHub-Event: " +
        event + "\r\nX-GitHub-Delivery: " + id +
        "\r\nX-Hub-Signature-256: " + forge::webhook_signature(secret, body) +
        "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    boost::system::error_code ended;
    boost::asio::write(socket, boost::asio::buffer(text), ended);
    std::string out;
    boost::asio::read(socket, boost::asio::dynamic_buffer(out), ended);
    return out;
  }
};

TEST_F(webhook, S5SignedOnceIsTakenAndEverythingElseIsRefusedAndAudited) {
  const auto key = write("hook.key", "the webhook's own secret\n");
  std::filesystem::permissions(key, std::filesystem::perms{0600});
  const auto with = config(", webhook: {secret: {file: " + key + "}}");
  serve("--config " + with + " --webhooks 127.0.0.1:0");
  ASSERT_NE(port(), 0) << file("err");
  const std::string secret = "the webhook's own secret";
  EXPECT_THAT(post("d-1", "ping", secret, "{}"), StartsWith("HTTP/1.1 202 "));
  EXPECT_THAT(post("d-1", "ping", secret, "{}"), StartsWith("HTTP/1.1 409 "));
  EXPECT_THAT(post("d-2", "ping", "guessed", "{}"), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(post("d-3", "push", secret, "{\"ref\":1}"), StartsWith("HTTP/1.1 400 "));
  const auto trail = skein({"audit", "export"}).out;
  for (const char* reason : {"replayed", "forged", "malformed"}) {
    EXPECT_THAT(trail, HasSubstr(reason));
  }
  EXPECT_THAT(trail, HasSubstr("webhook_refused"));
  EXPECT_THAT(trail + file("err"), Not(HasSubstr(secret)));
  EXPECT_EQ(skein({"audit", "verify"}).exit_code, 0);
  EXPECT_EQ(skein({"get", "runs"}).exit_code, 0) << "the daemon is healthy";
}

TEST_F(webhook, S5NoPortWithoutASecret) {
  for (const char* address : {"0.0.0.0:0", "127.0.0.1:0"}) {
    const auto done = skein({"serve", "--config", config(""), "--webhooks", address});
    EXPECT_NE(done.exit_code, 0);
    EXPECT_THAT(done.err, HasSubstr("no forge has a webhook secret"));
    EXPECT_THAT(done.err, HasSubstr("forges.NAME.webhook.secret"));
  }
  const auto unset =
      skein({"serve", "--config", config(", webhook: {secret: {env: NOT_SET_AT_ALL}}"),
             "--webhooks", "0.0.0.0:0"});
  EXPECT_NE(unset.exit_code, 0);
  EXPECT_THAT(unset.err, HasSubstr("NOT_SET_AT_ALL"));
}

}  // namespace skein::e2e
