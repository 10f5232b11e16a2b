// The repository actor: the control plane's side of git and artifacts. Never touches a workspace.
#pragma once

#include "actors/parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace skein::actors {

struct repository_state {
  static inline const char* name = "repository";
};

repository_actor::behavior_type repository(
    repository_actor::stateful_pointer<repository_state> self, surroundings_ptr world);

}  // namespace skein::actors
