// The run actor: walks one run through prepare → agent → verify → gate → publish. Every step is made
// durable before the next one begins; what each stage does is in stages/.
//
//   spawn ─▶ prepare ─▶ agent ─▶ verify ─▶ gate ─▶ publish ─▶ final
//               ▲          │        │        │        │
//               └──────────┴────────┘ clean retry     │   kill_run, wall clock, budget: from anywhere
//                 (new attempt, new epoch)            └▶ outbox knows what happened
#pragma once

#include "actors/errors.hpp"
#include "actors/parts.hpp"
#include "runtime/verify/mutants.hpp"
#include "runtime/diff/change.hpp"
#include "runtime/model/provider.hpp"
#include "schema/run.hpp"
#include "schema/task.hpp"

#include <caf/actor_addr.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <functional>
#include <stop_token>
#include <vector>

namespace skein::actors {

/// What a stage knows when it gives up: the parts of a failure record that only it can fill.
struct stage_failure {
  schema::run_state state = schema::run_state::infrastructure_failed;
  schema::failure_class cls = schema::failure_class::f10;
  std::string reason;
  std::string component;
  std::string log_ref;
  std::string secret_scan = "not_scanned";
  bool retryable = false;
  std::string next_action;
  bool policy_needs_fix = false;
};

struct run_state {
  static inline const char* name = "run";

  run_actor::stateful_pointer<run_state> self = nullptr;
  run_parts parts;
  schema::run row;
  schema::task task;

  // Of the current attempt.
  git::base base;
  prepared_base prepared;
  workspace_actor workspace;
  std::shared_ptr<gateway::gateway> gateway;  ///< of kind external
  std::string gateway_model;
  std::function<void(const model::spending&, std::uint64_t tokens_out)> charge_gateway;
  agent_actor agent;  ///< of any kind but script; stays for repairs
  std::optional<model::turn> feedback;  ///< what the agent has to hear next
  std::vector<std::string> approval_wanted;  ///< by the agent
  std::shared_ptr<const workspace::change_set> change;
  git::diff diff;
  std::vector<schema::finding> findings;       ///< secrets
  std::vector<schema::finding> gate_findings;  ///< of the diff gate
  bool raised_risk = false;
  schema::risk_level computed_risk = schema::risk_level::low;
  std::shared_ptr<const diff::change> parsed_change;
  std::string agent_summary;     ///< the agent's words, like the next
  std::string behaviour_change;
  bool carried = false;          ///< the change is an earlier run's; nobody of this attempt worked on it
  bool vetoed = false;           ///< a judge's veto went back to the agent once
  std::shared_ptr<model::pending> judging;
  std::vector<verify::verifier> verifiers;
  std::size_t next = 0;      ///< step or verifier at work
  std::vector<verify::mutant> mutants;  ///< that are still to be noticed, the first one at work
  std::string agent_log;
  std::string canary;  ///< nobody has a reason to say it
  std::shared_ptr<const scan::secret_scanner> secrets;  ///< knows the canary
  std::uint32_t ways_out_tried = 0;

  std::stop_source stop;     ///< cancels blocking work of the current attempt
  std::int64_t stage_began_ms = 0;
  bool waits_for_cell = false;  ///< that time counts as schedule, and not as wall clock
  bool cell_held = true;     ///< the scheduler counts a cell for this run
  bool waits_for_quota = false;  ///< in stage publish, with nothing sent
  bool ending = false;       ///< a final state or a park is on its way
  std::optional<kill_run> kill_order;  ///< came during publish: obeyed when the outcome is known

  /// Continuations of an earlier generation are dropped: a kill or a retry starts a new one.
  std::uint32_t generation = 0;

  explicit run_state(run_actor::stateful_pointer<run_state> self) : self(self) {}
  /// Nobody is asked in the name of a run that is gone.
  ~run_state();

  /// A new canary, and a scanner that finds it.
  [[nodiscard]] result<> plant_canary();

  /// Works on from the stage that the stored state names. (Not `begin`: CAF takes a state with that
  /// member for a container.).
  void start();

  /// Wraps a continuation so that it does nothing once the run has moved to another generation.
  template <class F>
  [[nodiscard]] auto current(F then) {
    return [this, born = generation, then = std::move(then)]() mutable {
      if (born == generation) then();
    };
  }
  /// The same for the answer of a request, and for its failure.
  template <class Answer, class F>
  [[nodiscard]] auto answered(F then) {
    return [this, born = generation, then = std::move(then)](Answer& answer) mutable {
      if (born == generation) then(answer);
    };
  }
  template <class F>
  [[nodiscard]] auto unanswered(const std::string& attempted, F then) {
    return [this, born = generation, attempted, then = std::move(then)](
               const caf::error& failed) mutable {
      if (born == generation) then(from_caf(failed, attempted));
    };
  }

  /// What policies may know of this run.
  [[nodiscard]] policy::circumstances circumstances() const;

  /// Sends a request whose failure ends the attempt as an infrastructure failure.
  template <class Answer, class Handle, class Message, class Then>
  void ask(const Handle& whom, std::chrono::milliseconds timeout, Message message,
           const std::string& attempted, Then then) {
    self->request(whom, timeout, std::move(message))
        .then(answered<Answer>(std::move(then)),
              unanswered(attempted, [this](const error& why) { attempt_lost(why); }));
  }

  /// Commits the move to `to` with what `change` carries, updates the row, then calls `then`.
  void advance(schema::run_state to, store::advance_run with, std::function<void()> then);

  /// Clean retry while the budget has attempts left, else final with this failure.
  void fail_attempt(stage_failure why);
  /// As fail_attempt, for errors of the platform: `unsupported` and `refused` are final at once.
  void attempt_lost(const error& why);
  /// Ends the run without success.
  void fail(stage_failure why);
  /// Ends the run, or parks it (waiting_approval): in both cases this actor is done.
  void finish(schema::run_state final_state, store::advance_run with = {});

  /// Kills the cell and removes the workspace; `then` runs when the last process is dead. Several
  /// callers may wait for the same end.
  void close_workspace(std::function<void()> then);
  /// Tells the scheduler that this run needs no cell any more.
  void release_cell();

  /// Books the time since the last call to the stage, or to the wait for a cell.
  void book_time();

  /// Adds a fact to the trace; nobody waits for it.
  void note(const std::string& kind, nlohmann::json payload);

  /// Records what must not have happened, and says so in the log; nobody waits for it.
  void incident(const std::string& kind, const std::string& summary, nlohmann::json facts);
  void way_out_tried(const egress::event& what);
  void gateway_used(const schema::usage& used);
  void gateway_request(const struct gateway_request& told);

  /// The agent is about to spend: durable before it does.
  caf::typed_response_promise<usage_booked> book(const book_usage& ask);

  caf::typed_response_promise<run_stopped> kill(const kill_run& order);
  void obey(const kill_run& order);
  caf::typed_response_promise<run_stopped> park();
  void wall_clock_over();
  /// The workspace died without being asked to, or the worker while a cell was waited for.
  void peer_down(const caf::actor_addr& source);

  [[nodiscard]] std::int64_t now() const { return parts.world->now_ms(); }
  /// Never less than a millisecond. Neither waiting nor a crash uses it up.
  [[nodiscard]] std::chrono::milliseconds wall_clock_left() const;
  [[nodiscard]] std::int64_t wall_clock_used_ms() const;
  [[nodiscard]] schema::failure record(const stage_failure& why) const;

 private:
  void commit_final(store::advance_run with);
  /// Calls `then` once no commit of this run is on its way: only then is the stored state known.
  void when_settled(std::function<void()> then);

  bool committing_ = false;
  std::function<void()> settled_;
  std::vector<std::function<void()>> closed_;
  std::vector<caf::typed_response_promise<run_stopped>> waiting_;
};

run_actor::behavior_type run_behavior(run_actor::stateful_pointer<run_state> self, run_parts parts,
                                      schema::run row, schema::task task);

}  // namespace skein::actors
