// CONNECT: the client may speak TLS with the host it named, and with no other.
#include "runtime/egress/connection.hpp"
#include "runtime/egress/service.hpp"
#include "runtime/egress/tls_hello.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>

namespace skein::egress {
namespace {

namespace asio = boost::asio;
using asio::as_tuple;
using asio::use_awaitable;

}  // namespace

connection::task<void> connection::tunnel(request_head head) {
  const auto framing = request_body(head);
  verdict bad;
  if (!framing || framing->how == body_framing::kind::chunked || framing->length != 0)
    bad = refusal{outcome::malformed, "CONNECT with a body"};
  if (!bad) bad = co_await dial();
  if (!bad) {
    std::string granted =
        "HTTP/1." + std::to_string(head.minor) + " 200 Connection established\r\n\r\n";
    if (!co_await send_to_client(std::move(granted))) co_return;
    tunnelling_ = true;
    if (rule_.tls) bad = co_await check_hello();
  }
  if (closed_) co_return;
  if (bad) {
    refusal why = std::move(*bad);
    co_await refuse(std::move(why));
    co_return;
  }
  now_.allowed = true;
  co_await relay();
}

connection::task<connection::verdict> connection::check_hello() {
  deadline_in(service_->settings.bounds.head);
  hello_reader reader;
  hello_verdict hello = reader.read(inbound_);
  while (hello.what == hello_verdict::kind::incomplete) {
    if (!co_await fill()) co_return refusal{outcome::not_tls, "it ended within its ClientHello"};
    hello = reader.read(inbound_);
  }
  deadline_ = clock::time_point::max();
  if (hello.what == hello_verdict::kind::refused)
    co_return refusal{outcome::not_tls, hello.problem};
  // A hidden name may be any host that shares the server.
  if (hello.hidden_name)
    co_return refusal{outcome::wrong_server_name, "the server name is encrypted"};
  if (service_->leaks(hello.server_name))
    co_return refusal{outcome::leak, "a held secret in the server name"};
  // Addresses have no server name (RFC 6066).
  const std::string wanted = target_.host.literal ? std::string() : target_.host.text;
  if (lower_case(hello.server_name) != wanted)
    co_return refusal{outcome::wrong_server_name, hello.server_name.empty()
                                                      ? "the ClientHello names no server"
                                                      : "the ClientHello names another server"};
  co_return std::nullopt;
}

connection::task<void> connection::relay() {
  const auto self = shared_from_this();
  pumps_ = 2;
  asio::co_spawn(service_->context, pump(upstream_, client_, false), asio::detached);
  co_await pump(client_, upstream_, true);
  while (pumps_ > 0 && !closed_) {
    joined_.expires_at(clock::time_point::max());
    co_await joined_.async_wait(as_tuple(use_awaitable));
  }
}

/// One direction, until its source ends. What was read ahead goes first.
connection::task<void> connection::pump(stream& from, stream& to, bool up) {
  const auto self = shared_from_this();
  std::string pending = std::move(up ? inbound_ : from_upstream_);
  std::array<char, 32768> chunk;
  std::string_view bytes = pending;
  bool clean = false;
  for (;;) {
    if (!bytes.empty()) {
      if (!(up ? service_->spend_up(bytes.size()) : service_->spend_down(bytes.size()))) {
        give_up(outcome::byte_limit);
        break;
      }
      (up ? now_.bytes_up : now_.bytes_down) += bytes.size();
      const auto [failed, sent] = co_await asio::async_write(
          to, asio::buffer(bytes.data(), bytes.size()), as_tuple(use_awaitable));
      static_cast<void>(sent);
      if (failed || closed_) break;
      touch();
    }
    const auto [failed, got] =
        co_await from.async_read_some(asio::buffer(chunk), as_tuple(use_awaitable));
    clean = failed == asio::error::eof;
    if (failed || closed_) break;
    touch();
    bytes = std::string_view(chunk.data(), got);
  }
  --pumps_;
  boost::system::error_code ignored;
  if (clean) {
    to.shutdown(stream::shutdown_send, ignored);
  } else if (!closed_) {
    // Broken on one side is of no use to the other.
    end_attempt(outcome::relayed);
    close();
  }
  joined_.cancel();
}

}  // namespace skein::egress
