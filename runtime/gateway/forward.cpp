// The part of a connection that goes to the provider and brings its reply back.
#include "runtime/gateway/connection.hpp"
#include "runtime/gateway/service.hpp"
#include "runtime/model/failure_reading.hpp"
#include "runtime/model/usage_reading.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace skein::gateway {
namespace {

namespace asio = boost::asio;
using asio::as_tuple;
using asio::use_awaitable;

constexpr std::size_t most_waiting = 1U << 20;
constexpr std::size_t few_waiting = 256U << 10;
constexpr std::size_t most_error_bytes = 64U << 10;

/// What an agent may tell the provider beside the body; nothing else passes.
constexpr std::array<std::string_view, 3> passed_on{"anthropic-version", "anthropic-beta",
                                                    "openai-beta"};
/// What a provider may tell the agent.
constexpr std::array<std::string_view, 5> passed_back{
    "content-type", "retry-after", "retry-after-ms", "request-id", "x-request-id"};

bool plain(std::string_view value) {
  return value.size() <= 1024 && std::all_of(value.begin(), value.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.' || c == ',' || c == ' ' || c == '=';
         });
}

std::string in_hex(std::size_t value) {
  std::array<char, 24> out{};
  const int length = std::snprintf(out.data(), out.size(), "%zx", value);
  return {out.data(), static_cast<std::size_t>(length)};
}

bool is_stream(const http::reply& head) {
  const std::string* type = head.find("content-type");
  return type != nullptr && type->starts_with("text/event-stream");
}

}  // namespace

connection::task<bool> connection::forward(egress::request_head head, std::string body) {
  const options& settings = service_->settings;
  const upstream& to = *service_->find(format_);
  refusal bad;
  std::vector<std::string> stripped;
  auto screened =
      screen_request(format_, body, settings.models, settings.bounds.output_tokens, &stripped);
  if (!screened) {
    bad = screened.error();
    co_await refuse(std::move(bad));
    co_return false;
  }
  now_.model = screened->model;
  now_.request = screened->body;
  if (settings.on_request)
    if (const auto said = settings.on_request(now_); !said) {
      bad = {outcome::refused, said.error().message};
      co_await refuse(std::move(bad));
      co_return false;
    }
  model::price_table prices = settings.prices;
  for (const auto& [name, value] : to.settings.prices) prices.set(name, value);
  price_ = prices.find(screened->model).value;
  model::usage most;
  most.input = model::estimated_tokens(screened->body.size());
  most.output = screened->output_tokens;
  model::usage written = most;
  std::swap(written.input, written.cache_write);
  reserved_ = {most.total(), std::max(price_.usd(most), price_.usd(written))};
  if (!service_->begin_request()) {
    bad = {outcome::busy, "too many requests of this run are under way"};
    co_await refuse(std::move(bad));
    co_return false;
  }
  if (settings.reserve)
    if (const auto granted = settings.reserve(reserved_); !granted) {
      service_->end_request();
      bad = {outcome::budget, granted.error().message};
      co_await refuse(std::move(bad));
      co_return false;
    }
  for (const std::string& one : stripped)
    now_.detail += (now_.detail.empty() ? "hosted tools taken out: " : ", ") + one;
  meter_.emplace(format_, screened->body.size(), screened->output_tokens);
  deadline_in(settings.bounds.total);
  ask_upstream(to, head, std::move(screened->body));
  asio::co_spawn(service_->context, notice_leaving(request_), asio::detached);
  co_return co_await relay();
}

void connection::ask_upstream(const upstream& to, const egress::request_head& head,
                              std::string body) {
  const limits& bounds = service_->settings.bounds;
  http::request wanted;
  wanted.method = "POST";
  wanted.url = model::endpoint(format_, to.settings.base_url);
  wanted.headers = model::key_headers(format_, to.key);
  for (const std::string_view name : passed_on) {
    const std::string* value = head.fields.find(name);
    if (value == nullptr || value->empty() || !plain(*value)) continue;
    std::erase_if(wanted.headers, [name](const http::header& one) { return one.name == name; });
    wanted.headers.push_back({std::string(name), *value});
  }
  wanted.headers.push_back({"Content-Type", "application/json"});
  wanted.headers.push_back({"User-Agent", "skein"});
  wanted.body = std::move(body);
  wanted.ca_file = to.settings.ca_file;
  wanted.proxy = to.settings.proxy;
  wanted.idle_timeout = bounds.idle;
  wanted.total_timeout = bounds.total;
  wanted.max_reply_bytes = bounds.reply_bytes;
  reply_ = {};
  asking_ = true;
  const unsigned request = ++request_;
  // The client's thread only hands over: it may outlive the loop, and keeps nothing that lives
  // there. Late pieces of an earlier request are dropped.
  const auto on_loop = [door = service_->door, weak = weak_from_this(), request](auto then) {
    door->post([weak, request, then = std::move(then)]() mutable {
      const auto self = weak.lock();
      if (!self || request != self->request_ || self->closed_) return;
      then(*self);
      self->arrived_.cancel();
    });
  };
  upstream_ = service_->sender->start(
      std::move(wanted),
      {[on_loop](const http::reply& start) {
         on_loop([start](connection& self) { self.reply_.head = start; });
       },
       [on_loop](std::string_view piece) {
         on_loop([held = std::string(piece)](connection& self) mutable {
           self.reply_.waiting += held.size();
           self.reply_.pieces.push_back(std::move(held));
           if (self.reply_.waiting > most_waiting && !self.reply_.paused && self.upstream_) {
             self.reply_.paused = true;
             self.upstream_->pause();
           }
         });
         return true;
       },
       [on_loop](result<http::reply> ended) {
         on_loop([held = std::move(ended)](connection& self) mutable {
           self.reply_.ended = std::move(held);
         });
       }});
}

connection::task<void> connection::notice_leaving(unsigned request) {
  const auto self = shared_from_this();
  char byte = 0;
  ssize_t got = -1;
  // What was read before may wake it once more: nothing to read is no reason to stop looking.
  while (got < 0) {
    const auto [failed] = co_await client_.async_wait(stream::wait_read, as_tuple(use_awaitable));
    if (failed || closed_ || request != request_ || !exchanging_) co_return;
    got = ::recv(client_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && errno != EAGAIN && errno != EINTR) got = 0;
  }
  // Data is the next request, come early.
  if (got == 0) give_up(outcome::cut);
}

/// False: there is none any more.
connection::task<bool> connection::next_piece(std::string& piece) {
  while (reply_.pieces.empty() && !reply_.ended && !closed_)
    co_await arrived_.async_wait(as_tuple(use_awaitable));
  if (closed_ || reply_.pieces.empty()) co_return false;
  piece = std::move(reply_.pieces.front());
  reply_.pieces.pop_front();
  reply_.waiting -= piece.size();
  if (reply_.paused && reply_.waiting < few_waiting) {
    reply_.paused = false;
    upstream_->resume();
  }
  co_return true;
}

bool connection::keep(std::string_view piece) {
  const auto most = static_cast<std::size_t>(service_->settings.bounds.recorded_bytes);
  const std::size_t room = most - std::min(most, now_.reply.size());
  now_.reply += piece.substr(0, room);
  now_.truncated = now_.truncated || piece.size() > room;
  return !service_->settings.on_piece || service_->settings.on_piece(piece);
}

connection::task<bool> connection::relay() {
  while (!reply_.head && !reply_.ended && !closed_)
    co_await arrived_.async_wait(as_tuple(use_awaitable));
  if (closed_) co_return false;
  refusal bad{outcome::upstream_failed, "the provider did not answer"};
  if (!reply_.head || reply_.head->status < 200 ||
      (reply_.head->status >= 300 && reply_.head->status < 400)) {
    if (reply_.head) bad.detail = "the provider wants to send us elsewhere";
    co_await refuse(std::move(bad));
    co_return false;
  }
  now_.status = reply_.head->status;
  if (now_.status >= 400) co_return co_await relay_error();
  meter_->begin(is_stream(*reply_.head));
  std::string out = "HTTP/1.1 200 OK\r\n";
  for (const std::string_view name : passed_back)
    if (const std::string* value = reply_.head->find(name))
      out += std::string(name) + ": " + *value + "\r\n";
  out += "Cache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string piece;
  while (co_await next_piece(piece)) {
    meter_->take(piece);
    if (!keep(piece)) {
      end_exchange(outcome::cut, "the observer cut the reply");
      co_return false;
    }
    out += in_hex(piece.size()) + "\r\n" + piece + "\r\n";
    std::string chunk = std::move(out);
    out.clear();
    if (!co_await send(std::move(chunk))) co_return false;
  }
  if (closed_ || !reply_.ended) co_return false;
  if (!*reply_.ended) {
    end_exchange(outcome::cut, reply_.ended->error().message);
    co_return false;
  }
  meter_->end();
  std::string detail = now_.detail;
  out += "0\r\n\r\n";
  // The count stands before the agent can ask again.
  end_exchange(outcome::answered, std::move(detail));
  co_return co_await send(std::move(out));
}

/// An error of the provider, whole and without the key.
connection::task<bool> connection::relay_error() {
  std::string body;
  std::string piece;
  while (body.size() < most_error_bytes && co_await next_piece(piece)) body += piece;
  if (closed_) co_return false;
  body.resize(std::min(body.size(), most_error_bytes));
  model::blot(body, service_->find(format_)->key);
  if (!keep(body)) {
    end_exchange(outcome::cut, "the observer cut the reply");
    co_return false;
  }
  const int status = now_.status;
  std::string out = "HTTP/1.1 " + std::to_string(status) + " " + reason_phrase(status) + "\r\n";
  for (const std::string_view name : passed_back)
    if (const std::string* value = reply_.head->find(name))
      out += std::string(name) + ": " + *value + "\r\n";
  out += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  end_exchange(outcome::answered);
  co_return co_await send(std::move(out));
}

void connection::settle() {
  if (!asking_) return;
  asking_ = false;
  ++request_;
  if (upstream_) upstream_->cancel();
  service_->end_request();
  // A refusal costs nothing; what was begun, or may have been, is paid.
  const bool unheard =
      !reply_.head && reply_.ended && !*reply_.ended && reply_.ended->error().code != errc::timeout;
  const bool error = reply_.head && reply_.head->status >= 300;
  if (!unheard && !error) {
    now_.used = meter_->used();
    now_.usd = price_.usd(now_.used);
  }
  if (service_->settings.settle)
    service_->settings.settle(reserved_, {now_.used.total(), now_.usd});
}

}  // namespace skein::gateway
