// The other end of an HTTP connection, for tests: answers what it was told to, records what it was
// asked, and misbehaves on request. HTTP/1.1 on a port of 127.0.0.1, on a Unix socket, or in TLS.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace skein::test {

struct peer_request {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;
  std::uint64_t connection = 0;  ///< counts from 1

  [[nodiscard]] std::string header(const std::string& lower_case_name) const;
};

/// How a reply ends.
enum class peer_end {
  whole,    ///< properly, and the connection stays open
  close,    ///< properly, and the connection is closed
  cut,      ///< the connection is closed in the middle of the body
  silent,   ///< the connection is closed without a byte
  hang,     ///< nothing more is sent, until the client leaves
  endless,  ///< the last piece is sent again and again, until the client leaves
};

struct peer_reply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::vector<std::string> pieces;  ///< in place of `body`: chunked, each written by itself
  peer_end end = peer_end::whole;
  std::string raw;  ///< in place of everything: these bytes, then `close`, `cut` or `hang`
};

/// `text/event-stream` in the given pieces.
[[nodiscard]] peer_reply event_stream(std::vector<std::string> pieces,
                                      peer_end end = peer_end::whole);

struct peer_options {
  std::string unix_socket;  ///< empty: a port of 127.0.0.1
  bool tls = false;         ///< with a certificate of its own for `tls_name`
  std::string tls_name = "localhost";
};

class http_peer {
 public:
  explicit http_peer(peer_options wanted = {});
  ~http_peer();
  http_peer(const http_peer&) = delete;
  http_peer& operator=(const http_peer&) = delete;

  /// Answers in this order, one each; afterwards what on() says, or else 500.
  void push(peer_reply reply);
  /// Called on a thread of the connection, one at a time.
  void on(std::function<peer_reply(const peer_request&)> answer);

  [[nodiscard]] std::uint16_t port() const;
  /// Without a slash at the end; `http://localhost` for a Unix socket.
  [[nodiscard]] std::string url() const;
  /// A PEM file with the certificate; lives as long as this.
  [[nodiscard]] std::string certificate_file() const;

  [[nodiscard]] std::vector<peer_request> requests() const;
  /// Waits, at most for `longest`; false: fewer came.
  [[nodiscard]] bool wait_for_requests(
      std::size_t count, std::chrono::milliseconds longest = std::chrono::seconds(20)) const;
  /// Waits until that many connections were opened and have ended.
  [[nodiscard]] bool wait_for_ended(
      std::size_t count, std::chrono::milliseconds longest = std::chrono::seconds(20)) const;
  [[nodiscard]] std::uint64_t connections() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace skein::test
