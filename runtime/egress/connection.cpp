#include "runtime/egress/connection.hpp"

#include "runtime/egress/service.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>

namespace skein::egress {
namespace {

namespace asio = boost::asio;
using asio::as_tuple;
using asio::use_awaitable;

constexpr std::size_t one_read = 16384;
constexpr std::size_t most_lingering = 1U << 20;
constexpr auto linger_time = std::chrono::seconds(2);
// TLS alerts, fatal: unrecognized_name.
constexpr std::string_view tls_alert("\x15\x03\x03\x00\x02\x02\x70", 7);

struct answer_row {
  outcome why;
  int status;
  const char* phrase;
};

constexpr std::array answers{
    answer_row{outcome::malformed, 400, "Bad Request"},
    answer_row{outcome::unauthorised, 407, "Proxy Authentication Required"},
    answer_row{outcome::not_resolved, 502, "Bad Gateway"},
    answer_row{outcome::not_reached, 502, "Bad Gateway"},
    answer_row{outcome::parent_refused, 502, "Bad Gateway"},
    answer_row{outcome::bad_response, 502, "Bad Gateway"},
    answer_row{outcome::encoded_body, 415, "Unsupported Media Type"},
    answer_row{outcome::too_large, 413, "Content Too Large"},
    answer_row{outcome::attempt_limit, 429, "Too Many Requests"},
    answer_row{outcome::byte_limit, 429, "Too Many Requests"},
    answer_row{outcome::timed_out, 504, "Gateway Timeout"},
};
constexpr answer_row denied{outcome::host_not_allowed, 403, "Forbidden"};

std::string answer(outcome why, const std::string& detail) {
  const auto found = std::find_if(answers.begin(), answers.end(),
                                  [why](const answer_row& row) { return row.why == why; });
  const answer_row& row = found == answers.end() ? denied : *found;
  const std::string body =
      std::string("egress ") + to_string(why) + (detail.empty() ? "" : ": " + detail) + "\n";
  return "HTTP/1.1 " + std::to_string(row.status) + " " + row.phrase +
         "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) +
         (row.status == 407 ? "\r\nProxy-Authenticate: Basic realm=\"skein\"" : "") +
         "\r\nX-Skein-Egress: " + to_string(why) + "\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace

connection::connection(std::shared_ptr<service> owner, stream client)
    : service_(std::move(owner)),
      client_(std::move(client)),
      upstream_(service_->context),
      watchdog_(service_->context),
      joined_(service_->context) {}

connection::~connection() = default;

void connection::start() {
  service_->joined(this);
  total_ = clock::now() + service_->settings.bounds.total;
  deadline_in(service_->settings.bounds.head);
  asio::co_spawn(service_->context, run(), asio::detached);
  asio::co_spawn(service_->context, watch(), asio::detached);
}

// ── The clock ─────────────────────────────────────────────────────────────────────────────────

void connection::deadline_in(std::chrono::milliseconds time) {
  deadline_ = clock::now() + time;
  watchdog_.cancel();
}

void connection::touch() {
  quiet_ = clock::now() + service_->settings.bounds.idle;
}

connection::task<void> connection::watch() {
  const auto self = shared_from_this();
  while (!closed_) {
    const auto next = std::min({total_, deadline_, quiet_});
    if (next > clock::now()) {
      watchdog_.expires_at(next);
      co_await watchdog_.async_wait(as_tuple(use_awaitable));
    } else if (dialling_ && !dial_expired_ && next != total_) {
      // The client gets an answer; see dial().
      dial_expired_ = true;
      boost::system::error_code ignored;
      upstream_.close(ignored);
      if (resolving_ != nullptr) resolving_->cancel();
      deadline_ = quiet_ = clock::now() + linger_time;
    } else {
      give_up(outcome::timed_out);
    }
  }
}

void connection::give_up(outcome why) {
  end_attempt(why);
  close();
}

void connection::close() {
  if (closed_) return;
  closed_ = true;
  boost::system::error_code ignored;
  client_.close(ignored);
  upstream_.close(ignored);
  if (resolving_ != nullptr) resolving_->cancel();
  watchdog_.cancel();
  joined_.cancel();
  service_->left(this);
}

// ── Attempts ──────────────────────────────────────────────────────────────────────────────────

void connection::begin_attempt() {
  if (attempting_) return;
  attempting_ = true;
  over_limit_ = !service_->begin_attempt();
  now_ = {};
  now_.time = std::chrono::system_clock::now();
  began_ = clock::now();
  target_ = {};
}

void connection::end_attempt(outcome why, std::string detail) {
  if (!attempting_) return;
  attempting_ = false;
  now_.reason = why;
  now_.detail = std::move(detail);
  now_.duration = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - began_);
  if (!over_limit_) service_->report(now_);
}

connection::task<void> connection::run() {
  const auto self = shared_from_this();
  for (bool again = true; again && !closed_;) {
    again = false;
    auto head = co_await read_head();
    if (!head) break;
    if (auto bad = screen(*head, raw_head_)) {
      refusal why = std::move(*bad);
      co_await refuse(std::move(why));
    } else if (head->method == "CONNECT") {
      request_head asked = std::move(*head);
      co_await tunnel(std::move(asked));
    } else {
      request_head asked = std::move(*head);
      again = co_await forward(std::move(asked));
    }
    end_attempt(outcome::relayed);
    quiet_ = clock::time_point::max();
    deadline_in(service_->settings.bounds.idle);
  }
  close();
}

connection::task<std::optional<request_head>> connection::read_head() {
  const limits& bounds = service_->settings.bounds;
  for (std::size_t seen = 0;;) {
    if (!inbound_.empty() && !attempting_) {
      begin_attempt();
      deadline_in(bounds.head);
    }
    refusal bad{outcome::malformed, ""};
    const auto end = head_end(inbound_, seen);
    if (end && *end <= bounds.head_bytes) {
      raw_head_ = inbound_.substr(0, *end);
      inbound_.erase(0, *end);
      auto head = parse_request_head(raw_head_);
      if (head) {
        deadline_ = clock::time_point::max();
        touch();
        co_return std::move(*head);
      }
      bad.detail = head.error().message;
    } else if (end || inbound_.size() > bounds.head_bytes) {
      bad = {outcome::too_large, "the head is longer than allowed"};
    } else if (has_forbidden_byte(inbound_, seen)) {
      bad.detail = "a bare line feed or a control character in the head";
    } else if (seen = inbound_.size(); co_await fill()) {
      continue;
    } else {
      // Nothing was asked, or half of it; nobody is there to answer.
      end_attempt(outcome::malformed, "the connection ended within the head");
      co_return std::nullopt;
    }
    co_await refuse(std::move(bad));
    co_return std::nullopt;
  }
}

connection::verdict connection::screen(const request_head& head, std::string_view raw) {
  now_.method = head.method;
  if (over_limit_) return refusal{outcome::attempt_limit, "the run has used up its attempts"};
  if (leaks_in(head, raw)) {
    now_.method.clear();
    return refusal{outcome::leak, "a held secret in the request"};
  }
  const bool connect = head.method == "CONNECT";
  std::string_view where = head.target;
  if (!connect && lower_case(where.substr(0, 7)) != "http://")
    return refusal{outcome::malformed, lower_case(where.substr(0, 8)) == "https://"
                                           ? "use CONNECT for https"
                                           : "this is a proxy: ask with a whole http:// URL"};
  if (!connect) {
    where.remove_prefix(7);
    where = where.substr(0, where.find_first_of("/?"));
    if (head.target.find('#') != std::string::npos)
      return refusal{outcome::malformed, "a fragment in the URL"};
  }
  auto target = parse_authority(where, connect ? 443 : 80);
  if (!target) return refusal{outcome::malformed, target.error().message};
  target_ = *target;
  now_.host = target_.host.text;
  now_.port = target_.port;
  if (!connect && target_.port == 443)
    return refusal{outcome::malformed, "port 443 speaks TLS: use CONNECT"};
  if (!service_->authorised(head.fields.find("proxy-authorization")))
    return refusal{outcome::unauthorised, "the run's token is missing or wrong"};
  const std::string* named = head.fields.find("host");
  if (named != nullptr) {
    const auto same = parse_authority(*named, connect ? target_.port : 80);
    if (!same || same->host.text != target_.host.text || same->port != target_.port)
      return refusal{outcome::malformed, "Host and the request's target differ"};
  } else if (head.minor == 1 && !connect) {
    return refusal{outcome::malformed, "there is no Host"};
  }
  return find_rule(target_);
}

connection::verdict connection::find_rule(const authority& target) {
  if (const host_rule* rule = service_->settings.allowed.find(target.host, target.port)) {
    rule_ = *rule;
    return std::nullopt;
  }
  const std::string shown = target.host.text + " port " + std::to_string(target.port);
  if (target.host.literal)
    return refusal{outcome::address_literal, shown + " is an address and not on the list"};
  return refusal{outcome::host_not_allowed, shown + " is not on the list"};
}

bool connection::leaks_in(const request_head& head, std::string_view raw) const {
  // Without the field in which our own token stands.
  std::string shown;
  while (!raw.empty()) {
    const auto end = std::min(raw.find('\n'), raw.size() - 1) + 1;
    const std::string_view line = raw.substr(0, end);
    if (!lower_case(line.substr(0, 20)).starts_with("proxy-authorization:")) shown += line;
    raw.remove_prefix(end);
  }
  std::string joined = head.target;
  std::erase(joined, '.');
  // As it stands, with escapes undone, and as a name that was cut into labels.
  return service_->leaks(shown) || service_->leaks(percent_decoded(head.target)) ||
         service_->leaks(joined);
}

connection::task<void> connection::refuse(refusal why) {
  const std::string said = tunnelling_ ? std::string(tls_alert) : answer(why.why, why.detail);
  end_attempt(why.why, std::move(why.detail));
  if (closed_) co_return;
  quiet_ = clock::time_point::max();
  deadline_in(linger_time);
  if (co_await send_to_client(said)) co_await linger();
  close();
}

/// Reads what the client still sends, for a while: closing at once would take back our answer.
connection::task<void> connection::linger() {
  boost::system::error_code ignored;
  client_.shutdown(stream::shutdown_send, ignored);
  for (std::size_t total = 0; total < most_lingering && !closed_;) {
    inbound_.clear();
    if (!co_await fill()) break;
    total += inbound_.size();
  }
}

// ── Bytes ─────────────────────────────────────────────────────────────────────────────────────

connection::task<bool> connection::fill() {
  const std::size_t before = inbound_.size();
  inbound_.resize(before + one_read);
  const auto [failed, got] = co_await client_.async_read_some(
      asio::buffer(inbound_.data() + before, one_read), as_tuple(use_awaitable));
  inbound_.resize(before + (failed ? 0 : got));
  touch();
  co_return !failed && !closed_;
}

connection::task<bool> connection::fill_from_upstream() {
  const std::size_t before = from_upstream_.size();
  from_upstream_.resize(before + one_read);
  const auto [failed, got] = co_await upstream_.async_read_some(
      asio::buffer(from_upstream_.data() + before, one_read), as_tuple(use_awaitable));
  from_upstream_.resize(before + (failed ? 0 : got));
  touch();
  co_return !failed && !closed_;
}

connection::task<bool> connection::send_to_client(std::string bytes) {
  const auto [failed, sent] =
      co_await asio::async_write(client_, asio::buffer(bytes), as_tuple(use_awaitable));
  static_cast<void>(sent);
  touch();
  co_return !failed && !closed_;
}

connection::task<bool> connection::send_upstream(std::string bytes) {
  const auto [failed, sent] =
      co_await asio::async_write(upstream_, asio::buffer(bytes), as_tuple(use_awaitable));
  static_cast<void>(sent);
  touch();
  co_return !failed && !closed_;
}

}  // namespace skein::egress
