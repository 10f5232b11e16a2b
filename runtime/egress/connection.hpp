// One client of a proxy: reads a request, decides, and hands it to a tunnel or to a plain request,
// until either side ends. A watchdog closes it whatever it waits for.
//
// ```
// head ──▶ attempt limit, leaks, token, allowlist ──┬─ CONNECT ─▶ dial ─▶ 200 ─▶ hello ─▶ relay
//   ▲                                               └─ http://  ─▶ body ─▶ dial ─▶ answer ─┐
//   └──────────────────────────────────── keep-alive ──────────────────────────────────────┘
// ```
#pragma once

#include "runtime/egress/http_head.hpp"
#include "runtime/egress/proxy.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::egress {

class service;

class connection : public std::enable_shared_from_this<connection> {
 public:
  using stream = boost::asio::generic::stream_protocol::socket;
  template <class T>
  using task = boost::asio::awaitable<T>;

  connection(std::shared_ptr<service> owner, stream client);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  void start();
  /// Closes both sides at once.
  void give_up(outcome why);

 private:
  using clock = std::chrono::steady_clock;

  struct refusal {
    outcome why;
    std::string detail;
  };
  using verdict = std::optional<refusal>;

  // connection.cpp
  task<void> run();
  task<void> watch();
  task<std::optional<request_head>> read_head();
  /// Everything that is decided from the head alone.
  [[nodiscard]] verdict screen(const request_head& head, std::string_view raw);
  [[nodiscard]] verdict find_rule(const authority& target);
  [[nodiscard]] bool leaks_in(const request_head& head, std::string_view raw) const;
  /// Answers the client, as far as it still understands HTTP.
  task<void> refuse(refusal why);
  task<void> linger();
  task<bool> fill();
  task<bool> fill_from_upstream();
  task<bool> send_to_client(std::string bytes);
  task<bool> send_upstream(std::string bytes);
  void begin_attempt();
  void end_attempt(outcome why, std::string detail = {});
  void close();
  void deadline_in(std::chrono::milliseconds time);
  void touch();

  // dial.cpp
  task<verdict> dial();
  task<verdict> connect_to(addresses candidates, std::uint16_t port);
  task<result<addresses>> resolve(std::string host);
  task<verdict> ask_parent();

  // tunnel.cpp
  task<void> tunnel(request_head head);
  task<verdict> check_hello();
  task<void> relay();
  task<void> pump(stream& from, stream& to, bool up);

  // forward.cpp
  struct plain_request {
    request_head head;
    std::vector<header_field> passed;  ///< what goes on to the host
    std::optional<std::string> body;
  };
  /// True: the client may ask again.
  task<bool> forward(request_head head);
  task<void> notice_leaving(unsigned request);
  task<verdict> read_rest(plain_request& asked);
  task<verdict> read_body(body_framing framing, std::string& body);
  task<verdict> exchange(const plain_request& asked, response_head& response);
  [[nodiscard]] std::string upstream_request(const plain_request& asked) const;
  task<verdict> read_response_head(response_head& head);
  task<bool> relay_response(response_head head, body_framing framing, int client_minor, bool keep);
  task<bool> relay_body(body_framing framing, bool chunked);
  task<bool> pass_down(std::string bytes, bool chunked);

  std::shared_ptr<service> service_;
  stream client_;
  stream upstream_;
  boost::asio::steady_timer watchdog_;
  boost::asio::steady_timer joined_;  ///< cancelled when a pump ends
  clock::time_point total_;
  clock::time_point deadline_ = clock::time_point::max();  ///< of the present step
  clock::time_point quiet_ = clock::time_point::max();     ///< without a byte until then: idle
  std::string inbound_;                                    ///< read from the client, not yet used
  std::string from_upstream_;                              ///< read from upstream, not yet used
  std::string raw_head_;
  bool dialling_ = false;
  bool dial_expired_ = false;
  boost::asio::steady_timer* resolving_ = nullptr;
  bool tunnelling_ = false;  ///< the client no longer expects HTTP
  unsigned pumps_ = 0;
  unsigned request_ = 0;  ///< which plain request is under way; odd: one is
  bool closed_ = false;

  // The present attempt.
  bool attempting_ = false;
  bool over_limit_ = false;  ///< of attempts: it is refused, and no event
  event now_;
  clock::time_point began_;
  authority target_;
  host_rule rule_;
};

}  // namespace skein::egress
