#include "runtime/gateway/connection.hpp"

#include "runtime/egress/chunk_reader.hpp"
#include "runtime/gateway/service.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>

namespace skein::gateway {
namespace {

namespace asio = boost::asio;
using asio::as_tuple;
using asio::use_awaitable;

constexpr std::size_t one_read = 16384;
constexpr std::size_t most_lingering = 1U << 20;
constexpr auto linger_time = std::chrono::seconds(2);

struct path_row {
  std::string_view path;
  model::wire format;
};
constexpr std::array paths{
    path_row{"/v1/messages", model::wire::anthropic},
    path_row{"/v1/responses", model::wire::openai_responses},
    path_row{"/responses", model::wire::openai_responses},
    path_row{"/v1/chat/completions", model::wire::openai_chat},
    path_row{"/chat/completions", model::wire::openai_chat},
};

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

std::optional<model::wire> wire_of(std::string_view path) {
  for (const path_row& row : paths)
    if (row.path == path) return row.format;
  return std::nullopt;
}

}  // namespace

connection::connection(std::shared_ptr<service> owner, stream client)
    : service_(std::move(owner)),
      client_(std::move(client)),
      watchdog_(service_->context),
      arrived_(service_->context) {
  arrived_.expires_at(clock::time_point::max());
}

connection::~connection() = default;

void connection::start() {
  service_->joined(this);
  deadline_in(service_->settings.bounds.head);
  asio::co_spawn(service_->context, run(), asio::detached);
  asio::co_spawn(service_->context, watch(), asio::detached);
}

void connection::deadline_in(std::chrono::milliseconds time) {
  deadline_ = clock::now() + time;
  watchdog_.cancel();
}

connection::task<void> connection::watch() {
  const auto self = shared_from_this();
  while (!closed_) {
    if (deadline_ <= clock::now()) {
      give_up(outcome::cut);
      break;
    }
    watchdog_.expires_at(deadline_);
    co_await watchdog_.async_wait(as_tuple(use_awaitable));
  }
}

void connection::give_up(outcome why) {
  end_exchange(why);
  close();
}

void connection::close() {
  if (closed_) return;
  closed_ = true;
  boost::system::error_code ignored;
  client_.close(ignored);
  watchdog_.cancel();
  arrived_.cancel();
  service_->left(this);
}

void connection::begin_exchange() {
  if (exchanging_) return;
  exchanging_ = true;
  now_ = {};
  now_.time = std::chrono::system_clock::now();
  began_ = clock::now();
}

void connection::end_exchange(outcome why, std::string detail) {
  if (!exchanging_) return;
  exchanging_ = false;
  settle();
  now_.reason = why;
  now_.detail = std::move(detail);
  now_.duration = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - began_);
  if (service_->settings.on_end) service_->settings.on_end(now_);
  now_ = {};
}

connection::task<void> connection::run() {
  const auto self = shared_from_this();
  for (bool again = true; again && !closed_;) {
    again = false;
    auto head = co_await read_head();
    if (!head) break;
    egress::request_head asked = std::move(*head);
    again = co_await serve(std::move(asked));
    deadline_in(service_->settings.bounds.idle);
  }
  end_exchange(outcome::cut);
  close();
}

connection::task<std::optional<egress::request_head>> connection::read_head() {
  const limits& bounds = service_->settings.bounds;
  for (std::size_t seen = 0;;) {
    if (!inbound_.empty() && !exchanging_) {
      begin_exchange();
      deadline_in(bounds.head);
    }
    refusal bad{outcome::malformed, ""};
    const auto end = egress::head_end(inbound_, seen);
    if (end && *end <= bounds.head_bytes) {
      auto head = egress::parse_request_head(std::string_view(inbound_).substr(0, *end));
      inbound_.erase(0, *end);
      if (head) co_return std::move(*head);
      bad.detail = head.error().message;
    } else if (end || inbound_.size() > bounds.head_bytes) {
      bad = {outcome::too_large, "the head is longer than allowed"};
    } else if (egress::has_forbidden_byte(inbound_, seen)) {
      bad.detail = "a bare line feed or a control character in the head";
    } else if (seen = inbound_.size(); co_await fill()) {
      continue;
    } else {
      // Nothing was asked, or half of it; nobody is there to answer.
      end_exchange(outcome::malformed, "the connection ended within the head");
      co_return std::nullopt;
    }
    co_await refuse(std::move(bad));
    co_return std::nullopt;
  }
}

bool connection::authorised(const egress::request_head& head) const {
  if (const std::string* key = head.fields.find("x-api-key")) return service_->authorised(*key);
  const std::string* bearer = head.fields.find("authorization");
  if (bearer == nullptr || bearer->size() < 7) return false;
  std::string scheme = bearer->substr(0, 7);
  for (char& c : scheme) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return scheme == "bearer " && service_->authorised(std::string_view(*bearer).substr(7));
}

connection::task<bool> connection::serve(egress::request_head head) {
  deadline_in(service_->settings.bounds.body);
  const std::string_view path = path_of(head.target);
  const auto format = wire_of(path);
  // Before the path is known the shape of an error is a guess.
  format_ = format.value_or(head.fields.find("x-api-key") != nullptr ? model::wire::anthropic
                                                                     : model::wire::openai_chat);
  refusal bad{outcome::unauthorised, "the run's token is missing or wrong"};
  if (!authorised(head)) {
    co_await refuse(std::move(bad));
    co_return false;
  }
  now_.path = path;
  const bool keep = head.minor == 1 && !head.fields.has_word("connection", "close");
  if (head.method == "GET" && (path == "/v1/models" || path == "/models")) {
    std::string list = model_list(service_->settings.models);
    const bool said = co_await say(200, std::move(list), false, !keep);
    end_exchange(outcome::answered);
    co_return said&& keep;
  }
  if (!format || head.method != "POST" || service_->find(*format) == nullptr) {
    bad = {outcome::not_found, "nothing is served here for " + head.method};
    co_await refuse(std::move(bad));
    co_return false;
  }
  std::string body;
  egress::request_head copy = head;
  if (auto wrong = co_await read_body(std::move(copy), body)) {
    bad = std::move(*wrong);
    co_await refuse(std::move(bad));
    co_return false;
  }
  if (closed_) co_return false;
  const bool said = co_await forward(std::move(head), std::move(body));
  co_return said&& keep;
}

connection::task<std::optional<refusal>> connection::read_body(egress::request_head head,
                                                               std::string& body) {
  const std::size_t most = service_->settings.bounds.body_bytes;
  const refusal too_large{outcome::too_large,
                          "the body is longer than the " + std::to_string(most) + " bytes allowed"};
  const refusal ended{outcome::malformed, "the connection ended within the body"};
  const auto framing = egress::request_body(head);
  if (!framing) co_return refusal{outcome::malformed, framing.error().message};
  const std::string* encoding = head.fields.find("content-encoding");
  if (encoding != nullptr && *encoding != "identity")
    co_return refusal{outcome::malformed, "a compressed body cannot be looked at"};
  if (framing->how == egress::body_framing::kind::length && framing->length > most)
    co_return too_large;
  if (head.fields.has_word("expect", "100-continue") && inbound_.empty()) {
    std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!co_await send(std::move(go_on))) co_return ended;
  }
  if (framing->how == egress::body_framing::kind::length) {
    while (inbound_.size() < framing->length)
      if (!co_await fill()) co_return ended;
    body = inbound_.substr(0, static_cast<std::size_t>(framing->length));
    inbound_.erase(0, body.size());
  } else if (framing->how == egress::body_framing::kind::chunked) {
    egress::chunk_reader chunks;
    for (auto state = egress::chunk_reader::progress::more;
         state == egress::chunk_reader::progress::more;) {
      if (inbound_.empty() && !co_await fill()) co_return ended;
      std::size_t used = 0;
      state = chunks.feed(inbound_, used, body);
      inbound_.erase(0, used);
      if (state == egress::chunk_reader::progress::broken)
        co_return refusal{outcome::malformed, "the chunks of the body are broken"};
      if (body.size() > most) co_return too_large;
    }
  }
  co_return std::nullopt;
}

// ── Answers of our own ────────────────────────────────────────────────────────────────────────

/// Reads what the agent still sends, for a while: closing at once would take back our answer.
connection::task<void> connection::refuse(refusal why) {
  own_reply reply = error_reply(format_, why.why, why.detail);
  now_.status = reply.status;
  end_exchange(why.why, why.detail);
  if (closed_) co_return;
  deadline_in(linger_time);
  std::string body = std::move(reply.body);
  if (co_await say(reply.status, std::move(body), reply.stop, true)) {
    boost::system::error_code ignored;
    client_.shutdown(stream::shutdown_send, ignored);
    for (std::size_t total = 0; total < most_lingering && !closed_;) {
      inbound_.clear();
      if (!co_await fill()) break;
      total += inbound_.size();
    }
  }
  close();
}

connection::task<bool> connection::say(int status, std::string body, bool stop, bool last) {
  if (exchanging_) now_.status = status;
  std::string out =
      "HTTP/1.1 " + std::to_string(status) + " " + reason_phrase(status) +
      "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
      (stop ? "\r\nX-Should-Retry: false" : "") + (last ? "\r\nConnection: close" : "") +
      "\r\n\r\n" + body;
  co_return co_await send(std::move(out));
}

// ── Bytes ─────────────────────────────────────────────────────────────────────────────────────

connection::task<bool> connection::fill() {
  const std::size_t before = inbound_.size();
  inbound_.resize(before + one_read);
  const auto [failed, got] = co_await client_.async_read_some(
      asio::buffer(inbound_.data() + before, one_read), as_tuple(use_awaitable));
  inbound_.resize(before + (failed ? 0 : got));
  co_return !failed && !closed_;
}

connection::task<bool> connection::send(std::string bytes) {
  const auto [failed, sent] =
      co_await asio::async_write(client_, asio::buffer(bytes), as_tuple(use_awaitable));
  static_cast<void>(sent);
  co_return !failed && !closed_;
}

}  // namespace skein::gateway
