// The calling side: a TLS connection to a fleet, joined to a local socket for the middleman.
#pragma once

#include "actors/console/credentials.hpp"
#include "runtime/process/descriptor.hpp"

#include <chrono>
#include <memory>
#include <optional>

namespace skein::console {

struct dial_options {
  std::string protocol;  ///< offered in the handshake
  std::chrono::milliseconds longest{10'000};
};

class dialled {
 public:
  virtual ~dialled() = default;
  /// The middleman's end; once.
  [[nodiscard]] virtual process::descriptor take() = 0;
  /// Why the connection ended; none when it lasts longer than this. Blocking.
  [[nodiscard]] virtual std::optional<error> wait_ended(
      std::chrono::milliseconds longest) const = 0;
};

/// Blocking, at most `longest`.
[[nodiscard]] result<std::unique_ptr<dialled>> dial(const endpoint& where, const credentials& with,
                                                    const dial_options& options);

}  // namespace skein::console
