#include "cli/metrics/http_endpoint.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <set>
#include <thread>

namespace skein::cli {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr std::uint32_t most_header_bytes = 8 * 1024;
/// A failed accept (no descriptors left) is tried again after this.
constexpr std::chrono::milliseconds accept_pause{200};

result<tcp::endpoint> endpoint_of(const std::string& text) {
  const error wrong{errc::invalid, "\"" + text.substr(0, 200) + "\" is no address to listen on",
                    "give HOST:PORT with an IP address, such as 127.0.0.1:9464 or [::1]:9464"};
  const auto colon = text.rfind(':');
  std::string host = colon == std::string::npos ? "" : text.substr(0, colon);
  const std::string digits = colon == std::string::npos ? text : text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || failed != std::errc{} || end != digits.data() + digits.size()) return wrong;
  if (host.empty() || host == "localhost") host = "127.0.0.1";
  if (host.front() == '[') {
    if (host.size() < 3 || host.back() != ']') return wrong;
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return wrong;
  }
  boost::system::error_code unknown;
  const auto address = asio::ip::make_address(host, unknown);
  if (unknown) return wrong;
  return tcp::endpoint(address, port);
}

class session;

/// What the connections of one server share; lives on its thread.
struct shared_state {
  http_endpoint::answer_fn answer;  ///< for GET and HEAD; else `taker`
  post_taker taker;
  endpoint_limits limits;
  std::set<std::shared_ptr<session>> open;
};

using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

const char* methods_of(const shared_state& shared) {
  return shared.answer ? "GET, HEAD" : "POST";
}

bool is_served(http::verb method, const shared_state& shared) {
  return shared.answer ? method == http::verb::get || method == http::verb::head
                       : method == http::verb::post;
}

http_post post_of(request& sent, const std::string& peer) {
  http_post out;
  const std::string target(sent.target());
  out.path = target.substr(0, target.find('?'));
  out.peer = peer;
  for (const auto& field : sent) {
    std::string name(field.name_string());
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    out.headers.emplace(std::move(name), std::string(field.value()));
  }
  out.body = std::move(sent.body());
  return out;
}

response reply_to(request& asked, const std::string& peer, const shared_state& shared) {
  response out;
  out.version(asked.version());
  out.keep_alive(asked.keep_alive());
  out.set(http::field::cache_control, "no-store");
  out.set("X-Content-Type-Options", "nosniff");
  const auto give = [&](http_answer given) {
    out.result(given.status);
    out.set(http::field::content_type, given.type);
    out.body() = std::move(given.body);
  };
  if (!is_served(asked.method(), shared)) {
    give({405, "text/plain; charset=utf-8",
          shared.answer ? "only GET and HEAD\n" : "only POST\n"});
    out.set(http::field::allow, methods_of(shared));
    out.keep_alive(false);
  } else if (!shared.answer) {
    give(shared.taker.take(post_of(asked, peer)));
  } else {
    const std::string target(asked.target());
    const auto given = shared.answer(target.substr(0, target.find('?')));
    give(given ? *given
               : http_answer{404, "text/plain; charset=utf-8",
                             "not found; there are /metrics, /healthz and /readyz\n"});
  }
  out.prepare_payload();
  // The length that GET would have had stays.
  if (asked.method() == http::verb::head) out.body().clear();
  return out;
}

class session : public std::enable_shared_from_this<session> {
 public:
  session(tcp::socket socket, shared_state& shared) : stream_(std::move(socket)), shared_(shared) {}

  void read() {
    parser_.emplace();
    parser_->header_limit(most_header_bytes);
    parser_->body_limit(shared_.limits.body);
    stream_.expires_after(shared_.limits.idle);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](beast::error_code failed, std::size_t) { self->take(failed); });
  }
  void cut() {
    beast::error_code ignored;
    stream_.socket().close(ignored);
  }

 private:
  void take(beast::error_code failed) {
    if (failed == http::error::header_limit || failed == http::error::body_limit ||
        failed == http::error::bad_version || failed == http::error::bad_target ||
        failed == http::error::bad_method || failed == http::error::bad_line_ending ||
        failed == http::error::bad_field || failed == http::error::bad_value) {
      return refuse(failed);
    }
    if (failed) return end();
    reply_ = reply_to(parser_->get(), peer(), shared_);
    if (++requests_ >= shared_.limits.requests) reply_.keep_alive(false);
    write();
  }
  void refuse(beast::error_code why) {
    reply_ = {};
    reply_.result(why == http::error::body_limit ? http::status::payload_too_large
                                                 : http::status::bad_request);
    const bool large = why == http::error::body_limit;
    if (large && !is_served(parser_->get().method(), shared_)) {
      reply_.result(http::status::method_not_allowed);
      reply_.set(http::field::allow, methods_of(shared_));
    } else if (large && shared_.taker.oversize) {
      parser_->get().body().clear();
      shared_.taker.oversize(post_of(parser_->get(), peer()));
    }
    reply_.set(http::field::content_type, "text/plain; charset=utf-8");
    reply_.body() = "this is no request for this server\n";
    reply_.keep_alive(false);
    reply_.prepare_payload();
    write();
  }
  [[nodiscard]] std::string peer() const {
    beast::error_code gone;
    const auto at = stream_.socket().remote_endpoint(gone);
    return gone ? std::string() : at.address().to_string();
  }
  void write() {
    serializer_.emplace(reply_);
    stream_.expires_after(shared_.limits.idle);
    auto then = [self = shared_from_this()](beast::error_code failed, std::size_t) {
      if (failed || !self->reply_.keep_alive()) return self->end();
      self->read();
    };
    http::async_write(stream_, *serializer_, std::move(then));
  }
  void end() {
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.socket().close(ignored);
    shared_.open.erase(shared_from_this());
  }

  beast::tcp_stream stream_;
  shared_state& shared_;
  beast::flat_buffer buffer_{most_header_bytes * 2};
  std::optional<http::request_parser<http::string_body>> parser_;
  response reply_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  std::size_t requests_ = 0;
};

}  // namespace

struct http_endpoint::server {
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  asio::steady_timer pause{context};
  tcp::endpoint at;
  shared_state shared;
  std::thread thread;

  void accept() {
    acceptor.async_accept([this](boost::system::error_code failed, tcp::socket socket) {
      if (failed == asio::error::operation_aborted) return;
      if (failed) return accept_later();
      // One too many is shown the door at once, so that nobody waits for a place.
      if (shared.open.size() < shared.limits.connections) {
        auto one = std::make_shared<session>(std::move(socket), shared);
        shared.open.insert(one);
        one->read();
      }
      accept();
    });
  }
  void accept_later() {
    pause.expires_after(accept_pause);
    pause.async_wait([this](boost::system::error_code failed) {
      if (!failed) accept();
    });
  }
};

http_endpoint::http_endpoint(std::unique_ptr<server> running) : server_(std::move(running)) {}

result<std::unique_ptr<http_endpoint>> http_endpoint::start(const std::string& address,
                                                            answer_fn answer,
                                                            endpoint_limits limits) {
  auto made = std::make_unique<server>();
  made->shared.answer = std::move(answer);
  made->shared.limits = limits;
  return listen(address, std::move(made));
}

result<std::unique_ptr<http_endpoint>> http_endpoint::start_taking(const std::string& address,
                                                                   post_taker taker,
                                                                   endpoint_limits limits) {
  auto made = std::make_unique<server>();
  made->shared.taker = std::move(taker);
  made->shared.limits = limits;
  return listen(address, std::move(made));
}

result<std::unique_ptr<http_endpoint>> http_endpoint::listen(const std::string& address,
                                                             std::unique_ptr<server> made) {
  SKEIN_TRY(wanted, endpoint_of(address));
  boost::system::error_code failed;
  auto& acceptor = made->acceptor;
  const auto step = [&](auto&& does) {
    if (!failed) does();
  };
  step([&] { acceptor.open(wanted.protocol(), failed); });
  step([&] { acceptor.set_option(tcp::acceptor::reuse_address(true), failed); });
  step([&] { acceptor.bind(wanted, failed); });
  step([&] { acceptor.listen(64, failed); });
  step([&] { made->at = acceptor.local_endpoint(failed); });
  if (failed) {
    return error{errc::io, "listen on " + address.substr(0, 200) + ": " + failed.message(),
                 "choose another address or port"};
  }
  made->accept();
  made->thread = std::thread([running = made.get()] { running->context.run(); });
  return std::unique_ptr<http_endpoint>(new http_endpoint(std::move(made)));
}

http_endpoint::~http_endpoint() {
  asio::post(server_->context, [running = server_.get()] {
    boost::system::error_code ignored;
    running->acceptor.close(ignored);
    running->pause.cancel();
    const auto open = running->shared.open;
    for (const auto& each : open) each->cut();
  });
  server_->thread.join();
}

std::uint16_t http_endpoint::port() const noexcept {
  return server_->at.port();
}

std::string http_endpoint::url() const {
  const auto address = server_->at.address();
  const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  return "http://" + host + ":" + std::to_string(port());
}

bool http_endpoint::loopback() const noexcept {
  return server_->at.address().is_loopback();
}

}  // namespace skein::cli
