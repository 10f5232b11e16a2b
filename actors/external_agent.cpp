#include "actors/external_agent.hpp"

#include <algorithm>

namespace skein::actors {

namespace {

constexpr std::chrono::seconds check_time{60};

/// The few words of a repair request for an agent that keeps no conversation.
std::string told(const model::turn& feedback) {
  std::string text = "\n" + feedback.text + "\n";
  for (const auto& span : feedback.spans) text += model::framed(span) + "\n";
  return text;
}

}  // namespace

caf::typed_response_promise<agent_done> external_agent_state::perform(const perform_agent& ask) {
  promise_ = self->make_response_promise<agent_done>();
  deadline_ms_ = parts.world->now_ms() + ask.time.count();
  added_ = {};
  if (ask.feedback) ++added_.repairs;
  auto prompt = agent::prompt_of(spec.task);
  if (ask.feedback) prompt += told(*ask.feedback);
  auto commands = agent::preparation(spec.adapter, spec.values, prompt);
  if (!commands) {
    end(agent_end::failed, commands.error().message);
    return promise_;
  }
  prepare(std::make_shared<std::vector<cell::command>>(std::move(*commands)), 0);
  return promise_;
}

void external_agent_state::prepare(std::shared_ptr<std::vector<cell::command>> commands,
                                   std::size_t index) {
  if (index == commands->size()) return check();
  auto& next = (*commands)[index];
  self->request(workspace, next.timeout + std::chrono::minutes{1}, execute{next})
      .then(
          [this, commands, index](const cell::command_result& done) {
            if (done.end != cell::command_end::exited || done.code != 0)
              return end(agent_end::failed, "the home of agent " + spec.adapter.name + " could not be made");
            prepare(commands, index + 1);
          },
          [this](const caf::error& why) { give_up(why); });
}

void external_agent_state::check() {
  if (spec.adapter.check.empty()) return work();
  auto what = agent::in_its_environment(spec.adapter, spec.values, spec.adapter.check);
  what.timeout = check_time;
  run("check_external_agent", std::move(what), [this](call_outcome& outcome) {
    if (outcome.result.end == cell::command_end::exited && outcome.result.code == 0) return work();
    log_ref_ = outcome.log_ref;
    end(agent_end::failed, "agent " + spec.adapter.name +
                               " is not installed where the cell sees it: `" + spec.adapter.check +
                               "` failed");
  });
}

void external_agent_state::work() {
  auto what = agent::in_its_environment(spec.adapter, spec.values, spec.adapter.command);
  what.timeout = std::chrono::milliseconds{std::max<std::int64_t>(deadline_ms_ - parts.world->now_ms(), 1)};
  const auto allowed = spec.task.spec.budget.shell_output_bytes;
  what.output_limit = allowed > 0 ? allowed : 1;
  run("run_external_agent", std::move(what), [this](call_outcome& outcome) { worked(outcome); });
}

void external_agent_state::worked(const call_outcome& outcome) {
  log_ref_ = outcome.log_ref;
  const auto& result = outcome.result;
  if (outcome.denied) return end(agent_end::failed, "policy " + outcome.denied->rule + " denies external agents");
  if (result.end == cell::command_end::timed_out)
    return end(agent_end::budget, "the agent did not end within the wall clock; its process tree was killed");
  if (result.end != cell::command_end::exited || result.code != 0)
    return end(agent_end::failed, "agent " + spec.adapter.name + " ended with " +
                                      (result.end == cell::command_end::exited ? "status " : "signal ") +
                                      std::to_string(result.code));
  end(agent_end::finished, "");
}

void external_agent_state::run(const std::string& tool, cell::command what,
                               std::function<void(call_outcome&)> then) {
  tool_call_spec call;
  call.run_id = spec.run.id;
  call.campaign = spec.run.campaign;
  call.tenant = spec.run.tenant;
  call.attempt = spec.run.attempt;
  call.ordinal = ++ordinal_;
  call.tool = tool;
  call.arguments = {{"command", what.line}};
  call.around = spec.around;
  call.secrets = spec.secrets;
  const auto patience = what.timeout + std::chrono::minutes{1};
  call.step = std::move(what);
  auto actor = self->spawn(tool_call, parts.world, parts.store, parts.repository, workspace,
                           std::move(call));
  self->request(actor, patience, perform_call{})
      .then(
          [this, then](call_outcome& outcome) {
            ++added_.tool_calls;
            added_.cpu_ms += outcome.result.cpu_ms;
            added_.shell_output_bytes += outcome.result.output_bytes;
            then(outcome);
          },
          [this](const caf::error& why) { give_up(why); });
}

void external_agent_state::end(agent_end how, std::string reason) {
  agent_done done;
  done.end = how;
  done.reason = std::move(reason);
  done.transcript = log_ref_;
  done.used = added_;
  done.used_is_added = true;
  nlohmann::json payload = {{"attempt", spec.run.attempt},
                            {"agent", spec.adapter.name},
                            {"end", to_string(how)},
                            {"reason", done.reason},
                            {"log", log_ref_}};
  self->request(parts.store, store_timeout,
                commit{store::note_event{"agent_ended", spec.run.id, spec.run.campaign,
                                         spec.run.tenant, "system", std::move(payload)}})
      .then([this, done](const store::applied&) { promise_.deliver(done); },
            [this](const caf::error& why) { give_up(why); });
}

void external_agent_state::give_up(const caf::error& why) {
  if (promise_.pending()) promise_.deliver(why);
  self->quit();
}

agent_actor::behavior_type external_agent(agent_actor::stateful_pointer<external_agent_state> self,
                                          run_parts parts, workspace_actor workspace,
                                          external_agent_spec spec, caf::actor_addr run) {
  auto& state = self->state;
  self->monitor(run);
  state.parts = std::move(parts);
  state.workspace = std::move(workspace);
  state.spec = std::move(spec);
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  return {
      [self](const perform_agent& ask) { return self->state.perform(ask); },
      [](job_done& job) { job.deliver(); },
  };
}

}  // namespace skein::actors
