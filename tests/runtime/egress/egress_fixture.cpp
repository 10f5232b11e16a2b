#include "tests/runtime/egress/egress_fixture.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>

namespace skein::egress::testing {
namespace {

namespace fs = std::filesystem;

constexpr int patience_ms = 60'000;

process::descriptor connect_unix(const fs::path& path) {
  process::descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un where = {};
  where.sun_family = AF_UNIX;
  path.native().copy(where.sun_path, sizeof where.sun_path - 1);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0)
    socket.reset();
  return socket;
}

/// Reads a request with its body, as far as Content-Length says.
std::string read_request(peer& client) {
  std::string text = client.read_to("\r\n\r\n");
  const auto length = text.find("Content-Length: ");
  if (length != std::string::npos) text += client.read(std::stoul(text.substr(length + 16)));
  return text;
}

}  // namespace

void event_log::add(const event& what) {
  const std::lock_guard lock(mutex_);
  events_.push_back(what);
  added_.notify_all();
}

std::vector<event> event_log::wait_for(std::size_t count) {
  std::unique_lock lock(mutex_);
  EXPECT_TRUE(added_.wait_for(lock, std::chrono::milliseconds(patience_ms),
                              [&] { return events_.size() >= count; }));
  // A test reads what it asked for, also after a failure.
  std::vector<event> out = events_;
  if (out.size() < count) out.resize(count);
  return out;
}

std::vector<event> event_log::all() {
  const std::lock_guard lock(mutex_);
  return events_;
}

bool peer::send(const std::string& bytes) const {
  std::size_t done = 0;
  while (done < bytes.size()) {
    pollfd room{socket_.get(), POLLOUT, 0};
    if (::poll(&room, 1, patience_ms) != 1) return false;
    const ssize_t sent = ::send(socket_.get(), bytes.data() + done, bytes.size() - done,
                                MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EAGAIN) continue;
    if (sent <= 0) return false;
    done += static_cast<std::size_t>(sent);
  }
  return true;
}

bool peer::read_some() {
  pollfd comes{socket_.get(), POLLIN, 0};
  if (::poll(&comes, 1, patience_ms) != 1) {
    ADD_FAILURE() << "nothing came";
    return false;
  }
  std::array<char, 65536> buffer;
  const ssize_t got = ::read(socket_.get(), buffer.data(), buffer.size());
  if (got <= 0) return false;
  pending_.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

std::string peer::read_to(const std::string& bytes) {
  while (pending_.find(bytes) == std::string::npos)
    if (!read_some()) return std::exchange(pending_, {});
  return read(pending_.find(bytes) + bytes.size());
}

std::string peer::read(std::size_t count) {
  while (pending_.size() < count && read_some()) continue;
  std::string out = pending_.substr(0, count);
  pending_.erase(0, out.size());
  return out;
}

std::string peer::read_all() {
  while (read_some()) continue;
  return std::exchange(pending_, {});
}

void peer::end_sending() const {
  ::shutdown(socket_.get(), SHUT_WR);
}

test_server::test_server(std::function<void(peer&)> serve)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in own = {};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof own;
  EXPECT_EQ(0, ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own));
  EXPECT_EQ(0, ::listen(listener_.get(), 64));
  ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&own), &size);
  port_ = ntohs(own.sin_port);
  thread_ = std::thread([this, serve = std::move(serve)] {
    for (;;) {
      std::array<pollfd, 2> waits{{{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
      if (::poll(waits.data(), waits.size(), -1) < 0) continue;
      if (waits[1].revents != 0) return;
      peer client(process::descriptor(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
      serve(client);
    }
  });
}

test_server::~test_server() {
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

http_server::http_server(std::string response)
    : response_(std::move(response)), server_([this](peer& client) {
        const std::string text = read_request(client);
        {
          const std::lock_guard lock(mutex_);
          if (!text.empty()) requests_.push_back(text);  // a connection is no request
        }
        client.send(response_);
      }) {}

std::vector<std::string> http_server::requests() {
  const std::lock_guard lock(mutex_);
  return requests_;
}

egress_test::egress_test() {
  std::string pattern = (fs::temp_directory_path() / "skein-egress-XXXXXX").string();
  EXPECT_NE(nullptr, ::mkdtemp(pattern.data()));
  folder_ = pattern;
  options_.run = "test";
  options_.socket = folder_ / "egress.sock";
  options_.token = "t0ken";
  options_.on_event = [this](const event& what) { events_.add(what); };
  options_.resolve = [this](const std::string& host, const resolved_fn& done) {
    resolved_.push_back(host);
    const auto known = names_.find(host);
    if (known == names_.end()) return done(error{errc::not_found, "no such name", ""});
    done(known->second);
  };
}

egress_test::~egress_test() {
  proxy_.reset();
  loop_.reset();
  fs::remove_all(folder_);
}

void egress_test::allow(const std::string& host, std::uint16_t port, bool tls) {
  host_rule rule;
  rule.host = host;
  if (host.starts_with("*.")) {
    rule.host = host.substr(2);
    rule.subdomains = true;
  }
  rule.port = port;
  rule.allow_private = true;
  rule.tls = tls;
  options_.allowed.add(rule);
  names_[host] = {boost::asio::ip::make_address("127.0.0.1")};
}

void egress_test::start() {
  auto made = proxy::start(*loop_, options_);
  ASSERT_TRUE(made) << made.error().message;
  proxy_ = std::move(*made);
}

peer egress_test::connect() const {
  process::descriptor socket = connect_unix(options_.socket);
  EXPECT_TRUE(socket);
  return peer(std::move(socket));
}

std::string egress_test::request(const std::string& method, const std::string& target,
                                 const std::string& host, const std::string& fields) const {
  return method + " " + target + " HTTP/1.1\r\nHost: " + host +
         "\r\nProxy-Authorization: " + basic_credentials("x:t0ken") + "\r\n" + fields + "\r\n";
}

std::string egress_test::get(const std::string& host, std::uint16_t port, const std::string& path,
                             const std::string& fields) const {
  return request("GET", "http://" + at(host, port) + path, at(host, port), fields);
}

std::string egress_test::ask(const std::string& bytes) const {
  peer client = connect();
  EXPECT_TRUE(client.send(bytes));
  return client.read_all();
}

std::string egress_test::connect_head(const std::string& target) const {
  return request("CONNECT", target, target);
}

peer egress_test::tunnel(const std::string& host, std::uint16_t port) const {
  peer client = connect();
  EXPECT_TRUE(client.send(connect_head(at(host, port))));
  EXPECT_EQ("HTTP/1.1 200 Connection established\r\n\r\n", client.read_to("\r\n\r\n"));
  return client;
}

std::string at(const std::string& host, std::uint16_t port) {
  return host + ":" + std::to_string(port);
}

}  // namespace skein::egress::testing
