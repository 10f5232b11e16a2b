// One session with the fleet that --server names, for the whole command.
#pragma once

#include "actors/console/link.hpp"
#include "cli/invocation.hpp"
#include "schema/error.hpp"

#include <memory>

namespace skein::cli::remote {

/// Opened by the first who asks. Credentials: --credentials or SKEIN_CREDENTIALS, the state
/// directory's own, $XDG_CONFIG_HOME/skein/credentials.yaml; of the latter two the one that is for
/// this server. Blocking.
[[nodiscard]] result<std::shared_ptr<console::link>> session(const global_options& global);

}  // namespace skein::cli::remote
