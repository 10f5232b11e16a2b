#include "runtime/egress/service.hpp"

#include "runtime/egress/connection.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

namespace skein::egress {
namespace {

namespace asio = boost::asio;
constexpr std::size_t most_addresses = 16;

}  // namespace

service::service(asio::io_context& loop, options wanted, std::shared_ptr<counters> counts)
    : accepting_service(loop),
      settings(std::move(wanted)),
      credentials_(basic_credentials("x:" + settings.token)),
      counts_(std::move(counts)),
      resolver_(loop) {}

bool service::has_room() const {
  return live_.size() < settings.bounds.connections;
}

void service::enter(client_stream client) {
  auto self = std::static_pointer_cast<service>(shared_from_this());
  std::make_shared<connection>(std::move(self), std::move(client))->start();
  counts_->open = static_cast<std::uint32_t>(live_.size());
}

void service::left(connection* one) {
  live_.erase(one);
  counts_->open = static_cast<std::uint32_t>(live_.size());
  room_made();
}

void service::ended() {
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
