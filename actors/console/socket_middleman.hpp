// The middleman's way to connections that somebody else made: it publishes and connects over
// sockets that are handed to it, and never opens one itself.
#pragma once

#include "runtime/process/descriptor.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/middleman_actor.hpp>

namespace skein::console {

/// Ask it as any middleman actor; host and port are ignored. `next` is the other end of a
/// SOCK_SEQPACKET pair: each packet is the number of a connected socket that the middleman owns
/// from then on. A system needs one of them.
[[nodiscard]] caf::io::middleman_actor socket_middleman(caf::actor_system& system,
                                                        process::descriptor next);

}  // namespace skein::console
