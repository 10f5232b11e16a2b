// The one way the control plane speaks HTTP to others: many requests at once over one thread and
// its pool of connections. Not a browser: no redirects, no cookies, no proxy that nobody named, no
// compressed replies, and no retries; those belong to the caller.
#pragma once

#include "schema/error.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace skein::http {

struct header {
  std::string name;
  std::string value;

  friend bool operator==(const header&, const header&) = default;
};

struct request {
  std::string method = "GET";
  std::string url;  ///< http or https; without user and password
  std::vector<header> headers;
  std::string body;
  std::string unix_socket;  ///< connect there instead of to the URL's host; empty: no
  std::string proxy;        ///< `http://host:port` or `https://…`; empty: none
  std::string ca_file;      ///< PEM, in place of the system's certificates; empty: the system's
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds idle_timeout{60'000};  ///< without a byte in either direction
  std::chrono::milliseconds total_timeout{120'000};
  /// Over a connection of its own: on one that was used before, and that the peer closed before its
  /// answer, the request would be sent again. For what must not happen twice.
  bool once = false;
  std::uint64_t max_reply_bytes = 16U << 20;  ///< of the body, whether gathered or streamed
};

struct reply {
  int status = 0;
  std::vector<header> headers;
  std::string body;

  /// The first header of this name, in any case; null when there is none.
  [[nodiscard]] const std::string* find(std::string_view name) const;
};

/// Called on the client's thread; must not block and must not throw.
struct listener {
  /// Once, before the first byte of the body; may be empty.
  std::function<void(const reply&)> head;
  /// Every piece of the body; false: give up. Empty: the body is gathered.
  std::function<bool(std::string_view)> data;
  /// Exactly once, also after a cancel and when the client ends. Any status is a reply. Errors:
  ///   invalid       the request itself: URL, method, header, proxy, certificate file
  ///   timeout       one of the three times passed
  ///   cancelled     cancel(), `data` said no, or the client ended
  ///   refused       the reply is longer than allowed, in head or body
  ///   unauthorised  the other end did not prove who it is (TLS)
  ///   unavailable   not resolved, not reached, cut off, or not HTTP
  /// The text names method and host, never path, header or body.
  std::function<void(result<reply>)> done;
};

class engine;

/// A request under way. Dropping it changes nothing. Any thread may call it, also a callback.
class exchange {
 public:
  exchange(std::weak_ptr<engine> owner, std::uint64_t number);
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  /// Ends it in the thread's next turn, whatever it waits for; `done` gets `cancelled` unless it
  /// was called already. May be called twice.
  void cancel();
  /// Reads no further until resume(), so that a slow consumer bounds a fast peer; what was read
  /// already may still arrive. The idle time stands still meanwhile.
  void pause();
  void resume();

 private:
  const std::weak_ptr<engine> engine_;
  const std::uint64_t number_;
};

/// Any thread may call it, also a callback (but for `send`).
class client {
 public:
  client();
  /// Ends every request with `cancelled` and joins the thread; within a callback it leaves both to
  /// the thread.
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// Not blocking; every error comes through `done`.
  std::shared_ptr<exchange> start(request wanted, listener heard);

  /// Blocking.
  [[nodiscard]] result<reply> send(request wanted);

  /// Calls `then` on the client's thread after `delay`, unless cancelled or the client ends first.
  std::shared_ptr<exchange> after(std::chrono::milliseconds delay, std::function<void()> then);

 private:
  std::shared_ptr<engine> engine_;
};

}  // namespace skein::http
