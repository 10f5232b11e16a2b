// One agent's connection to a gateway: reads a request, decides, passes it on and its reply back,
// until either side ends. A watchdog closes it whatever it waits for.
//
// ```
// head ─▶ token ─▶ body ─▶ screen ─▶ observer ─▶ budget ─▶ provider ─▶ head, pieces ─┐
//   ▲                                                                                │
//   └─────────────────────────────────── keep-alive ─────────────────────────────────┘
// ```
#pragma once

#include "runtime/egress/http_head.hpp"
#include "runtime/gateway/meter.hpp"
#include "runtime/gateway/request_screen.hpp"
#include "runtime/gateway/wire_reply.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace skein::gateway {

class service;
struct upstream;

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
  /// Closes both sides at once; what is under way is settled.
  void give_up(outcome why);

 private:
  using clock = std::chrono::steady_clock;

  // connection.cpp
  task<void> run();
  task<void> watch();
  task<std::optional<egress::request_head>> read_head();
  /// True: the agent may ask again.
  task<bool> serve(egress::request_head head);
  task<std::optional<refusal>> read_body(egress::request_head head, std::string& body);
  [[nodiscard]] bool authorised(const egress::request_head& head) const;
  task<void> refuse(refusal why);
  task<bool> say(int status, std::string body, bool stop, bool last);
  task<bool> fill();
  task<bool> send(std::string bytes);
  void begin_exchange();
  void end_exchange(outcome why, std::string detail = {});
  void close();
  void deadline_in(std::chrono::milliseconds time);

  // forward.cpp
  task<bool> forward(egress::request_head head, std::string body);
  void ask_upstream(const upstream& to, const egress::request_head& head, std::string body);
  /// The reply as far as it came, and its end.
  struct inbound_reply {
    std::optional<http::reply> head;
    std::deque<std::string> pieces;
    std::size_t waiting = 0;  ///< bytes in `pieces`
    std::optional<result<http::reply>> ended;
    bool paused = false;
  };
  task<bool> relay();
  task<bool> relay_error();
  task<bool> next_piece(std::string& piece);
  task<void> notice_leaving(unsigned request);
  [[nodiscard]] bool keep(std::string_view piece);
  void settle();

  std::shared_ptr<service> service_;
  stream client_;
  boost::asio::steady_timer watchdog_;
  boost::asio::steady_timer arrived_;  ///< cancelled when something of the reply is there
  clock::time_point deadline_ = clock::time_point::max();
  std::string inbound_;  ///< read from the agent, not yet used
  bool closed_ = false;

  // The present exchange.
  model::wire format_ = model::wire::openai_chat;
  exchange now_;
  clock::time_point began_;
  bool exchanging_ = false;
  bool asking_ = false;   ///< the provider was asked: there is something to settle
  unsigned request_ = 0;  ///< counts, so that late callbacks are known
  model::spending reserved_;
  model::price price_;
  std::optional<meter> meter_;
  inbound_reply reply_;
  std::shared_ptr<http::exchange> upstream_;
};

}  // namespace skein::gateway
