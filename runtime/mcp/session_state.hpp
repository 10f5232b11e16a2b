// A session's state and what moves it, on the loop's thread. Internal to runtime/mcp.
//
// ```
//              initialize                    notifications/initialized
// fresh ─open─▶ greeting ─reply, agreed─▶ announcing ─taken─▶ ready ─close()─▶ closed
//                  ▲                                            │
//                  └───────── the server forgot the session ────┘  once for each request
// ```
#pragma once

#include "runtime/mcp/session.hpp"

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace skein::mcp {

class session_state : public std::enable_shared_from_this<session_state> {
 public:
  using clock = std::chrono::steady_clock;
  using reply_fn = std::function<void(result<incoming>)>;

  session_state(process::io_loop& loop, std::shared_ptr<transport> over, session_options options);

  // session_state.cpp: the session's life
  void open(std::function<void(result<>)> done);
  void close(std::function<void()> done);

  // requests.cpp: what we ask
  struct asked {
    std::int64_t id = 0;
    std::string method;
    nlohmann::json params;
    std::chrono::milliseconds timeout{};
    std::chrono::milliseconds most{};
    reply_fn done;
  };
  void ask(asked what);
  void cancel(std::int64_t id);
  [[nodiscard]] std::int64_t next_id() noexcept { return ids_.fetch_add(1); }

  // tool_requests.cpp
  void list_tools(std::function<void(result<tool_list>)> done);
  void call_tool(std::int64_t id, std::string name, nlohmann::json arguments, call_options options,
                 std::function<void(result<tool_outcome>)> done);

  [[nodiscard]] boost::asio::io_context& context() noexcept { return loop_.context(); }
  [[nodiscard]] const server_identity& server() const noexcept { return server_; }
  [[nodiscard]] std::string log() const { return transport_->log(); }

 private:
  enum class phase { fresh, greeting, announcing, ready, closed };

  struct pending {
    asked what;
    std::string text;
    clock::time_point end;  ///< whatever happens
    boost::asio::steady_timer timer;
    bool again = false;    ///< sent a second time, in a new session
    bool waiting = false;  ///< for a new session
  };

  // session_state.cpp
  void greet();
  void greeted(result<incoming> reply);
  void announce();
  void opened(result<> how);
  [[nodiscard]] result<server_identity> read_greeting(const incoming& reply);
  void lost(error why);  ///< the server is gone or given up
  [[nodiscard]] error named(error of) const;

  // requests.cpp
  void transmit(pending& each);
  void undelivered(std::int64_t id, const error& why);
  void arm(std::int64_t id, pending& each);
  void expired(std::int64_t id);
  void tell_cancelled(std::int64_t id, const char* reason);
  void finish(std::int64_t id, result<incoming> reply);
  void finish_all(const error& why);
  void resume_waiting();

  // inbox.cpp: what the server says
  void received(std::string text);
  void garbage(const error& why);
  void unasked(const std::string& what);
  void answer(const incoming& request);
  void noticed(const incoming& notification);
  void progressed(const nlohmann::json& params);

  // tool_requests.cpp
  void next_page(std::shared_ptr<tool_pages> pages, const std::string& cursor,
                 std::function<void(result<tool_list>)> done);
  void list_changed();
  void refresh();

  process::io_loop& loop_;
  std::shared_ptr<transport> transport_;
  session_options options_;
  phase phase_ = phase::fresh;
  const revision* revision_ = nullptr;
  server_identity server_;
  bool had_session_ = false;  ///< `server_` is what it was the first time
  std::function<void(result<>)> on_opened_;
  std::atomic<std::int64_t> ids_{1};
  std::map<std::int64_t, pending> pending_;
  std::size_t garbage_ = 0;
  std::size_t unasked_ = 0;
  std::size_t unasked_bytes_ = 0;
  output_schemas outputs_;

  enum class refreshing { no, yes, again };
  refreshing refreshing_ = refreshing::no;
  std::size_t refreshes_ = 0;
  boost::asio::steady_timer refresh_timer_;
};

}  // namespace skein::mcp
