// The listening side of the remote port: accepts, shakes hands over TLS, and joins what remains to
// the middleman. Bounds what the middleman does not: connections, handshakes, time and frames. What
// is said on a connection is not its business.
#pragma once

#include "actors/console/credentials.hpp"
#include "actors/console/tls.hpp"
#include "runtime/process/descriptor.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace skein::console {

struct front_limits {
  std::size_t connections = 64;
  std::size_t per_certificate = 32;
  std::size_t handshakes = 64;  ///< one more, and the oldest of them is hung up on
  std::chrono::milliseconds handshake{10'000};
  std::chrono::milliseconds idle{60'000};
  /// How soon a connection ends whose certificate is not let in any more.
  std::chrono::milliseconds recheck{500};
};

/// What it calls, all on its own thread; none may block.
struct front_hooks {
  /// A connected local stream socket: the middleman's end of a new connection.
  std::function<void(process::descriptor)> joined;
  certificate_check check;
  /// Something that a known certificate did and should not have.
  std::function<void(const std::string& certificate, const std::string& what)> misbehaved;
};

class front {
 public:
  /// Listens from here on. Blocking for the name look-up.
  [[nodiscard]] static result<std::unique_ptr<front>> open(
      const endpoint& where, std::shared_ptr<boost::asio::ssl::context> tls, front_limits limits,
      front_hooks hooks);
  /// Hangs up on everybody.
  virtual ~front() = default;
  /// With the port that was given out when 0 was asked for.
  [[nodiscard]] virtual const endpoint& address() const = 0;
};

}  // namespace skein::console
