#include "runtime/process/accepting_service.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <chrono>

namespace skein::process {

namespace {

namespace asio = boost::asio;
using asio::as_tuple;
using asio::use_awaitable;

constexpr auto breath = std::chrono::milliseconds(200);

}  // namespace

void accepting_service::start() {
  end_.expires_at(std::chrono::steady_clock::time_point::max());
  asio::co_spawn(context, stay(), asio::detached);
}

asio::awaitable<void> accepting_service::stay() {
  const auto self = shared_from_this();
  while (!stopped_) co_await end_.async_wait(as_tuple(use_awaitable));
}

void accepting_service::listen(descriptor listener) {
  if (stopped_ || !listener) return;
  const auto held = std::make_shared<stream>(context, listener.release());
  listeners_.insert(held);
  asio::co_spawn(context, accept_from(held), asio::detached);
}

asio::awaitable<void> accepting_service::accept_from(std::shared_ptr<stream> listener) {
  const auto self = shared_from_this();
  while (!stopped_) {
    if (!has_room()) {
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

bool accepting_service::accept_one(stream& listener) {
  const int accepted =
      ::accept4(listener.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (accepted < 0) return false;
  descriptor owned(accepted);
  sockaddr_storage name = {};
  socklen_t size = sizeof name;
  ::getsockname(accepted, reinterpret_cast<sockaddr*>(&name), &size);
  boost::system::error_code failed;
  client_stream client(context);
  client.assign(asio::generic::stream_protocol(name.ss_family, 0), owned.get(), failed);
  if (failed) return true;
  static_cast<void>(owned.release());
  enter(std::move(client));
  return true;
}

void accepting_service::stop() {
  if (stopped_) return;
  stopped_ = true;
  boost::system::error_code ignored;
  for (const auto& listener : listeners_) listener->close(ignored);
  listeners_.clear();
  room_.cancel();
  end_.cancel();
  ended();
}

service_handle::service_handle(io_loop& loop, const std::shared_ptr<accepting_service>& made,
                               descriptor listener)
    : door_(loop.door()), service_(made) {
  asio::post(loop.context(), [made, listener = std::move(listener)]() mutable {
    made->start();
    made->listen(std::move(listener));
  });
}

std::function<void(descriptor)> service_handle::listener() const {
  return [door = door_, weak = service_](descriptor taken) {
    door->post([weak, taken = std::move(taken)]() mutable {
      if (const auto alive = weak.lock()) alive->listen(std::move(taken));
    });
  };
}

void service_handle::stop() {
  door_->post([weak = service_] {
    if (const auto alive = weak.lock()) alive->stop();
  });
}

}  // namespace skein::process
