// The stdio transport: one JSON text a line over the streams of a program.
#pragma once

#include "runtime/mcp/server_program.hpp"
#include "runtime/mcp/transport.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace skein::mcp {

struct stdio_options {
  std::size_t longest_line = 8U << 20;  ///< of the server; then it is given up
  std::size_t most_queued = 16U << 20;  ///< bytes that the server has not read yet
  std::size_t kept_log = 16U << 10;     ///< of stderr: its end
  /// Shutdown: after each of closing stdin, SIGTERM and SIGKILL this long for the end.
  std::chrono::milliseconds grace{2000};
};

/// The loop must outlive the transport.
[[nodiscard]] std::shared_ptr<transport> over_stdio(process::io_loop& loop, server_launcher launch,
                                                    stdio_options options = {});

}  // namespace skein::mcp
