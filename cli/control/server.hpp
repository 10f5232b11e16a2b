// The owner's end of the local control socket: who may connect, how much and how long, and in which
// lane an order waits. What a line says is in protocol.hpp.
#pragma once

#include "actors/fleet_client.hpp"
#include "schema/error.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace skein::cli::control {

struct server_options {
  std::filesystem::path
      socket;           ///< STATE/control.sock; the caller holds the state directory's lock
  std::string command;  ///< what this process does: "serve", "campaign run" …
  /// False for a command that ends by itself: it must not take work that it will not do.
  bool takes_work = false;
  std::size_t max_connections = 32;
  std::chrono::milliseconds line_timeout{30'000};  ///< for a whole line, either way
};

/// Serves from construction to close(). At most two orders that bring work and four others are
/// under way at once; the kill switch never waits behind a submission.
class server {
 public:
  /// Replaces a socket file that a dead owner left. `fleet` must outlive the server. Blocking.
  [[nodiscard]] static result<std::unique_ptr<server>> open(actors::fleet_client& fleet,
                                                            server_options options);
  /// Removes the socket file. Waits for calls that are still inside the fleet: stop it before.
  virtual ~server() = default;

  /// Takes no new request, and waits until those under way are answered, at most `grace`. Blocking.
  virtual void close(std::chrono::milliseconds grace) = 0;
};

}  // namespace skein::cli::control
