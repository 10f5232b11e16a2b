// The scheduler: admits queued runs while there is room and nothing holds them back. What goes
// first is decided by schedule::chooser; here its facts are gathered and its choices made durable.
// A queued run is a row; the first few of each lane are in memory.
#pragma once

#include "actors/parts.hpp"
#include "actors/system/tenant.hpp"
#include "runtime/schedule/chooser.hpp"
#include "runtime/schedule/ledger.hpp"
#include "runtime/schedule/window.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <map>
#include <set>
#include <string>
#include <unordered_map>

namespace skein::actors {

using admission_listener =
    caf::typed_actor<caf::reacts_to<run_admitted>, caf::reacts_to<preempt_run>>;

struct scheduler_options {
  std::uint32_t cells = 2;        ///< of the worker, without the runs that are prepared ahead
  std::uint32_t publishing = 16;  ///< runs past their cell that may wait for the outbox
  /// An embedded fleet works only on what it was started for, not on whatever else is queued.
  bool focused = false;
  std::vector<std::string> only_campaigns;
  std::vector<std::string> only_runs;

  [[nodiscard]] bool in_focus(const std::string& campaign, const std::string& run_id) const;
};

struct scheduler_state {
  static inline const char* name = "scheduler";

  struct admission {
    std::string tenant;
    std::string campaign;
    std::int64_t since_ms = 0;
    schema::usage used_before;
    bool publishing = false;  ///< it was told that it may open its pull request
  };
  /// What is known of a campaign that has rows in the queue.
  struct campaign_gate {
    schedule::campaign_terms terms;
    double usd = 0;  ///< limit; 0: none
    std::uint32_t max_open_pull_requests = 0;  ///< 0: any number
    std::int64_t full_until_ms = 0;            ///< so many are open: looked at again then
    std::optional<schedule::window> window;
    schedule::time_zone zone;
  };
  struct refusal {
    std::string reason;
    std::int64_t until_ms = 0;
  };

  scheduler_actor::pointer self;
  surroundings_ptr world;
  store_actor store;
  admission_listener fleet;
  budget_listener budgets;
  scheduler_options options;

  std::unique_ptr<schedule::chooser> chooser;
  schedule::ledger platform;  ///< of all tenants together; theirs are in their actors
  std::unordered_map<std::string, admission> admitted;  ///< by run id
  std::map<std::string, campaign_gate> campaigns;
  std::map<std::string, refusal> refused;  ///< by run id: what its tenant said
  std::map<std::string, refusal> shut;     ///< by tenant: it said no to all of its runs
  std::map<std::string, tenant_actor> tenants;
  switch_list switches;
  std::int64_t last_seq = 0;  ///< rows up to this one are known or counted
  bool ready = false;         ///< the queue was looked at as a whole
  bool pulling = false;       ///< one walk over new rows at a time
  bool pull_again = false;
  bool walk_anew = false;  ///< the next page is the first again
  bool comparing = false;
  std::uint32_t committing = 0;  ///< admissions on their way to the disk
  std::uint32_t idle_ticks = 0;
  std::set<std::pair<std::string, std::string>> refilling;  ///< lanes

  explicit scheduler_state(scheduler_actor::pointer self) : self(self) {}

  void start(const tenant_list& so_far);
  /// New rows, then choices.
  void dispatch();
  void idle();
  void changed(const queue_changed& what);
  void switch_to(const switch_list& now);
  void focus(const focus_on& more);
  void adopt(const run_adopted& fact);
  void cell_free(const std::string& run_id);
  void run_over(const run_finished& fact);
  /// Its campaign's limit of open ones, then its tenant's of new ones.
  caf::typed_response_promise<pull_request_answer> take(const take_pull_request& ask);
  [[nodiscard]] why_answer why(const std::string& run_id) const;
  [[nodiscard]] load_answer load() const;

 private:
  void pull();
  void pulled();
  void choose();
  void admit(const schedule::choice& chosen);
  void take_of_campaign(const take_pull_request& ask,
                        caf::typed_response_promise<pull_request_answer> promise);
  void take_of_tenant(const take_pull_request& ask,
                      caf::typed_response_promise<pull_request_answer> promise);
  /// True when one more stays within the campaign's limit. `rows`: what is opening or open.
  [[nodiscard]] bool room_for(const take_pull_request& ask, std::uint32_t most,
                              const pull_request_list& rows) const;
  /// Each run at work may open a pull request yet: with the open ones they stay within the limit.
  void count_open(const store::queued_run& run);
  void lease(const store::queued_run& run);
  void refuse(const store::queued_run& run, const lease_answer& said);
  /// Looks at what was closed for a time.
  void reopen();
  [[nodiscard]] bool switched_off(const std::string& tenant) const;
  void commit_admission(const store::queued_run& run);
  void not_admitted(const std::string& run_id);
  void refill();
  /// Reads the lanes of the campaign again that have other rows on disk than here.
  void compare(const std::string& campaign, bool unless_moved);
  void reload(const store::queue_counts& stored, const std::string& campaign);
  /// A row that left the queue may be in it again.
  void look_for(const std::string& run_id);
  /// `then` when the campaigns of all rows are known.
  void with_campaigns(const queued_list& rows, std::function<void()> then);
  void read_campaigns(std::shared_ptr<std::vector<std::string>> names, std::function<void()> then);
  void read_campaign(const std::string& campaign, std::function<void()> then);
  void set_campaign(const store::campaign_row& row);
  void set_windows();
  void take(const queued_list& rows);
  [[nodiscard]] schedule::queue_entry entry_of(const store::queued_run& run) const;
  tenant_actor& tenant_of(const std::string& name);
  void know_tenant(const std::string& name, const store::tenant_usage& so_far);
};

scheduler_actor::behavior_type scheduler(scheduler_actor::stateful_pointer<scheduler_state> self,
                                         surroundings_ptr world, store_actor store,
                                         admission_listener fleet, budget_listener budgets,
                                         scheduler_options options, tenant_list so_far);

}  // namespace skein::actors
