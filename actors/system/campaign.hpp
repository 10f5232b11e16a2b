// The campaign actor: opens waves, halts, pauses, completes. Decides from stored totals only.
#pragma once

#include "actors/parts.hpp"
#include "runtime/schedule/outcome.hpp"

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
  store::pull_request_totals pull_requests;  ///< as last counted
  schedule::outcome_figures excused;  ///< what an operator has seen and let pass

  explicit campaign_walk(campaign_actor::pointer self) : self(self) {}

  /// Counts, decides, acts.
  void look();
  void run_over();
  caf::typed_response_promise<campaign_answer> control(const control_campaign& order);

 private:
  /// Its pull requests, then its runs.
  void count(std::function<void(const totals_list&)> then,
             std::function<void(const caf::error&)> failed);
  void decide(const totals_list& totals);
  /// What its runs and pull requests came to.
  [[nodiscard]] schedule::outcome_figures figures(const totals_list& totals) const;
  [[nodiscard]] schedule::outcome_decision judged(const totals_list& totals) const;
  void resume(const store::set_campaign& what,
              caf::typed_response_promise<campaign_answer> promise);
  void carry_out(const store::set_campaign& what,
                 caf::typed_response_promise<campaign_answer> promise);
  void change(store::set_campaign what, std::function<void(const caf::error&)> then);
};

campaign_actor::behavior_type campaign(campaign_actor::stateful_pointer<campaign_walk> self,
                                       surroundings_ptr world, store_actor store,
                                       scheduler_actor scheduler, store::campaign_row row);

}  // namespace skein::actors
