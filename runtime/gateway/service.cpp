#include "runtime/gateway/service.hpp"

#include "runtime/gateway/connection.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace skein::gateway {
service::service(process::io_loop& loop, std::shared_ptr<http::client> client, options wanted,
                 std::vector<upstream> upstreams)
    : accepting_service(loop.context()),
      door(loop.door()),
      sender(std::move(client)),
      settings(std::move(wanted)),
      upstreams_(std::move(upstreams)) {}

bool service::has_room() const {
  return live_.size() < settings.bounds.connections;
}

void service::enter(client_stream client) {
  auto self = std::static_pointer_cast<service>(shared_from_this());
  std::make_shared<connection>(std::move(self), std::move(client))->start();
}

void service::left(connection* one) {
  live_.erase(one);
  room_made();
}

void service::ended() {
  const auto all = live_;
  for (connection* one : all) one->give_up(outcome::revoked);
}

bool service::authorised(std::string_view token) const {
  return !stopped() && token.size() == settings.token.size() &&
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
