// The fleet: root supervisor. Recovers at start, spawns and restarts what crashes (one for one, with
// bounded intensity), carries switches through the tree, and stops in order.
#pragma once

#include "actors/parts.hpp"
#include "actors/system/scheduler.hpp"

#include <caf/actor_addr.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>

namespace skein::actors {

/// How the fleet makes its children; tests put fakes here.
struct fleet_factory {
  std::function<store_actor()> store;
  std::function<worker_actor()> worker;
  std::function<repository_actor()> repository;
  std::function<publisher_actor(store_actor)> publisher;
};

struct fleet_state {
  static inline const char* name = "fleet";

  struct live_run {
    run_actor actor;
    run_finished who;       ///< without the outcome
    std::string repo_url;
    bool holds_cell = true;
    run_adopted lease;      ///< what a new scheduler has to know
  };

  fleet_actor::pointer self;
  surroundings_ptr world;
  fleet_factory factory;
  scheduler_options options;

  run_parts parts;
  scheduler_actor scheduler;
  intake_actor intake;
  approvals_actor approvals;
  timetable_actor timetables;  ///< none in a fleet that has a focus
  std::unordered_map<std::string, live_run> runs;       ///< by run id
  std::map<caf::actor_addr, std::string> run_of_actor;  ///< for DOWN
  std::map<std::string, campaign_actor> campaigns;
  switch_list switches;
  std::deque<std::int64_t> restarts_ms;
  bool stopping = false;
  std::string failure;  ///< why the fleet cannot go on; empty: it can

  explicit fleet_state(fleet_actor::pointer self) : self(self) {}

  caf::typed_response_promise<booted> start();
  void start_run(const run_admitted& fact);
  void run_over(const run_finished& fact);
  void cell_free(const cell_released& fact);
  void down(const caf::down_msg& message);
  void budget_over(const budget_gone& fact);

  caf::typed_response_promise<submitted> submit(const submit_run& order);
  /// `then`, or a refusal while the queue is full.
  template <class Answer>
  void if_room(caf::typed_response_promise<Answer> promise,
               std::function<void(const load_answer&)> then);
  caf::typed_response_promise<campaign_submitted> submit(const submit_campaign& order);
  caf::typed_response_promise<retried> retry(const retry_campaign& order);
  caf::typed_response_promise<campaign_answer> control(const control_campaign& order);
  caf::typed_response_promise<switch_report> operate(const operate_switch& order);
  caf::typed_response_promise<switch_report> lift(const operate_lift& order);
  caf::typed_response_promise<submitted> attach(const attach_run& order);
  caf::typed_response_promise<run_decided> decide(const decide_run& order);
  caf::typed_response_promise<fleet_stopped> stop();
  [[nodiscard]] active_answer active() const;
  void preempt(const preempt_run& order);

 private:
  /// Supervises `child`.
  template <class Handle>
  void adopt(const Handle& child);
  void spawn_system(tenant_list so_far);
  void spawn_scheduler(tenant_list so_far);
  void spawn_approvals();
  void spawn_timetables();
  /// There is no such campaign: it may be a timetable.
  void control_timetable(const control_campaign& order,
                         caf::typed_response_promise<campaign_answer> promise);
  void spawn_run(const schema::run& row, const schema::task& task);
  void focus(const std::string& campaign, const std::string& run_id);
  void spawn_campaign(const std::string& name);
  /// The campaign's live actor, spawned if there is none.
  campaign_actor adopt_campaign(const store::campaign_row& row);
  /// What becomes of a run that was at work when its actor or the whole process died.
  void recover(const schema::run& row, std::function<void()> then);
  /// Spawns the run that only has to be published.
  void publish_on(const schema::run& row, std::function<void()> then);
  void recover_all(std::shared_ptr<run_list> rows, std::function<void()> then);
  void end_interrupted(const schema::run& row, schema::run_state state, schema::failure_class cls,
                       const std::string& reason, std::function<void()> then);
  [[nodiscard]] const store::switch_row* kill_switch_for(const std::string& tenant,
                                                         const std::string& campaign,
                                                         const std::string& repo_url,
                                                         const std::string& run_id) const;
  void reload_switches(std::function<void()> then);
  /// Kills live and queued runs of a scope; `then` gets the counts when the last one is dead.
  void stop_scope(store::switch_scope scope, const std::string& target, const std::string& reason,
                  std::function<void(switch_report)> then);
  /// Ends what a process that is gone left at work; `then` gets how many.
  void stop_left_behind(store::switch_scope scope, const std::string& target,
                        const std::string& reason, std::function<void(std::uint64_t)> then);
  void finish_queued_rows(store::finish_queued order, std::uint64_t so_far,
                          std::function<void(std::uint64_t)> then);
  [[nodiscard]] bool restart_allowed();
  void give_up(const std::string& why);
};

fleet_actor::behavior_type fleet(fleet_actor::stateful_pointer<fleet_state> self,
                                 surroundings_ptr world, fleet_factory factory,
                                 scheduler_options options);

}  // namespace skein::actors
