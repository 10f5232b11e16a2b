#include "runtime/mcp/session.hpp"

#include "runtime/mcp/session_state.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace skein::mcp {

namespace asio = boost::asio;
using nlohmann::json;

session::session(std::shared_ptr<session_state> state) : state_(std::move(state)) {}

session::~session() {
  asio::post(state_->context(), [state = state_] { state->close({}); });
}

void session::open(process::io_loop& loop, std::shared_ptr<transport> over, session_options options,
                   opened_fn done) {
  const auto state = std::make_shared<session_state>(loop, std::move(over), std::move(options));
  asio::post(loop.context(), [state, done = std::move(done)] {
    state->open([state, done](result<> opened) {
      if (!opened) return done(opened.error());
      done(std::shared_ptr<session>(new session(state)));
    });
  });
}

const server_identity& session::server() const noexcept {
  return state_->server();
}

void session::list_tools(std::function<void(result<tool_list>)> done) {
  asio::post(state_->context(), [state = state_, done = std::move(done)]() mutable {
    state->list_tools(std::move(done));
  });
}

std::int64_t session::call_tool(std::string name, json arguments, call_options options,
                                std::function<void(result<tool_outcome>)> done) {
  const std::int64_t id = state_->next_id();
  asio::post(state_->context(),
             [state = state_, id, name = std::move(name), arguments = std::move(arguments),
              options = std::move(options), done = std::move(done)]() mutable {
               state->call_tool(id, std::move(name), std::move(arguments), std::move(options),
                                std::move(done));
             });
  return id;
}

void session::cancel(std::int64_t call) {
  asio::post(state_->context(), [state = state_, call] { state->cancel(call); });
}

void session::ping(std::function<void(result<>)> done) {
  asio::post(state_->context(), [state = state_, done = std::move(done)] {
    const auto time = std::chrono::seconds{30};
    state->ask({state->next_id(), "ping", nullptr, time, time, [done](result<incoming> reply) {
                  if (!reply) return done(reply.error());
                  done({});
                }});
  });
}

void session::close(std::function<void()> done) {
  asio::post(state_->context(), [state = state_, done = std::move(done)] { state->close(done); });
}

void session::read_log(std::function<void(std::string)> done) {
  asio::post(state_->context(), [state = state_, done = std::move(done)] { done(state->log()); });
}

}  // namespace skein::mcp
