// One request line in, one answer line out: the server without its sockets.
#pragma once

#include "actors/fleet_client.hpp"
#include "cli/control/protocol.hpp"

namespace skein::cli::control {

struct dispatch_rules {
  owner_answer self;
  std::string state_dir;  ///< for messages
  bool takes_work = false;
};

/// Blocking: as long as the fleet takes.
[[nodiscard]] std::string answer(actors::fleet_client& fleet, const dispatch_rules& rules,
                                 const request& order);

}  // namespace skein::cli::control
