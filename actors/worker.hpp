// The embedded worker: turns "open this attempt" into a workspace actor of its own.
#pragma once

#include "actors/parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <set>
#include <string>

namespace skein::actors {

struct worker_state {
  static inline const char* name = "worker";
  workspace::strategy how = workspace::strategy::overlay;
};

worker_actor::behavior_type worker(worker_actor::stateful_pointer<worker_state> self,
                                   surroundings_ptr world, workspace::strategy how);

}  // namespace skein::actors
