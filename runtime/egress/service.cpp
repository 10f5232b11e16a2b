#include "runtime/egress/service.hpp"

#include "runtime/egress/connection.hpp"

#include <openssl/crypto.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>

#include <cerrno>

namespace skein::egress {
namespace {

namespace asio = boost::asio;
using asio::as_tuple;
using asio::use_awaitable;

constexpr std::size_t most_addresses = 16;
constexpr auto breath = std::chrono::milliseconds(200);

}  // namespace

service::service(asio::io_context& loop, options wanted, std::shared_ptr<counters> counts)
    : context(loop),
      settings(std::move(wanted)),
      credentials_(basic_credentials("x:" + settings.token)),
      counts_(std::move(counts)),
      resolver_(loop),
      room_(loop) {}

void service::start(process::descriptor lifeline) {
  asio::co_spawn(context, watch(std::move(lifeline)), asio::detached);
}

asio::awaitable<void> service::watch(process::descriptor lifeline) {
  const auto self = shared_from_this();
  stream held(context, lifeline.release());
  co_await held.async_wait(stream::wait_read, as_tuple(use_awaitable));
  stop();
}

void service::listen(process::descriptor listener) {
  if (stopped_ || !listener) return;
  const auto held = std::make_shared<stream>(context, listener.release());
  listeners_.insert(held);
  asio::co_spawn(context, accept_from(held), asio::detached);
}

asio::awaitable<void> service::accept_from(std::shared_ptr<stream> listener) {
  const auto self = shared_from_this();
  while (!stopped_) {
    if (live_.size() >= settings.bounds.connections) {
      room_.expires_at(std::chrono::steady_clock::time_point::max());
      co_await room_.async_wait(as_tuple(use_awaitable));
      continue;
    }
    const auto [failed] = co_await listener->async_wait(stream::wait_read, as_tuple(use_awaitable));
    if (failed || stopped_) break;
    if (accept_one(*listener)) continue;
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) continue;
    // Out of descriptors or memory, which passes; anything else comes back at once.
    room_.expires_after(breath);
    co_await room_.async_wait(as_tuple(use_awaitable));
  }
}

bool service::accept_one(stream& listener) {
  const int accepted =
      ::accept4(listener.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (accepted < 0) return false;
  process::descriptor owned(accepted);
  sockaddr_storage name = {};
  socklen_t size = sizeof name;
  ::getsockname(accepted, reinterpret_cast<sockaddr*>(&name), &size);
  boost::system::error_code failed;
  connection::stream client(context);
  client.assign(asio::generic::stream_protocol(name.ss_family, 0), owned.get(), failed);
  if (failed) return true;
  static_cast<void>(owned.release());
  const auto made = std::make_shared<connection>(shared_from_this(), std::move(client));
  made->start();
  counts_->open = static_cast<std::uint32_t>(live_.size());
  return true;
}

void service::left(connection* one) {
  live_.erase(one);
  counts_->open = static_cast<std::uint32_t>(live_.size());
  room_.cancel();
}

void service::stop() {
  if (stopped_) return;
  stopped_ = true;
  boost::system::error_code ignored;
  for (const auto& listener : listeners_) listener->close(ignored);
  listeners_.clear();
  room_.cancel();
  resolver_.cancel();
  const auto all = live_;
  for (connection* one : all) one->give_up(outcome::stopped);
}

bool service::begin_attempt() {
  return counts_->attempts.fetch_add(1) < settings.bounds.attempts;
}

void service::report(const event& what) {
  if (what.reason != outcome::relayed) ++counts_->refused;
  if (settings.on_event) settings.on_event(what);
}

bool service::authorised(const std::string* credentials) const {
  if (credentials == nullptr || credentials->size() != credentials_.size()) return false;
  std::string given = *credentials;
  given.replace(0, 5, lower_case(given.substr(0, 5)) == "basic" ? "Basic" : "     ");
  return ::CRYPTO_memcmp(given.data(), credentials_.data(), given.size()) == 0;
}

bool service::leaks(std::string_view text) const {
  return settings.leaks && settings.leaks(text);
}

bool service::spend_up(std::size_t bytes) {
  return counts_->bytes_up.fetch_add(bytes) + bytes <= settings.bounds.bytes_up;
}

bool service::spend_down(std::size_t bytes) {
  return counts_->bytes_down.fetch_add(bytes) + bytes <= settings.bounds.bytes_down;
}

void service::resolve(const std::string& host, resolved_fn done) {
  if (settings.resolve) return settings.resolve(host, std::move(done));
  resolver_.async_resolve(
      host, "", asio::ip::resolver_base::flags(),
      [done = std::move(done), host](const boost::system::error_code& failed, const auto& found) {
        if (failed) return done(error{errc::not_found, failed.message(), ""});
        addresses all;
        for (const auto& entry : found) {
          const auto address = entry.endpoint().address();
          if (std::find(all.begin(), all.end(), address) == all.end()) all.push_back(address);
          if (all.size() == most_addresses) break;
        }
        done(std::move(all));
      });
}

}  // namespace skein::egress
