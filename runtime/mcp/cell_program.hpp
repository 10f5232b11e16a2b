// A server in a cell of its own: one command whose standard input and output are one socket that
// the platform holds the other end of. Knows nothing of runs; whoever prepared the cell's phase
// says what the server sees.
#pragma once

#include "runtime/cell/cell.hpp"
#include "runtime/mcp/server_program.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace skein::mcp {

/// The phase that a server's cell has, to be prepared before it is started.
inline constexpr const char* server_phase = "server";

/// Where the folder that a server is installed in appears in its cell.
inline constexpr const char* installed_path = "/opt/server";

struct cell_program_spec {
  cell::cell_spec cell;
  std::vector<std::string> argv;
  std::chrono::milliseconds time{std::chrono::minutes{30}};  ///< then it is killed
};

struct program_in_cell {
  /// Taken by the first who needs it. Its `errors` are part of how it ended: a cell has one output.
  std::shared_ptr<started_server> server;
  std::shared_ptr<cell::cell> cell;  ///< who lets go of it kills the server
};

/// Starts the cell, enters its phase and runs the program; calls back once, on the loop's thread.
/// Any signal kills the whole cell, and so does the end of the program or of the last reference to
/// it.
void start_in_cell(process::io_loop& loop, cell_program_spec spec,
                   std::function<void(result<program_in_cell>)> done);

}  // namespace skein::mcp
