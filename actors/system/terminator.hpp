// The terminator: ends a fleet in order, and says so when the order could not be kept.
#pragma once

#include "actors/protocol.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>

namespace skein::actors {

struct terminator_state {
  static inline const char* name = "terminator";
};

/// Answers when the fleet has parked its runs and let its children go, or with the error `timeout`
/// after `deadline`.
terminator_actor::behavior_type terminator(
    terminator_actor::stateful_pointer<terminator_state> self, fleet_actor fleet,
    std::chrono::milliseconds deadline);

}  // namespace skein::actors
