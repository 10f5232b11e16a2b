// The approvals actor: what waits for people. Who may answer, and what an answer does, the store
// decides in the transaction that keeps it; here is when to ask again and when to stop waiting.
#pragma once

#include "actors/parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

namespace skein::actors {

struct approvals_state {
  static inline const char* name = "approvals";

  approvals_actor::pointer self;
  surroundings_ptr world;
  store_actor store;
  run_listener fleet;

  explicit approvals_state(approvals_actor::pointer self) : self(self) {}

  caf::typed_response_promise<run_decided> decide(const decide_run& order);
  void look();

 private:
  void expire(const schema::approval& waiting);
  void escalate(const schema::approval& waiting);
};

/// `fleet` hears of every run that ends here.
approvals_actor::behavior_type approvals(approvals_actor::stateful_pointer<approvals_state> self,
                                         surroundings_ptr world, store_actor store,
                                         run_listener fleet);

}  // namespace skein::actors
