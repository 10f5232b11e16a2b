// A small HTTP server: GET and HEAD of a few fixed paths (monitoring), or POST of bounded bodies
// (webhooks), on one thread of its own. It keeps no state of a client, and bounds the number of
// clients, their time and what they send.
#pragma once

#include "schema/error.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace skein::cli {

struct http_answer {
  unsigned status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};

/// What a client sent to be taken.
struct http_post {
  std::string path;
  std::string peer;                            ///< its address
  std::map<std::string, std::string> headers;  ///< by name in lower case; of equal ones the first
  std::string body;
};

/// What takes POST. Both are called on the server's thread and may block for a bounded time.
struct post_taker {
  std::function<http_answer(const http_post& sent)> take;
  /// Hears of one that is larger than `endpoint_limits::body`; it comes without its body, and is
  /// answered 413.
  std::function<void(const http_post& sent)> oversize;
};

struct endpoint_limits {
  std::size_t connections = 32;
  std::chrono::milliseconds idle{10'000};  ///< to send a whole request, and to take an answer
  std::size_t requests = 1000;             ///< of one connection
  std::uint64_t body = 0;                  ///< bytes of a POST
};

class http_endpoint {
 public:
  /// Called with the path, on the server's thread; may block for a bounded time. No value: 404.
  using answer_fn = std::function<std::unique_ptr<http_answer>(const std::string& path)>;

  /// `address`: `HOST:PORT`, `[ADDRESS]:PORT`, `:PORT` or `PORT`; without a host 127.0.0.1, and
  /// port 0 is any free one. A host is an address or `localhost`. Blocking for an instant.
  [[nodiscard]] static result<std::unique_ptr<http_endpoint>> start(const std::string& address,
                                                                    answer_fn answer,
                                                                    endpoint_limits limits = {});
  /// As start(), for POST and nothing else.
  [[nodiscard]] static result<std::unique_ptr<http_endpoint>> start_taking(
      const std::string& address, post_taker taker, endpoint_limits limits);
  /// Ends the thread and every connection.
  ~http_endpoint();
  http_endpoint(const http_endpoint&) = delete;
  http_endpoint& operator=(const http_endpoint&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  /// `http://127.0.0.1:9464`
  [[nodiscard]] std::string url() const;
  [[nodiscard]] bool loopback() const noexcept;

 private:
  struct server;
  static result<std::unique_ptr<http_endpoint>> listen(const std::string& address,
                                                       std::unique_ptr<server> made);
  explicit http_endpoint(std::unique_ptr<server> running);
  std::unique_ptr<server> server_;
};

}  // namespace skein::cli
