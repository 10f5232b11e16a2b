// One message's way over HTTP: its POST, the reply's body, and the GETs that resume it. Internal to
// runtime/mcp.
#pragma once

#include "runtime/http/client.hpp"
#include "runtime/mcp/event_stream.hpp"
#include "runtime/mcp/transport.hpp"

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace skein::mcp {

enum class flow_kind {
  request,   ///< a POST that is to bring a reply
  note,      ///< a POST of a notification or reply of ours
  listening  ///< a GET for what the server says unasked
};

enum class body_kind { unread, json, events, complaint };

/// Bytes that the HTTP thread has handed over and the loop has not used.
using backlog = std::atomic<std::size_t>;

struct flow {
  flow(boost::asio::io_context& context, flow_kind what, std::size_t longest_event)
      : kind(what), events(longest_event), timer(context) {}

  flow_kind kind;
  std::int64_t id = 0;
  bool initialize = false;
  transport::fate_fn fate;
  event_stream events;
  boost::asio::steady_timer timer;

  // Of the present exchange.
  std::shared_ptr<http::exchange> exchange;
  std::uint64_t turn = 0;  ///< what comes from an earlier one is dropped
  std::shared_ptr<backlog> behind;
  bool paused = false;
  int status = 0;
  body_kind body = body_kind::unread;
  std::string text;  ///< of JSON or a complaint

  bool in_session = false;                        ///< it was sent with a session's id
  bool resuming = false;                          ///< by a GET
  bool delivering = false;                        ///< a message of it is being handed over
  std::chrono::steady_clock::time_point since{};  ///< of the present exchange
  std::size_t bytes = 0;                          ///< of all exchanges
  unsigned resumptions = 0;
  unsigned quiet = 0;  ///< resumptions since the last event
};

/// `application/json` of `Application/JSON; charset=utf-8`.
[[nodiscard]] std::string media_type(const std::string* header);
/// Visible ASCII, of bearable length.
[[nodiscard]] bool is_session_id(std::string_view text) noexcept;
/// What a server says in the body of a refusal, for a message; may be empty.
[[nodiscard]] std::string complaint_in(const std::string& body);
/// The error of a status that is no success.
[[nodiscard]] error refusal_of(int status, const std::string& body);

}  // namespace skein::mcp
