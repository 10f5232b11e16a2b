// The way to the host of an attempt: resolve, check every address, connect to one that was checked.
// Nothing is resolved a second time, so an answer that changes (DNS rebinding) changes nothing.
#include "runtime/egress/address_check.hpp"
#include "runtime/egress/connection.hpp"
#include "runtime/egress/service.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace skein::egress {
namespace {

namespace asio = boost::asio;
using asio::as_tuple;
using asio::use_awaitable;

constexpr std::size_t most_parent_head = 16384;

}  // namespace

connection::task<connection::verdict> connection::dial() {
  dialling_ = true;
  dial_expired_ = false;
  deadline_in(service_->settings.bounds.connect);
  const auto& parent = service_->settings.parent;
  const host_name& host = target_.host;
  addresses candidates;
  verdict bad;
  if (host.literal && !parent) {
    candidates.push_back(*host.literal);
  } else {
    auto found = co_await resolve(parent ? parent->host : host.text);
    if (found) {
      candidates = std::move(*found);
    } else {
      bad = refusal{outcome::not_resolved, found.error().message};
    }
  }
  // Behind a parent the name is resolved there; its own address is the platform's business.
  for (const auto& address : candidates) {
    if (parent || bad) break;
    if (const char* why = refused_address(address, rule_.allow_private))
      bad = refusal{outcome::address_refused,
                    host.text + " leads to " + address.to_string() + ", which is " + why};
  }
  if (!bad) {
    const std::uint16_t port = parent ? parent->port : target_.port;
    bad = co_await connect_to(std::move(candidates), port);
  }
  if (!bad && parent && now_.method == "CONNECT") bad = co_await ask_parent();
  dialling_ = false;
  deadline_ = clock::time_point::max();
  touch();
  if (dial_expired_ && bad)
    bad = refusal{outcome::timed_out, "no connection to " + host.text + " in time"};
  co_return bad;
}

connection::task<result<addresses>> connection::resolve(std::string host) {
  struct pending {
    explicit pending(asio::io_context& context) : arrived(context) {}
    asio::steady_timer arrived;
    std::optional<result<addresses>> answer;
  };
  const auto asked = std::make_shared<pending>(service_->context);
  asked->arrived.expires_at(clock::time_point::max());
  service_->resolve(host, [asked](result<addresses> answer) {
    if (asked->answer) return;
    asked->answer = std::move(answer);
    asked->arrived.cancel();
  });
  if (!asked->answer) {
    resolving_ = &asked->arrived;
    co_await asked->arrived.async_wait(as_tuple(use_awaitable));
    resolving_ = nullptr;
  }
  if (!asked->answer) co_return error{errc::timeout, "no answer in time", ""};
  if (*asked->answer && (*asked->answer)->empty())
    co_return error{errc::not_found, "the name has no address", ""};
  co_return *asked->answer;
}

connection::task<connection::verdict> connection::connect_to(addresses candidates,
                                                             std::uint16_t port) {
  // A network without a way out for IPv6 often does not say so.
  std::stable_partition(candidates.begin(), candidates.end(),
                        [](const auto& address) { return address.is_v4(); });
  std::string last = "no address";
  for (const auto& address : candidates) {
    if (closed_ || dial_expired_) break;
    const asio::ip::tcp::endpoint where(address, port);
    boost::system::error_code ignored;
    upstream_.close(ignored);
    const auto [failed] = co_await upstream_.async_connect(
        asio::generic::stream_protocol::endpoint(where), as_tuple(use_awaitable));
    if (!failed && !closed_ && !dial_expired_) {
      upstream_.set_option(asio::ip::tcp::no_delay(true), ignored);
      co_return std::nullopt;
    }
    last = failed.message();
  }
  co_return refusal{outcome::not_reached, "connect to " + target_.host.text + ": " + last};
}

connection::task<connection::verdict> connection::ask_parent() {
  const auto& parent = *service_->settings.parent;
  const std::string where = to_string(host_rule{target_.host.text, false, target_.port});
  std::string ask = "CONNECT " + where + " HTTP/1.1\r\nHost: " + where + "\r\n";
  if (!parent.credentials.empty())
    ask += "Proxy-Authorization: " + basic_credentials(parent.credentials) + "\r\n";
  ask += "\r\n";
  const refusal broken{outcome::parent_refused, "the platform's proxy did not answer"};
  if (!co_await send_upstream(std::move(ask))) co_return broken;
  std::optional<std::size_t> end;
  std::size_t seen = 0;
  while (!(end = head_end(from_upstream_, seen))) {
    seen = from_upstream_.size();
    if (from_upstream_.size() > most_parent_head || !co_await fill_from_upstream())
      co_return broken;
  }
  const auto head = parse_response_head(std::string_view(from_upstream_).substr(0, *end));
  if (!head) co_return broken;
  if (head->status < 200 || head->status > 299)
    co_return refusal{outcome::parent_refused,
                      "the platform's proxy answered " + std::to_string(head->status)};
  from_upstream_.erase(0, *end);
  co_return std::nullopt;
}

}  // namespace skein::egress
