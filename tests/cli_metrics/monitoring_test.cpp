// Real HTTP over loopback; the fleet is a fake, the state is real.
#include "cli/metrics/monitoring.hpp"
#include "tests/cli_control/fake_fleet.hpp"
#include "tests/runtime/store/store_fixture.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

namespace skein::cli {
namespace {

using boost::asio::ip::tcp;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class caller {
 public:
  explicit caller(std::uint16_t port) {
    socket_.connect({boost::asio::ip::make_address("127.0.0.1"), port});
  }
  void send(const std::string& text) {
    boost::system::error_code ignored;
    boost::asio::write(socket_, boost::asio::buffer(text), ignored);
  }
  /// Until the server hangs up.
  std::string rest() {
    std::string out;
    boost::system::error_code ended;
    boost::asio::read(socket_, boost::asio::dynamic_buffer(out), ended);
    return out;
  }

 private:
  boost::asio::io_context context_;
  tcp::socket socket_{context_};
};

std::string ask(std::uint16_t port, const std::string& line, const std::string& more = "") {
  caller one(port);
  one.send(line + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + more + "\r\n");
  return one.rest();
}

class Monitoring : public store::testing::StoreTest {
 protected:
  std::uint16_t start() {
    auto started = start_monitoring(fleet_, {"0", "9.9", layout_.root, 4});
    EXPECT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
    return server_->port();
  }
  test::fake_fleet fleet_;
  std::unique_ptr<http_endpoint> server_;
};

TEST_F(Monitoring, AnswersAScrape) {
  must(store::add_run{store::testing::queued_run_of("r1")});
  const auto text = ask(start(), "GET /metrics");
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(text, HasSubstr("text/plain; version=0.0.4"));
  EXPECT_THAT(text, HasSubstr("skein_runs{state=\"schedule\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("skein_build_info{version=\"9.9\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("skein_healthy 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("/srv/git"))) << "no name of a repository";
  EXPECT_TRUE(server_->loopback());
}

TEST_F(Monitoring, SaysWhenTheFleetCannotCommit) {
  fleet_.health = {0, true, "disk full"};
  const auto port = start();
  EXPECT_THAT(ask(port, "GET /healthz"), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(ask(port, "GET /healthz"), HasSubstr("disk full"));
  EXPECT_THAT(ask(port, "GET /readyz"), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(ask(port, "GET /metrics"), HasSubstr("skein_healthy 0\n"));
}

TEST_F(Monitoring, TellsBusyFromDead) {
  fleet_.fails = error{errc::timeout, "no answer", ""};
  const auto port = start();
  EXPECT_THAT(ask(port, "GET /healthz"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask(port, "GET /readyz"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(Monitoring, IsReadyWhenAllIsWell) {
  const auto port = start();
  EXPECT_THAT(ask(port, "GET /healthz"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask(port, "GET /readyz?x=1"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Monitoring, OnlyReads) {
  const auto port = start();
  EXPECT_THAT(ask(port, "POST /metrics"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(ask(port, "POST /metrics", "Content-Length: 100000000\r\n"),
              StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(ask(port, "DELETE /metrics"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(ask(port, "GET /../etc/passwd"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(ask(port, "GET /"), StartsWith("HTTP/1.1 404 "));
  const auto head = ask(port, "HEAD /healthz");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(head, ::testing::EndsWith("\r\n\r\n"));
}

TEST_F(Monitoring, SurvivesGarbage) {
  const auto port = start();
  {
    caller one(port);
    one.send("\x16\x03\x01\x02\x00garbage\r\n\r\n");
    EXPECT_THAT(one.rest(), Not(StartsWith("HTTP/1.1 200")));
  }
  {
    caller one(port);
    one.send("GET /metrics HTTP/1.1\r\nX: " + std::string(100'000, 'a') + "\r\n\r\n");
    EXPECT_THAT(one.rest(), Not(StartsWith("HTTP/1.1 200")));
  }
  EXPECT_THAT(ask(port, "GET /healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpEndpoint, BoundsClientsAndTheirTime) {
  endpoint_limits limits;
  limits.connections = 2;
  limits.idle = std::chrono::milliseconds{50};
  auto started = http_endpoint::start(
      "127.0.0.1:0", [](const std::string&) { return std::make_unique<http_answer>(); }, limits);
  ASSERT_TRUE(started) << started.error().message;
  // Each says nothing and is hung up on: the ones too many at once, the others after their time.
  std::vector<std::unique_ptr<caller>> idle;
  for (int i = 0; i < 10; ++i) idle.push_back(std::make_unique<caller>((*started)->port()));
  for (auto& each : idle) EXPECT_EQ(each->rest(), "");
  EXPECT_THAT(ask((*started)->port(), "GET /"), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpEndpoint, EndsWithOpenConnections) {
  auto started = http_endpoint::start(
      "0", [](const std::string&) { return std::make_unique<http_answer>(); }, {});
  ASSERT_TRUE(started) << started.error().message;
  caller idle((*started)->port());
  started->reset();
  EXPECT_EQ(idle.rest(), "");
}

TEST(HttpEndpoint, RefusesWhatIsNoAddress) {
  for (const char* text : {"", ":", "x", "1:2:3", "[::1]", "127.0.0.1:", "127.0.0.1:70000",
                           "127.0.0.1:-1", "example.com:80", "127.0.0.1:1 ", "[:80"}) {
    const auto started = http_endpoint::start(text, nullptr);
    ASSERT_FALSE(started) << text;
    EXPECT_EQ(started.error().code, errc::invalid) << text;
    EXPECT_FALSE(started.error().remedy.empty());
  }
}

TEST(HttpEndpoint, SaysThatAPortIsTaken) {
  auto first = http_endpoint::start("0", nullptr);
  ASSERT_TRUE(first) << first.error().message;
  const auto second = http_endpoint::start(std::to_string((*first)->port()), nullptr);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::io);
}

}  // namespace
}  // namespace skein::cli
