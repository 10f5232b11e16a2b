// Bytes that no client sends. After each the port works for everybody else.
#include "actors/console/dial.hpp"
#include "actors/console/frame_guard.hpp"
#include "actors/console/socket_middleman.hpp"
#include "actors/console/system.hpp"
#include "actors/console/tls.hpp"
#include "schema/wire/console.hpp"
#include "tests/console/running_console.hpp"

#include <gmock/gmock.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <sys/socket.h>
#include <unistd.h>

namespace skein::console {

namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

class hostile_test : public test::running_console {
 protected:
  tcp::socket plain() {
    tcp::socket out(context_);
    out.connect(
        {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::stoi(address().port))});
    return out;
  }
  /// TLS with these credentials, and then whatever a test writes.
  std::unique_ptr<asio::ssl::stream<tcp::socket>> secure(const credentials& with) {
    tls_ = *client_context(with.authority, with.own, wire::app_identifier);
    auto out = std::make_unique<asio::ssl::stream<tcp::socket>>(plain(), *tls_);
    out->handshake(asio::ssl::stream_base::client);
    return out;
  }
  template <class Stream>
  static void expect_hung_up(Stream& stream) {
    error_code failed;
    std::array<char, 65536> rest{};
    while (!failed) stream.read_some(asio::buffer(rest), failed);
  }
  void expect_healthy() {
    auto link = connect(*read_credentials(files().local_credentials()));
    ASSERT_TRUE(link) << link.error().message;
    EXPECT_TRUE((*link)->order("get_active", "{}", 10s));
  }

  asio::io_context context_;
  std::shared_ptr<asio::ssl::context> tls_;
};

std::string frame(unsigned char kind, std::uint32_t length, unsigned char flags = 0) {
  std::string out(32, '\0');
  out[0] = static_cast<char>(kind);
  out[3] = static_cast<char>(flags);
  for (int i = 0; i < 4; ++i) out[4 + i] = static_cast<char>(length >> (24 - 8 * i));
  return out;
}

TEST_F(hostile_test, S5PlainTextAndGarbage) {
  std::string record("\x16\x03\x01\xFF\xFF", 5);
  record.append(70'000, '\0');
  for (const std::string& text : {std::string{"GET / HTTP/1.1\r\nHost: fleet\r\n\r\n"},
                                  std::string(100'000, '\xFF'), record}) {
    auto socket = plain();
    error_code ignored;
    asio::write(socket, asio::buffer(text), ignored);
    expect_hung_up(socket);
  }
  expect_healthy();
}

TEST_F(hostile_test, S5NoCertificate) {
  asio::ssl::context bare(asio::ssl::context::tls_client);
  asio::ssl::stream<tcp::socket> stream(plain(), bare);
  error_code failed;
  stream.handshake(asio::ssl::stream_base::client, failed);
  expect_hung_up(stream);
  expect_healthy();
}

TEST_F(hostile_test, S5OversizedFrameIsNeverTaken) {
  const auto with = somebody("mallory", role::viewer);
  auto stream = secure(with);
  error_code ignored;
  asio::write(*stream, asio::buffer(frame(1, 0xFFFF'FFFF)), ignored);
  expect_hung_up(*stream);
  const auto noted = desk_.wait_for("connection_refused");
  EXPECT_EQ(noted.by, "mallory");
  EXPECT_THAT(noted.what, HasSubstr("4294967295 bytes"));
  expect_healthy();
}

TEST_F(hostile_test, S5GarbageAfterTheHandshake) {
  const auto with = somebody("mallory", role::viewer);
  for (int kind = 0; kind < 9; ++kind) {
    auto stream = secure(with);
    error_code ignored;
    auto bytes = frame(static_cast<unsigned char>(kind), 64);
    bytes.append(64, 'x');
    asio::write(*stream, asio::buffer(bytes), ignored);
    asio::write(*stream, asio::buffer(std::string(4096, '\xEE')), ignored);
    expect_hung_up(*stream);
  }
  expect_healthy();
}

TEST_F(hostile_test, S5FiveHundredIdleConnections) {
  std::vector<tcp::socket> idle;
  for (int i = 0; i < 500; ++i) idle.push_back(plain());
  expect_healthy();
}

TEST_F(hostile_test, S5SlowHandshakeIsCutOff) {
  front_limits limits;
  limits.handshake = 100ms;
  start(limits);
  auto socket = plain();
  error_code ignored;
  asio::write(socket, asio::buffer(std::string("\x16\x03\x01\x02", 4)), ignored);
  expect_hung_up(socket);
  expect_healthy();
}

TEST_F(hostile_test, S5OneCertificateDoesNotTakeAllConnections) {
  front_limits limits;
  limits.per_certificate = 3;
  start(limits);
  const auto greedy = somebody("greedy", role::viewer);
  std::vector<std::unique_ptr<link>> all;
  for (int i = 0; i < 3; ++i) {
    auto one = connect(greedy);
    ASSERT_TRUE(one) << one.error().message;
    all.push_back(std::move(*one));
  }
  const auto more = connect(greedy);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, errc::unavailable);
  expect_healthy();
}

TEST_F(hostile_test, S5AnExitMessageEndsNobody) {
  const auto with = somebody("mallory", role::viewer);
  auto line = dial(address(), with, {wire::app_identifier, 10s});
  ASSERT_TRUE(line) << line.error().message;
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
  const int number = (*line)->take().release();
  ASSERT_GT(::send(ends[0], &number, sizeof number, 0), 0);
  {
    remote_config config(wire::app_identifier, 1);
    caf::actor_system system(config);
    caf::scoped_actor self(system);
    auto middleman = socket_middleman(system, process::descriptor{ends[1]});
    wire::console_actor console;
    self->request(middleman, 10s, caf::connect_atom::value, std::string{"x"}, std::uint16_t{1})
        .receive(
            [&](const caf::node_id&, const caf::strong_actor_ptr& found, std::set<std::string>&) {
              console = caf::actor_cast<wire::console_actor>(found);
            },
            [&](const caf::error& failed) { FAIL() << system.render(failed); });
    self->send(caf::actor_cast<caf::actor>(console),
               caf::exit_msg{self->address(), caf::exit_reason::kill});
    // Whatever was sent before has arrived when this is answered.
    std::string seal;
    wire::session_actor session;
    self->request(console, 10s, wire::hello{wire::protocol_version, "1.2.3", with.token})
        .receive(
            [&](wire::welcome& said, wire::session_actor& made) {
              seal = said.seal;
              session = made;
            },
            [&](const caf::error& failed) { FAIL() << system.render(failed); });
    ASSERT_FALSE(seal.empty());
    self->send(caf::actor_cast<caf::actor>(session),
               caf::exit_msg{self->address(), caf::exit_reason::kill});
    // Somebody who guesses the number of a session does not know its seal.
    self->request(session, 10s, wire::question{"another seal", "runs", "{}", {}})
        .receive([&](const wire::answer& said) { EXPECT_EQ(said.failed, "unauthorised"); },
                 [&](const caf::error& failed) { FAIL() << system.render(failed); });
    self->request(session, 10s, wire::question{seal, "runs", "{}", {}})
        .receive([&](const wire::answer& said) { EXPECT_EQ(said.failed, ""); },
                 [&](const caf::error& failed) { FAIL() << system.render(failed); });
    caf::anon_send_exit(middleman, caf::exit_reason::kill);
  }
  ::close(ends[0]);
  EXPECT_EQ(desk_.wait_for("stranger_refused").by, "mallory");
  expect_healthy();
}

TEST(FrameGuard, S5FindsFramesHoweverTheyAreCut) {
  std::string stream;
  for (const auto& each : {frame(1, 5), std::string{"hello"}, frame(2, 0), frame(6, 0),
                           frame(2, 300), std::string(300, 'x')}) {
    stream.append(each);
  }
  for (std::size_t piece = 1; piece < 70; ++piece) {
    frame_guard guard(direction::to_fleet, 300);
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      ASSERT_TRUE(guard.pass(std::string_view(stream).substr(at, piece))) << piece << " " << at;
    }
    EXPECT_FALSE(guard.inside());
    EXPECT_FALSE(guard.pass(frame(2, 301))) << piece;
  }
}

TEST(FrameGuard, S5RefusesWhatNoClientSends) {
  const std::vector<std::string> wrong{frame(0, 5),   frame(3, 5),    frame(7, 0),
                                       frame(255, 0), frame(6, 5000), frame(1, 20'000),
                                       frame(2, 5, 1)};
  for (const auto& each : wrong) {
    frame_guard guard(direction::to_fleet, 1 << 20);
    EXPECT_FALSE(guard.pass(each)) << static_cast<int>(each[0]);
  }
  frame_guard client(direction::to_client, 1 << 20);
  EXPECT_TRUE(client.pass(frame(0, 0)));
  EXPECT_FALSE(client.pass(frame(1, 0)));
}

}  // namespace

}  // namespace skein::console
