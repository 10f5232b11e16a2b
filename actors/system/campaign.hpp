// The campaign actor: opens waves, halts, pauses, completes. Decides from stored totals only.
#pragma once

#include "actors/parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

namespace skein::actors {

struct campaign_walk {
  static inline const char* name = "campaign";

  campaign_actor::pointer self;
  surroundings_ptr world;
  store_actor store;
  scheduler_actor scheduler;
  store::campaign_row row;
  std::int64_t all_final_ms = 0;  ///< since when the open wave is all final; 0: it is not
  std::int64_t outstanding = 0;   ///< runs of open waves that are not final, as last counted
  bool looking = false;

  explicit campaign_walk(campaign_actor::pointer self) : self(self) {}

  /// Counts, decides, acts.
  void look();
  void run_over();
  caf::typed_response_promise<campaign_answer> control(const control_campaign& order);

 private:
  void decide(const totals_list& totals);
  void change(store::set_campaign what, std::function<void(const caf::error&)> then);
};

campaign_actor::behavior_type campaign(campaign_actor::stateful_pointer<campaign_walk> self,
                                       surroundings_ptr world, store_actor store,
                                       scheduler_actor scheduler, store::campaign_row row);

}  // namespace skein::actors
