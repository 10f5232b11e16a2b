// A loop, a server that answers by a script, and waiting with an end. For tests of runtime/mcp.
#pragma once

#include "runtime/mcp/session.hpp"

#include <gtest/gtest.h>
#include <boost/asio/post.hpp>

#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace skein::mcp {

using nlohmann::json;
using namespace std::chrono_literals;

/// Waits for what a callback brings; far longer than anything takes.
template <class T>
class awaited {
 public:
  std::function<void(T)> callback() {
    return [promise = promise_](T value) { promise->set_value(std::move(value)); };
  }
  T get() {
    if (future_.wait_for(30s) != std::future_status::ready) {
      ADD_FAILURE() << "nothing came";
      return T(error{errc::internal, "nothing came", ""});
    }
    return future_.get();
  }

 private:
  std::shared_ptr<std::promise<T>> promise_ = std::make_shared<std::promise<T>>();
  std::future<T> future_ = promise_->get_future();
};

/// A transport whose server is a function: called with every message that is sent.
class scripted_transport : public transport,
                           public std::enable_shared_from_this<scripted_transport> {
 public:
  using script_fn = std::function<void(scripted_transport&, const json&)>;
  scripted_transport(process::io_loop& loop, script_fn script)
      : loop_(loop), script_(std::move(script)) {}

  void open(transport_events events, std::function<void(result<>)> done) override {
    events_ = std::move(events);
    done({});
  }
  void send(outgoing message, fate_fn fate) override {
    const json parsed = json::parse(message.text);
    sent_.push_back(parsed);
    if (const auto failed = std::exchange(fail_next, std::nullopt); failed && message.id != 0) {
      boost::asio::post(loop_.context(), [fate, failed] { fate(*failed); });
      return;
    }
    boost::asio::post(loop_.context(), [self = shared_from_this(), parsed, fate] {
      fate({});
      if (!self->ended_) self->script_(*self, parsed);
    });
  }
  void forget(std::int64_t id) override { forgotten.push_back(id); }
  void agreed(const revision& on) override { revision_name = std::string(on.name); }
  void listen() override { ++listened; }
  void close(std::function<void()> done) override {
    ended_ = true;
    done();
  }
  std::string log() const override { return "said on the side"; }

  // For scripts, on the loop's thread.
  void say(const std::string& text) {
    const auto message = events_.message;
    if (!ended_) message(text);
  }
  void reply(const json& to, const json& answer) {
    say(json{{"jsonrpc", "2.0"}, {"id", to.at("id")}, {"result", answer}}.dump());
  }
  void die() {
    ended_ = true;
    events_.closed(error{errc::unavailable, "the server is gone", ""});
  }

  std::optional<error> fail_next;  ///< the next request is not delivered
  std::vector<std::int64_t> forgotten;
  std::string revision_name;
  int listened = 0;
  [[nodiscard]] const std::vector<json>& sent() const { return sent_; }
  [[nodiscard]] std::size_t count(const std::string& method) const {
    std::size_t out = 0;
    for (const json& each : sent_) out += each.value("method", "") == method ? 1 : 0;
    return out;
  }

 private:
  process::io_loop& loop_;
  script_fn script_;
  transport_events events_;
  std::vector<json> sent_;
  bool ended_ = false;
};

inline json greeting(const std::string& revision = "2025-11-25") {
  return {{"protocolVersion", revision},
          {"capabilities", {{"tools", {{"listChanged", true}}}}},
          {"serverInfo", {{"name", "scripted"}, {"version", "1.2.3"}}}};
}

inline json tool(const std::string& name) {
  return {{"name", name}, {"description", "does it"}, {"inputSchema", {{"type", "object"}}}};
}

/// Shakes hands as it should be; everything else is for `rest`.
inline scripted_transport::script_fn polite(scripted_transport::script_fn rest) {
  return [rest = std::move(rest)](scripted_transport& server, const json& message) {
    if (message.value("method", "") == "initialize") return server.reply(message, greeting());
    if (message.value("method", "") == "notifications/initialized") return;
    rest(server, message);
  };
}

class mcp_test : public testing::Test {
 protected:
  using opened = result<std::shared_ptr<session>>;

  opened open(scripted_transport::script_fn script, session_options options = {}) {
    server = std::make_shared<scripted_transport>(loop, std::move(script));
    return open_over(server, std::move(options));
  }
  opened open_over(std::shared_ptr<transport> over, session_options options = {}) {
    if (options.server.empty()) options.server = "tested";
    awaited<opened> waiting;
    session::open(loop, std::move(over), std::move(options), waiting.callback());
    return waiting.get();
  }
  static result<tool_list> list(session& with) {
    awaited<result<tool_list>> waiting;
    with.list_tools(waiting.callback());
    return waiting.get();
  }
  static result<tool_outcome> call(session& with, const std::string& name,
                                   const json& arguments = json::object(),
                                   call_options options = {}) {
    awaited<result<tool_outcome>> waiting;
    with.call_tool(name, arguments, std::move(options), waiting.callback());
    return waiting.get();
  }
  static result<> ping(session& with) {
    awaited<result<>> waiting;
    with.ping(waiting.callback());
    return waiting.get();
  }
  /// Runs on the loop's thread, after everything that is queued there now.
  template <class Work>
  void on_loop(Work work) {
    std::promise<void> ran;
    boost::asio::post(loop.context(), [&] {
      work();
      ran.set_value();
    });
    ran.get_future().wait();
  }

  process::io_loop loop;
  std::shared_ptr<scripted_transport> server;
};

}  // namespace skein::mcp
