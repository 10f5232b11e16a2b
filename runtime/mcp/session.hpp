// The conversation with one MCP server, from the handshake to the end. Trusts nothing the server
// says: replies are matched by id, everything is bounded in number, size and time. Not a gate:
// which tool may be called is decided before (runtime/tools, policy).
#pragma once

#include "runtime/mcp/tool_answer.hpp"
#include "runtime/mcp/transport.hpp"
#include "runtime/process/io_loop.hpp"
#include "schema/error.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace skein::mcp {

/// What a server says it is.
struct server_identity {
  std::string name;
  std::string version;
  std::string revision;      ///< of the protocol
  bool has_tools = false;    ///< else there is no list
  std::string instructions;  ///< untrusted text, bounded; never for a model without a frame
};

struct session_limits {
  std::chrono::milliseconds handshake{std::chrono::seconds{30}};
  std::chrono::milliseconds list{std::chrono::seconds{60}};  ///< of one page
  std::size_t pending = 256;                                 ///< requests at once
  list_limits lists;
  /// Texts that are no message before the server is given up.
  std::size_t garbage = 100;
  /// Messages in a row that answer nothing, and their bytes, before the server is given up.
  std::size_t unasked = 100'000;
  std::size_t unasked_bytes = 64U << 20;
  /// Between two lists that the server asked for by `list_changed`, and how many there may be.
  std::chrono::milliseconds refresh_gap{1000};
  std::size_t refreshes = 50;
};

struct session_options {
  std::string server;  ///< what the platform calls it, for messages
  std::string client_version = "0.1.0";
  std::vector<std::string> also_accept;  ///< revisions besides those of every server
  session_limits limits;
  /// The server's list as it is after it said that it changed, or why there is none: then every
  /// tool of the server is to be disabled. For `registry::observe`: what differs is disabled.
  std::function<void(result<tool_list>)> on_tools;
  /// Once, when the server is gone without close().
  std::function<void(error)> on_closed;
  /// Answers elicitation/create; only with it is that capability declared.
  std::function<nlohmann::json(const nlohmann::json& params)> elicit;
};

struct call_options {
  std::chrono::milliseconds timeout{std::chrono::seconds{60}};  ///< without reply or progress
  std::chrono::milliseconds most{std::chrono::minutes{10}};     ///< whatever progress it reports
  /// The output schema that was approved; else the one of the server's last list.
  std::optional<tools::argument_schema> output;
};

class session_state;

/// Any thread may use it; callbacks run on the loop's thread, each exactly once, and must not
/// block. The last reference closes. The loop must outlive it.
class session {
 public:
  using opened_fn = std::function<void(result<std::shared_ptr<session>>)>;

  /// `unsupported` for a revision that is not spoken, `timeout`, `unavailable`.
  static void open(process::io_loop& loop, std::shared_ptr<transport> over, session_options options,
                   opened_fn done);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  [[nodiscard]] const server_identity& server() const noexcept;

  /// All pages.
  void list_tools(std::function<void(result<tool_list>)> done);

  /// `timeout` after telling the server to stop; `corrupt` for an answer that is not what was
  /// promised; `unavailable` when the server is gone; `cancelled`. The number is for cancel().
  std::int64_t call_tool(std::string name, nlohmann::json arguments, call_options options,
                         std::function<void(result<tool_outcome>)> done);
  /// Ends a call as `cancelled` and tells the server. A call that ended is left alone.
  void cancel(std::int64_t call);

  void ping(std::function<void(result<>)> done);

  /// Ends the session orderly, in finite time. What is pending ends as `cancelled`.
  void close(std::function<void()> done = {});

  /// The end of what the server wrote to stderr.
  void read_log(std::function<void(std::string)> done);

 private:
  explicit session(std::shared_ptr<session_state> state);
  std::shared_ptr<session_state> state_;
};

}  // namespace skein::mcp
