// Plain http:// requests. Each is read whole, inspected, written anew, and sent on a connection of
// its own: what an upstream server makes of it can never reach into another request.
#include "runtime/egress/chunk_reader.hpp"
#include "runtime/egress/connection.hpp"
#include "runtime/egress/service.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

namespace skein::egress {
namespace {

namespace asio = boost::asio;

constexpr std::size_t most_response_head = 64 * 1024;
constexpr int most_interim = 8;

bool encoded(const header_fields& fields) {
  const std::string* coding = fields.find("content-encoding");
  return coding != nullptr && lower_case(*coding) != "identity";
}

std::string chunk_of(const std::string& bytes) {
  std::array<char, 24> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
  return size.data() + bytes + "\r\n";
}

}  // namespace

connection::task<bool> connection::forward(request_head head) {
  plain_request asked;
  asked.head = std::move(head);
  response_head response;
  verdict bad = co_await read_rest(asked);
  asio::co_spawn(service_->context, notice_leaving(++request_), asio::detached);
  if (!bad) bad = co_await dial();
  if (!bad) bad = co_await exchange(asked, response);
  if (closed_) co_return false;
  const auto framing = response_body(response, asked.head.method);
  if (!bad && !framing) bad = refusal{outcome::bad_response, framing.error().message};
  if (bad) {
    ++request_;
    refusal why = std::move(*bad);
    co_await refuse(std::move(why));
    co_return false;
  }
  const header_fields& fields = asked.head.fields;
  const bool keep = asked.head.minor == 1 && !fields.has_word("connection", "close") &&
                    !fields.has_word("proxy-connection", "close");
  const bool again = co_await relay_response(std::move(response), *framing, asked.head.minor, keep);
  ++request_;
  co_return again;
}

/// A client that was killed waits for nothing, and nothing upstream should wait for it. Data
/// instead of an end is its next request.
connection::task<void> connection::notice_leaving(unsigned request) {
  const auto self = shared_from_this();
  co_await client_.async_wait(stream::wait_read, asio::as_tuple(asio::use_awaitable));
  if (closed_ || request != request_) co_return;
  char byte = 0;
  const ssize_t got = ::recv(client_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))) co_return;
  end_attempt(outcome::relayed, "the client left");
  close();
}

connection::task<connection::verdict> connection::read_rest(plain_request& asked) {
  const request_head& head = asked.head;
  const auto framing = request_body(head);
  if (!framing) co_return refusal{outcome::malformed, framing.error().message};
  auto passed = head.fields.end_to_end();
  if (!passed) co_return refusal{outcome::malformed, passed.error().message};
  asked.passed = std::move(*passed);
  if (head.method == "TRACE" || head.method == "TRACK")
    co_return refusal{outcome::malformed, "the method " + head.method};
  if (framing->how == body_framing::kind::none) co_return std::nullopt;
  if (encoded(head.fields))
    co_return refusal{outcome::encoded_body, "send the body without Content-Encoding"};
  if (framing->length > service_->settings.bounds.body_bytes)
    co_return refusal{outcome::too_large, "the body is longer than allowed"};
  if (head.fields.has_word("expect", "100-continue") && inbound_.empty()) {
    std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!co_await send_to_client(std::move(go_on))) co_return std::nullopt;
  }
  asked.body.emplace();
  verdict bad = co_await read_body(*framing, *asked.body);
  if (!bad && (service_->leaks(*asked.body) || service_->leaks(percent_decoded(*asked.body))))
    bad = refusal{outcome::leak, "a held secret in the body"};
  co_return bad;
}

connection::task<connection::verdict> connection::exchange(const plain_request& asked,
                                                           response_head& response) {
  std::string request = upstream_request(asked);
  if (!service_->spend_up(request.size()))
    co_return refusal{outcome::byte_limit, "the run has sent all it may"};
  now_.allowed = true;
  now_.bytes_up += request.size();
  // A server may answer and close before it has read everything.
  static_cast<void>(co_await send_upstream(std::move(request)));
  if (closed_) co_return std::nullopt;
  co_return co_await read_response_head(response);
}

connection::task<connection::verdict> connection::read_body(body_framing framing,
                                                            std::string& body) {
  const limits& bounds = service_->settings.bounds;
  const refusal cut{outcome::malformed, "the body is shorter than announced"};
  if (framing.how == body_framing::kind::length) {
    while (inbound_.size() < framing.length)
      if (!co_await fill()) co_return cut;
    body = inbound_.substr(0, framing.length);
    inbound_.erase(0, framing.length);
    co_return std::nullopt;
  }
  chunk_reader chunks;
  for (;;) {
    std::size_t used = 0;
    const auto where = chunks.feed(inbound_, used, body);
    inbound_.erase(0, used);
    if (where == chunk_reader::progress::broken)
      co_return refusal{outcome::malformed, "a chunked body that is none"};
    if (body.size() > bounds.body_bytes)
      co_return refusal{outcome::too_large, "the body is longer than allowed"};
    if (where == chunk_reader::progress::done) co_return std::nullopt;
    if (!co_await fill()) co_return cut;
  }
}

std::string connection::upstream_request(const plain_request& asked) const {
  std::string path = asked.head.target.substr(7);
  path.erase(0, std::min(path.find_first_of("/?"), path.size()));
  if (!path.starts_with('/')) path.insert(0, "/");
  std::string host = to_string(host_rule{target_.host.text, false, target_.port});
  if (target_.port == 80) host.erase(host.rfind(':'));
  const auto& parent = service_->settings.parent;
  std::string out = asked.head.method + " " + (parent ? "http://" + host : "") + path + " HTTP/1." +
                    std::to_string(asked.head.minor) + "\r\nHost: " + host + "\r\n";
  for (const header_field& field : asked.passed) out += field.name + ": " + field.value + "\r\n";
  if (parent && !parent->credentials.empty())
    out += "Proxy-Authorization: " + basic_credentials(parent->credentials) + "\r\n";
  if (asked.body) out += "Content-Length: " + std::to_string(asked.body->size()) + "\r\n";
  out += "Connection: close\r\n\r\n";
  if (asked.body) out += *asked.body;
  return out;
}

connection::task<connection::verdict> connection::read_response_head(response_head& head) {
  from_upstream_.clear();
  std::size_t seen = 0;
  for (int interim = 0; interim <= most_interim;) {
    const auto end = head_end(from_upstream_, seen);
    if (!end) {
      seen = from_upstream_.size();
      if (from_upstream_.size() > most_response_head)
        co_return refusal{outcome::bad_response, "the head of the answer is too long"};
      if (!co_await fill_from_upstream())
        co_return refusal{outcome::not_reached, "the host ended the connection"};
      continue;
    }
    auto parsed = parse_response_head(std::string_view(from_upstream_).substr(0, *end));
    if (!parsed) co_return refusal{outcome::bad_response, parsed.error().message};
    if (!service_->spend_down(*end))
      co_return refusal{outcome::byte_limit, "the run has received all it may"};
    now_.bytes_down += *end;
    from_upstream_.erase(0, *end);
    seen = 0;
    if (parsed->status == 101) break;
    if (parsed->status >= 200) {
      head = std::move(*parsed);
      co_return std::nullopt;
    }
    ++interim;
  }
  co_return refusal{outcome::bad_response, "an answer that never comes to its end"};
}

connection::task<bool> connection::relay_response(response_head head, body_framing framing,
                                                  int client_minor, bool keep) {
  using kind = body_framing::kind;
  auto passed = head.fields.end_to_end();
  if (!passed) {
    refusal why{outcome::bad_response, passed.error().message};
    co_await refuse(std::move(why));
    co_return false;
  }
  // HTTP/1.0 knows no chunks: there the end of the connection ends the body.
  const bool chunked = framing.how == kind::chunked && client_minor == 1;
  const bool to_the_end =
      framing.how == kind::until_close || (framing.how == kind::chunked && !chunked);
  keep = keep && !to_the_end;
  std::string out = "HTTP/1." + std::to_string(client_minor) + " " + std::to_string(head.status) +
                    " " + head.reason + "\r\n";
  for (const header_field& field : *passed) out += field.name + ": " + field.value + "\r\n";
  if (const std::string* length = head.fields.find("content-length"))
    out += "Content-Length: " + *length + "\r\n";
  if (chunked) out += "Transfer-Encoding: chunked\r\n";
  out += keep ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  if (!co_await send_to_client(std::move(out))) co_return false;
  const bool whole = co_await relay_body(framing, chunked);
  boost::system::error_code ignored;
  upstream_.close(ignored);
  from_upstream_.clear();
  co_return whole&& keep;
}

connection::task<bool> connection::relay_body(body_framing framing, bool chunked) {
  using kind = body_framing::kind;
  chunk_reader chunks;
  std::uint64_t left = framing.how == kind::length ? framing.length : 0;
  for (;;) {
    std::string data;
    bool done = framing.how == kind::none || (framing.how == kind::length && left == 0);
    if (!done && framing.how == kind::chunked) {
      std::size_t used = 0;
      const auto where = chunks.feed(from_upstream_, used, data);
      from_upstream_.erase(0, used);
      if (where == chunk_reader::progress::broken) {
        give_up(outcome::bad_response);
        co_return false;
      }
      done = where == chunk_reader::progress::done;
    } else if (!done) {
      data = std::exchange(from_upstream_, {});
      if (framing.how == kind::length) {
        if (data.size() > left) data.resize(static_cast<std::size_t>(left));
        left -= data.size();
        done = left == 0;
      }
    }
    if (!data.empty() && !co_await pass_down(std::move(data), chunked)) co_return false;
    if (done) break;
    if (co_await fill_from_upstream()) continue;
    if (framing.how == kind::until_close && !closed_) break;
    // Cut short: the client must notice, so its connection ends too.
    give_up(outcome::bad_response);
    co_return false;
  }
  if (!chunked) co_return true;
  std::string last = "0\r\n\r\n";
  co_return co_await send_to_client(std::move(last));
}

connection::task<bool> connection::pass_down(std::string bytes, bool chunked) {
  if (!service_->spend_down(bytes.size())) {
    give_up(outcome::byte_limit);
    co_return false;
  }
  now_.bytes_down += bytes.size();
  std::string framed = chunked ? chunk_of(bytes) : std::move(bytes);
  co_return co_await send_to_client(std::move(framed));
}

}  // namespace skein::egress
