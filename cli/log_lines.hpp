// The program's own log on stderr, and how it shares a terminal with a live block: while one is
// drawn, lines wait and the block's owner prints them above it.
#pragma once

#include "cli/invocation.hpp"

#include <string>
#include <vector>

namespace skein::cli {

/// Makes stderr the log's only place: warnings and errors, everything from info on with --verbose,
/// errors only with --quiet. Other people's text in a line is made printable.
void send_logs_to_stderr(const global_options& global);

/// While held, log lines gather (the first 200 of them) instead of being written; what is left is
/// written when the hold ends.
class log_hold {
 public:
  log_hold();
  ~log_hold();
  log_hold(const log_hold&) = delete;
  log_hold& operator=(const log_hold&) = delete;

  /// The lines since the last call, printable, without line breaks.
  [[nodiscard]] std::vector<std::string> take();
};

}  // namespace skein::cli
