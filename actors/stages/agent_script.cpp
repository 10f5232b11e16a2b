// Stage agent: kind script. The steps run inside the cell, one tool call actor each; what they left
// in the workspace is the result, whatever they say.
#include "actors/stages/agent.hpp"
#include "actors/tool_call.hpp"

namespace skein::actors::stages {

namespace {

void next_step(run_state& run);

std::string step_name(const run_state& run) {
  return "step " + std::to_string(run.next + 1) + " of " +
         std::to_string(run.task.spec.agent.steps.size());
}

/// All steps are done: keep their log as one text, then read the change.
void steps_done(run_state& run) {
  if (run.task.spec.agent.steps.size() <= 1) return collect(run);
  run.ask<stored_text>(run.parts.repository, std::chrono::minutes{1},
                       put_text{std::exchange(run.agent_log, {}), run.secrets}, "store the agent's log",
                       [&run](const stored_text& stored) {
                         run.row.log_ref = stored.ref;
                         collect(run);
                       });
}

void step_failed(run_state& run, const call_outcome& outcome) {
  const auto& result = outcome.result;
  if (result.end == cell::command_end::output_exceeded) {
    return budget_used_up(run,
                          step_name(run) + " wrote more than shellOutputBytes allows (" +
                              std::to_string(run.task.spec.budget.shell_output_bytes) +
                              "): its process tree was killed",
                          outcome.log_ref);
  }
  stage_failure failure;
  failure.state = schema::run_state::budget_exhausted;
  failure.cls = schema::failure_class::f6;
  failure.component = "tool:run_shell";
  failure.log_ref = outcome.log_ref;
  failure.retryable = false;
  failure.next_action = "read `skein logs " + run.row.id + "`, mend the step, submit again";
  switch (result.end) {
    case cell::command_end::timed_out:
      failure.cls = schema::failure_class::f4;
      failure.reason = step_name(run) + " timed out; its process tree was killed";
      break;
    case cell::command_end::signalled:
      failure.reason = step_name(run) + " was ended by signal " + std::to_string(result.code);
      break;
    default:
      failure.reason = step_name(run) + " exited with status " + std::to_string(result.code);
  }
  run.fail_attempt(std::move(failure));
}

/// F3: the policy said no, so nothing was executed.
void step_denied(run_state& run, const policy::decision& said) {
  stage_failure failure;
  failure.state = schema::run_state::blocked;
  failure.cls = schema::failure_class::f3;
  failure.reason = step_name(run) + " is not allowed: policy " + said.rule + ": " + said.reason;
  failure.component = "policy:" + said.rule;
  failure.log_ref = run.row.log_ref;
  failure.policy_needs_fix = false;
  failure.next_action = said.alternative.empty()
                            ? "see `skein policy explain " + said.rule + "`"
                            : said.alternative;
  run.fail(std::move(failure));
}

void step_ended(run_state& run, call_outcome& outcome) {
  if (outcome.denied) return step_denied(run, *outcome.denied);
  auto& used = run.row.used;
  ++used.tool_calls;
  used.cpu_ms += outcome.result.cpu_ms;
  used.shell_output_bytes += outcome.result.output_bytes;
  run.row.log_ref = outcome.log_ref;
  const auto& step = run.task.spec.agent.steps[run.next];
  run.agent_log += "$ " + step.run + "\n" + outcome.result.output;
  const bool succeeded =
      outcome.result.end == cell::command_end::exited && outcome.result.code == 0;
  if (!succeeded) return step_failed(run, outcome);
  ++run.next;
  next_step(run);
}

void next_step(run_state& run) {
  const auto& spec = run.task.spec;
  if (run.next == spec.agent.steps.size()) return steps_done(run);
  if (run.row.used.tool_calls >= spec.budget.tool_calls) {
    return budget_used_up(run,
                          "all " + std::to_string(spec.budget.tool_calls) +
                              " tool calls are used up before " + step_name(run),
                          run.row.log_ref);
  }
  const auto& step = spec.agent.steps[run.next];
  tool_call_spec call;
  call.run_id = run.row.id;
  call.campaign = run.row.campaign;
  call.tenant = run.row.tenant;
  call.attempt = run.row.attempt;
  call.ordinal = static_cast<std::uint32_t>(run.next + 1);
  call.tool = "run_step";
  call.around = run.circumstances();
  call.secrets = run.secrets;
  call.arguments = {{"command", step.run}};
  cell::command what;
  what.line = step.run;
  what.timeout = std::min(step.timeout.value_or(run.wall_clock_left()), run.wall_clock_left());
  const auto spent = run.row.used.shell_output_bytes;
  const auto allowed = spec.budget.shell_output_bytes;
  what.output_limit = spent < allowed ? allowed - spent : 0;
  what.kill_on_output_limit = true;
  call.step = std::move(what);
  auto actor = run.self->spawn(tool_call, run.parts.world, run.parts.store, run.parts.repository, run.workspace,
                               std::move(call));
  run.ask<call_outcome>(actor, run.wall_clock_left() + std::chrono::minutes{1}, perform_call{},
                        step_name(run), [&run](call_outcome& outcome) { step_ended(run, outcome); });
}

}  // namespace

void script_agent(run_state& run) {
  run.next = 0;
  run.agent_log.clear();
  run.ask<phase_entered>(run.workspace, std::chrono::minutes{2}, enter_phase{"agent", nullptr},
                         "enter the cell", [&run](const phase_entered&) { next_step(run); });
}

}  // namespace skein::actors::stages
