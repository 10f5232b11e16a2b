// How a verb that changes something reaches the fleet: the daemon that owns the state directory, or,
// when nobody does, a fleet embedded in this process.
#pragma once

#include "actors/fleet_client.hpp"
#include "cli/invocation.hpp"
#include "schema/error.hpp"

#include <memory>
#include <string>

namespace skein::cli {

struct access_wish {
  std::string command;        ///< "campaign run": shown to whoever finds the directory in use
  std::string campaign;       ///< embedded: work on this campaign only (and what is submitted)
  bool everything = false;    ///< embedded: work on everything in the directory (`serve`)
  std::uint32_t cells = 0;    ///< 0: as configured
  bool detached = false;      ///< nobody waits: a fleet that ends with the command will not do
};

struct fleet_access {
  std::unique_ptr<actors::fleet_client> fleet;
  bool embedded = false;
  int daemon_pid = 0;  ///< when not embedded and on this machine
};

/// Blocking. A directory owned by `serve` is reached through its control socket; one owned by any
/// other command is `in_use`, naming it. With --server: the fleet there.
[[nodiscard]] result<fleet_access> open_fleet(const global_options& global, const access_wish& wish);

/// The fleet that is at work on the state directory, or the one behind --server; never a new one.
/// `not_found`: nobody is there. Blocking.
[[nodiscard]] result<std::unique_ptr<actors::fleet_client>> reach_fleet(
    const global_options& global, const std::string& command);

/// Where the shipped configuration is: SKEIN_SHARE, ../share/skein beside the program, or the source
/// tree's config/ when run from the build folder.
[[nodiscard]] result<std::filesystem::path> shipped_configuration();

/// Prints `error: MESSAGE` and the remedy on stderr and returns the exit code that fits.
int report(const error& failed);

}  // namespace skein::cli
