// The repository actor: the control plane's side of git and artifacts. Never touches a workspace.
// Keeps count of who uses which base checkout, and drops unused ones when there are too many.
#pragma once

#include "actors/base_cache.hpp"
#include "actors/parts.hpp"

#include <caf/actor_addr.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

namespace skein::actors {

struct repository_state {
  static inline const char* name = "repository";

  repository_actor::stateful_pointer<repository_state> self;
  surroundings_ptr world;
  base_cache bases;

  explicit repository_state(repository_actor::stateful_pointer<repository_state> self)
      : self(self) {}

  caf::typed_response_promise<prepared_base> prepare(const prepare_base& ask);
  caf::typed_response_promise<carried_change> carry(const carry_change& ask);
  void requester_gone(const caf::actor_addr& who);
};

repository_actor::behavior_type repository(
    repository_actor::stateful_pointer<repository_state> self, surroundings_ptr world);

}  // namespace skein::actors
