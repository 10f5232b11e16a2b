// A fleet elsewhere, as a client of the actor remote protocol sees it.
#pragma once

#include "actors/console/link.hpp"
#include "actors/fleet_client.hpp"
#include "cli/control/protocol.hpp"

#include <memory>

namespace skein::cli::remote {

/// The orders are those of the local control socket; who gives them is what the credentials say.
[[nodiscard]] std::unique_ptr<actors::fleet_client> open_remote_fleet(
    std::shared_ptr<console::link> through);

/// Which process has the fleet.
[[nodiscard]] result<control::owner_answer> ask_owner(console::link& through);

}  // namespace skein::cli::remote
