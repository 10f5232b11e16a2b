// The scheduler: admits queued runs while there are cells, leases and nothing holds them back.
// A queued run is a row; only what is being admitted or at work is in memory here.
#pragma once

#include "actors/parts.hpp"
#include "actors/system/tenant.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <set>
#include <string>
#include <unordered_map>

namespace skein::actors {

using admission_listener = caf::typed_actor<caf::reacts_to<run_admitted>>;

struct scheduler_options {
  std::uint32_t cells = 2;        ///< of the worker
  std::uint32_t ahead = 0;        ///< runs whose repository is prepared while no cell is free
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
    std::string repo_url;
    bool needs_cell = true;  ///< has one or waits for one
  };

  scheduler_actor::pointer self;
  surroundings_ptr world;
  store_actor store;
  admission_listener fleet;
  budget_listener budgets;
  scheduler_options options;

  std::unordered_map<std::string, admission> admitted;  ///< by run id
  std::set<std::string> busy_repos;
  std::map<std::string, std::uint32_t> campaign_active;
  std::map<std::string, std::uint32_t> campaign_limit;  ///< 0: none of its own
  std::map<std::string, tenant_actor> tenants;
  switch_list switches;
  std::uint32_t needing_cell = 0;
  bool looking = false;     ///< one walk over the queue at a time
  std::uint32_t page_limit = 0;  ///< rows asked for in the walk's current page
  bool look_again = false;

  explicit scheduler_state(scheduler_actor::pointer self) : self(self) {}

  void dispatch();
  void focus(const focus_on& more);
  void adopt(const run_adopted& fact);
  void cell_free(const std::string& run_id);
  void run_over(const run_finished& fact);
  [[nodiscard]] load_answer load() const;

 private:
  [[nodiscard]] std::uint32_t free_places() const;
  [[nodiscard]] store::queue_filter filter(std::int64_t after_seq) const;
  void walk(std::int64_t after_seq, int pages_left);
  void consider(std::shared_ptr<queued_list> page, std::size_t index, int pages_left);
  void done_looking();
  [[nodiscard]] bool held_back(const store::queued_run& run) const;
  void with_campaign_limit(const store::queued_run& run, std::function<void(bool)> then);
  void admit(const store::queued_run& run, std::function<void()> then);
  void forget(const std::string& run_id);
  tenant_actor& tenant_of(const std::string& name);
};

scheduler_actor::behavior_type scheduler(scheduler_actor::stateful_pointer<scheduler_state> self,
                                         surroundings_ptr world, store_actor store,
                                         admission_listener fleet, budget_listener budgets,
                                         scheduler_options options, tenant_list so_far);

}  // namespace skein::actors
