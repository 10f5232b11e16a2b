// Intake: validates, freezes, fingerprints and stores what comes in. Nothing enters past it.
#pragma once

#include "actors/parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

namespace skein::actors {

struct intake_state {
  static inline const char* name = "intake";

  intake_actor::pointer self;
  surroundings_ptr world;
  store_actor store;

  explicit intake_state(intake_actor::pointer self) : self(self) {}

  caf::typed_response_promise<submitted> submit(const submit_run& order);
  caf::typed_response_promise<campaign_submitted> submit(const submit_campaign& order);
  caf::typed_response_promise<retried> retry(const retry_campaign& order);

 private:
  /// It starts by itself at its times.
  void begin_timetable(caf::typed_response_promise<campaign_submitted> promise,
                       const submit_campaign& order);
  void begin_campaign(caf::typed_response_promise<campaign_submitted> promise,
                      std::shared_ptr<const submit_campaign> order);
};

intake_actor::behavior_type intake(intake_actor::stateful_pointer<intake_state> self,
                                   surroundings_ptr world, store_actor store);

}  // namespace skein::actors
