// How watching ends, for one run or a campaign: what was watched is over, the person interrupted,
// or the fleet was lost; and how the program then lets go of the fleet.
#pragma once

#include "cli/fleet_access.hpp"
#include "cli/output.hpp"

#include <chrono>

namespace skein::cli {

enum class watch_end { over, interrupted };

/// Asks the fleet once a second whether it still can commit; an error says that it cannot, or that
/// the daemon has gone.
class fleet_check {
 public:
  [[nodiscard]] result<> look(actors::fleet_client& fleet);

 private:
  std::chrono::steady_clock::time_point next_{};
};

/// After the first interrupt. Embedded: parks every run (told on stderr); with a daemon: only stops
/// watching. `resume` is the command that continues. Returns the exit code, 130.
int end_interrupted(const global_options& global, fleet_access& access, const std::string& resume);

/// The end of a command that printed its outcome: lets go of the fleet, and leaves with `code`
/// whatever hangs. Returns `code`.
int end_flight(fleet_access& access, int code);

/// Lets go of the fleet in good order; what did not stop in time is a warning, because nothing is
/// lost by it.
void let_go(fleet_access& access);

}  // namespace skein::cli
