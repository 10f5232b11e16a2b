// What carries messages to one server and back. Knows texts and their fate, not what they say.
#pragma once

#include "runtime/mcp/revision.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace skein::mcp {

/// On the loop's thread.
struct transport_events {
  std::function<void(std::string)> message;  ///< one text, whatever it holds
  std::function<void(error)> closed;         ///< once: nothing comes any more; not after close()
};

struct outgoing {
  std::string text;
  std::int64_t id = 0;      ///< of a request; 0: a notification or reply
  bool initialize = false;  ///< begins a new session
};

/// Used on the loop's thread only, except that the last reference may go anywhere.
class transport {
 public:
  /// At most once: ok when the message was taken (of a request that may stay untold), an error when
  /// it was not or when a request's reply cannot come any more; `stale` when the server has
  /// forgotten the session and did nothing.
  using fate_fn = std::function<void(result<>)>;

  transport() = default;
  virtual ~transport() = default;
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;

  virtual void open(transport_events events, std::function<void(result<>)> done) = 0;
  virtual void send(outgoing message, fate_fn fate) = 0;
  /// Nobody waits for the reply to this request any more: it is there, or not wanted.
  virtual void forget(std::int64_t id) = 0;
  /// The handshake's result, after the reply to `initialize`.
  virtual void agreed(const revision& on) = 0;
  /// The server knows that the handshake is over: it may be listened to.
  virtual void listen() = 0;
  /// Ends orderly in finite time; then `done`, once.
  virtual void close(std::function<void()> done) = 0;
  /// What the server said beside the protocol: its last bytes, not to be trusted.
  [[nodiscard]] virtual std::string log() const = 0;
};

}  // namespace skein::mcp
