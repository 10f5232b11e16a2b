// Stage agent, kinds model, replay and external: spawns the agent once an attempt, and judges how it ended.
#include "actors/external_agent.hpp"
#include "actors/model_agent.hpp"
#include "actors/stages/agent.hpp"

namespace skein::actors {

std::string_view to_string(agent_end value) noexcept {
  switch (value) {
    case agent_end::finished:
      return "finished";
    case agent_end::budget:
      return "budget";
    case agent_end::stuck:
      return "stuck";
    case agent_end::gave_up:
      return "gave_up";
    case agent_end::leaked:
      return "leaked";
    case agent_end::failed:
      return "failed";
  }
  return "failed";
}

namespace stages {

namespace {

/// What is left to do, for whoever reads that the budget is used up.
std::string remaining_problem(const run_state& run) {
  for (const auto& verdict : run.row.verdicts)
    if (verdict.required && verdict.status == schema::verdict_status::failed)
      return "; verifier " + verdict.name + " still failed after " +
             std::to_string(run.row.used.repairs) + " repairs";
  return {};
}

void spawn_agent(run_state& run, std::shared_ptr<model::provider> provider,
                 std::vector<tools::chosen_server> servers) {
  model_agent_spec spec;
  spec.servers = std::move(servers);
  spec.run = run.row;
  spec.task = run.task;
  spec.base = run.base;
  spec.checkout = run.prepared.checkout;
  spec.ignored = run.prepared.ignored;
  spec.verifiers = run.verifiers;
  spec.around = run.circumstances();
  spec.secrets = run.secrets;
  spec.canary = run.canary;
  if (run.task.spec.agent.kind == schema::agent_kind::replay)
    spec.replays = run.task.spec.agent.transcript;
  run.agent = run.self->spawn<caf::monitored>(actors::model_agent, run.parts, run.workspace,
                                              caf::actor_cast<usage_book>(run.self),
                                              std::move(provider), std::move(spec));
}

void ended(run_state& run, agent_done& done) {
  if (done.used_is_added) {
    run.row.used.tool_calls += done.used.tool_calls;
    run.row.used.cpu_ms += done.used.cpu_ms;
    run.row.used.shell_output_bytes += done.used.shell_output_bytes;
    run.row.used.repairs += done.used.repairs;
  } else {
    run.row.used = done.used;
  }
  run.row.log_ref = done.transcript;
  run.approval_wanted = done.approval_wanted;
  run.agent_summary = done.summary;
  run.behaviour_change = done.behaviour_change;
  stage_failure why;
  why.component = "agent";
  why.log_ref = done.transcript;
  why.reason = done.reason;
  switch (done.end) {
    case agent_end::finished:
      return collect(run);
    case agent_end::budget:
      return budget_used_up(run, done.reason + remaining_problem(run), done.transcript);
    case agent_end::stuck:
      return budget_used_up(run, "no progress: " + done.reason + remaining_problem(run),
                            done.transcript);
    case agent_end::gave_up: {
      store::advance_run with;
      with.log_ref = run.row.log_ref;
      with.event = {{"reason", done.reason}};
      return run.finish(schema::run_state::analysis_only, std::move(with));
    }
    case agent_end::leaked:
      why.state = schema::run_state::blocked;
      why.cls = schema::failure_class::f7;
      why.secret_scan = "found";
      why.next_action = "see `skein trace " + run.row.id + "` and `skein get incidents`";
      return run.fail(std::move(why));
    case agent_end::failed:
      why.state = schema::run_state::infrastructure_failed;
      why.cls = schema::failure_class::f9;
      why.component = run.task.spec.agent.kind == schema::agent_kind::external
                          ? "agent:" + run.task.spec.agent.use
                          : "provider:" + run.task.spec.agent.provider;
      why.retryable = true;
      why.next_action = "check the provider and its key, then submit the task again";
      return run.fail(std::move(why));
  }
}

/// A repair begins in a fresh workspace with the change so far.
std::string phase_name(const run_state& run) {
  return run.feedback ? "agent-repair-" + std::to_string(run.row.used.repairs + 1) : "agent";
}

void perform(run_state& run) {
  const auto with = run.feedback ? run.change : nullptr;
  run.ask<phase_entered>(
      run.workspace, std::chrono::minutes{2}, enter_phase{phase_name(run), with}, "enter the cell",
      [&run](const phase_entered&) {
        const auto left = run.wall_clock_left();
        run.ask<agent_done>(run.agent, left + std::chrono::minutes{1},
                            perform_agent{std::exchange(run.feedback, std::nullopt), left, run.row.used},
                            "let the agent work",
                            [&run](agent_done& done) { ended(run, done); });
      });
}

}  // namespace

void external_agent(run_state& run) {
  if (!run.agent) {
    external_agent_spec spec;
    spec.run = run.row;
    spec.task = run.task;
    spec.adapter = run.parts.world->rules.agents.at(run.task.spec.agent.use);
    spec.values = {run.gateway->token(), run.gateway_model};
    spec.around = run.circumstances();
    spec.secrets = run.secrets;
    run.agent = run.self->spawn<caf::monitored>(actors::external_agent, run.parts, run.workspace,
                                                std::move(spec), run.self->address());
  }
  perform(run);
}

void model_agent(run_state& run) {
  if (!run.agent) {
    auto selected =
        run.parts.world->rules.verifiers.select(run.task.spec, run.prepared.root_entries);
    if (!selected) return run.attempt_lost(selected.error());
    run.verifiers = std::move(*selected);
    const auto& models = run.parts.world->models.by_name;
    const auto found = models.find(run.task.spec.agent.provider);
    const bool replays = run.task.spec.agent.kind == schema::agent_kind::replay;
    if (!replays && (found == models.end() || !found->second.ask)) {
      return run.attempt_lost(
          {errc::unsupported,
           found == models.end() ? "there is no provider " + run.task.spec.agent.provider
                                 : found->second.unavailable,
           "name one of skein.yaml's `providers`, or set the key of a built-in one"});
    }
    auto servers = tools::servers_of(run.parts.world->rules.tools, run.task.spec.agent.tools);
    if (!servers) {
      // Another attempt would find the same files.
      return run.attempt_lost(
          {errc::unsupported, servers.error().message, servers.error().remedy});
    }
    spawn_agent(run, replays ? nullptr : found->second.ask, std::move(*servers));
  }
  perform(run);
}

}  // namespace stages

}  // namespace skein::actors
