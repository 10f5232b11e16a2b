#include "runtime/gateway/service.hpp"

#include "runtime/gateway/connection.hpp"

#include <openssl/crypto.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>

#include <cerrno>

namespace skein::gateway {
namespace {

namespace asio = boost::asio;
using asio::as_tuple;
using asio::use_awaitable;

constexpr auto breath = std::chrono::milliseconds(200);

}  // namespace

service::service(asio::io_context& loop, std::shared_ptr<http::client> client, options wanted,
                 std::vector<upstream> upstreams)
    : context(loop),
      sender(std::move(client)),
      settings(std::move(wanted)),
      upstreams_(std::move(upstreams)),
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
  std::make_shared<connection>(shared_from_this(), std::move(client))->start();
  return true;
}

void service::left(connection* one) {
  live_.erase(one);
  room_.cancel();
}

void service::stop() {
  if (stopped_) return;
  stopped_ = true;
  boost::system::error_code ignored;
  for (const auto& listener : listeners_) listener->close(ignored);
  listeners_.clear();
  room_.cancel();
  const auto all = live_;
  for (connection* one : all) one->give_up(outcome::revoked);
}

bool service::authorised(std::string_view token) const {
  return !stopped_ && token.size() == settings.token.size() &&
         ::CRYPTO_memcmp(token.data(), settings.token.data(), token.size()) == 0;
}

const upstream* service::find(model::wire format) const {
  const bool anthropic = format == model::wire::anthropic;
  for (const upstream& one : upstreams_)
    if ((one.settings.format == model::wire::anthropic) == anthropic) return &one;
  return nullptr;
}

bool service::begin_request() {
  if (requests_ >= settings.bounds.requests) return false;
  ++requests_;
  return true;
}

}  // namespace skein::gateway
