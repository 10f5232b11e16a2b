// The streamable HTTP transport: each message is a POST of its own, answered by JSON or by a stream
// of events, and a GET listens to what the server says unasked.
#pragma once

#include "runtime/http/client.hpp"
#include "runtime/mcp/transport.hpp"
#include "runtime/process/io_loop.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace skein::mcp {

struct http_options {
  std::string url;
  std::vector<http::header> headers;      ///< of every request: credentials
  std::string proxy;                      ///< `http://host:port`; empty: none
  std::string ca_file;                    ///< as in http::request
  bool listen = true;                     ///< whether to open the GET stream
  std::size_t reply_bytes = 64U << 20;    ///< of one stream, however often it is resumed
  std::size_t exchanges = 320;            ///< at once
  unsigned resumptions = 32;              ///< of one stream in all
  unsigned quiet_resumptions = 5;         ///< in a row without an event
  std::chrono::milliseconds retry{1000};  ///< before resuming, unless the server says otherwise
  std::chrono::milliseconds longest_retry{std::chrono::minutes{5}};  ///< a longer wish is not met
  std::chrono::milliseconds farewell{5000};                          ///< for the DELETE at the end
};

/// The loop must outlive the sessions that use it.
[[nodiscard]] std::shared_ptr<transport> over_http(process::io_loop& loop,
                                                   std::shared_ptr<http::client> client,
                                                   http_options options);

}  // namespace skein::mcp
