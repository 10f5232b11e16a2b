// Looks after the pull requests that the fleet has opened: sees what people and checks make of
// them, tells failed checks, has them made anew when their base moves, reminds, closes what nobody
// wants and deletes its branch. Spawned by
// the publisher; what a base that moved means for them is in pull_requests_base.cpp. Every write is preceded by a look at the kill switches and can be repeated.
#pragma once

#include "actors/forges.hpp"
#include "actors/parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace skein::actors {

/// Sender: its own clock, and the publisher for look_at. A lost tick is made good by the next.
using pull_requests_actor = caf::typed_actor<caf::reacts_to<idle_tick>, caf::reacts_to<look_at>,
                                             caf::reacts_to<job_done>>;

struct pull_requests_state {
  static inline const char* name = "pull_requests";

  pull_requests_actor::pointer self;
  surroundings_ptr world;
  store_actor store;

  explicit pull_requests_state(pull_requests_actor::pointer self) : self(self) {}
  /// Looks at what is due.
  void look();
  /// These are due now; one that is being looked at is looked at again.
  void look_soon(const look_at& what);

 private:
  struct visit;
  using visit_ptr = std::shared_ptr<visit>;
  struct plan {
    std::int64_t next_ms = 0;
    std::int64_t distance_ms = 0;
    bool busy = false;
    bool again = false;  ///< something happened while it was busy
    std::string fits;    ///< the commit of the base that it was last found to fit
  };

  void begin(const store::pull_request_row& row, forge_place_ptr place);
  void settle_claim(const visit_ptr& now);
  void read(const visit_ptr& now);
  void seen(const visit_ptr& now);
  void judge_checks(const visit_ptr& now);
  /// Gives failed checks back to the run's agent, as a run of its own on the branch; `then` when it
  /// is queued, or when nobody can work on it.
  void feed_back(const visit_ptr& now, std::uint32_t round, std::function<void()> then);
  /// Queues a run of ours on the pull request; `then` when it is there, also from before a crash.
  void queue(const visit_ptr& now, const schema::run& origin, const schema::task& task,
             const std::string& id, std::function<void()> then);
  /// The run's task, if it is on record.
  void read_task(const visit_ptr& now, const schema::run& run,
                 std::function<void(const schema::task&)> then);

  // pull_requests_base.cpp
  /// Whether it fits its base as that is now; if not, it is made anew there. Ends in judge_age, or
  /// ends the visit.
  void judge_base(const visit_ptr& now);
  void compare_base(const visit_ptr& now, const std::string& head);
  void outdated(const visit_ptr& now, const std::string& head);
  void settle_base(const visit_ptr& now, const schema::run& origin, forge::moved_base facts);
  void rebase(const visit_ptr& now, const schema::run& origin);
  /// Tells people once why it is not made anew.
  void leave_base(const visit_ptr& now, forge::rebase_step why);
  /// `then` hears of the run, or null when there is none; no answer ends the visit.
  void with_run(const visit_ptr& now, const std::string& id,
                std::function<void(const schema::run*)> then);
  /// `then`, unless a run of ours is on its way to the branch: then the visit ends.
  void unless_at_work(const visit_ptr& now, std::function<void()> then);

  void judge_age(const visit_ptr& now);
  void remind(const visit_ptr& now);
  void close(const visit_ptr& now);
  void remove_branch(const visit_ptr& now);
  /// Ends the visit; the next one is sooner when something happened.
  void done(const visit_ptr& now, bool moved);
  void keep(const visit_ptr& now, store::set_pull_request what, std::function<void()> then);
  /// `then` unless a kill switch covers the run; reads are allowed all the same.
  void if_allowed(const visit_ptr& now, std::function<void()> then);
  template <class T, class Work>
  void ask(const visit_ptr& now, Work what, std::function<void(const forge::answer<T>&)> then);

  std::map<std::string, plan> plans_;  ///< by run
};

pull_requests_actor::behavior_type pull_requests(
    pull_requests_actor::stateful_pointer<pull_requests_state> self, surroundings_ptr world,
    store_actor store);

}  // namespace skein::actors
