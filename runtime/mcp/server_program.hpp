// A server that runs as a program somewhere: in a cell, or on the host in tests. Says what its
// surroundings must offer; what is said over the streams is not its subject.
#pragma once

#include "runtime/process/descriptor.hpp"
#include "runtime/process/io_loop.hpp"
#include "schema/error.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace skein::mcp {

/// On the loop's thread, but the last reference may go anywhere: then everything is dead.
class server_program {
 public:
  server_program() = default;
  virtual ~server_program() = default;
  server_program(const server_program&) = delete;
  server_program& operator=(const server_program&) = delete;

  /// To the program and what it started.
  virtual void signal(int number) = 0;
  /// Calls back once, also when it has ended already: "exited with status 1".
  virtual void when_ended(std::function<void(std::string how)> ended) = 0;
};

struct started_server {
  process::descriptor input;   ///< written by us; a pipe or stream socket
  process::descriptor output;  ///< read by us
  process::descriptor errors;  ///< read by us
  std::shared_ptr<server_program> program;
};

/// Starts the program on the loop's thread and calls back there, once.
using server_launcher =
    std::function<void(process::io_loop&, std::function<void(result<started_server>)>)>;

struct host_program_spec {
  std::vector<std::string> argv;         ///< argv[0] is looked up in PATH once
  std::vector<std::string> environment;  ///< "K=V"; nothing is inherited
  std::string directory;                 ///< empty: the current one
};

/// A program of the host, unconfined: for tests and for servers that the platform itself trusts. It
/// leads its own session, which is killed as a whole when it ends or is dropped.
[[nodiscard]] server_launcher on_host(host_program_spec spec);

}  // namespace skein::mcp
