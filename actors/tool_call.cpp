#include "actors/tool_call.hpp"

namespace skein::actors {

namespace {

const char* to_string(cell::command_end end) {
  switch (end) {
    case cell::command_end::exited:
      return "exited";
    case cell::command_end::signalled:
      return "signalled";
    case cell::command_end::timed_out:
      return "timed_out";
    case cell::command_end::output_exceeded:
      return "output_exceeded";
    case cell::command_end::killed:
      return "killed";
  }
  return "unknown";
}

/// As the trace keeps it: bounded, without secrets.
std::string shown(const tool_call_spec& spec) {
  const auto line = spec.what.line.substr(0, 1000);
  return spec.secrets ? spec.secrets->redact(line) : line;
}

nlohmann::json trace_of(const tool_call_spec& spec, const call_outcome& outcome) {
  const auto& result = outcome.result;
  return {{"attempt", spec.attempt},
          {"ordinal", spec.ordinal},
          {"tool", spec.tool},
          {"command", shown(spec)},
          {"end", to_string(result.end)},
          {"code", result.code},
          {"durationMs", result.duration_ms},
          {"cpuMs", result.cpu_ms},
          {"outputBytes", result.output_bytes},
          {"truncated", result.truncated},
          {"log", outcome.log_ref}};
}

}  // namespace

caf::typed_response_promise<call_outcome> tool_call_state::perform() {
  // Nobody is left to answer when the run is gone. (Before the promise: that takes the sender.)
  self->monitor(caf::actor_cast<caf::actor_addr>(self->current_sender()));
  promise_ = self->make_response_promise<call_outcome>();
  auto said = world->rules.policy.decide(spec.tool, {{"command", spec.what.line}}, spec.around);
  if (policy::outcome(said.what) == "allow") {
    execute_allowed();
    return promise_;
  }
  nlohmann::json payload = {{"attempt", spec.attempt},
                            {"ordinal", spec.ordinal},
                            {"tool", spec.tool},
                            {"command", shown(spec)},
                            {"decision", policy::outcome(said.what)},
                            {"rule", said.rule},
                            {"reason", said.reason}};
  call_outcome outcome;
  outcome.denied = std::move(said);
  answer("policy_denied", std::move(payload), std::move(outcome));
  return promise_;
}

void tool_call_state::execute_allowed() {
  self->request(workspace, spec.what.timeout + std::chrono::minutes{1}, execute{spec.what})
      .then([this](cell::command_result& result) { finished(result); },
            [this](const caf::error& why) { give_up(why); });
}

void tool_call_state::finished(cell::command_result& result) {
  auto outcome = std::make_shared<call_outcome>();
  outcome->result = std::move(result);
  self->request(repository, std::chrono::minutes{1}, put_text{outcome->result.output, spec.secrets})
      .then(
          [this, outcome](const stored_text& text) {
            outcome->log_ref = text.ref;
            auto trace = trace_of(spec, *outcome);
            answer("tool_call_finished", std::move(trace), std::move(*outcome));
          },
          [this](const caf::error& why) { give_up(why); });
}

void tool_call_state::answer(const std::string& kind, nlohmann::json payload,
                             call_outcome outcome) {
  auto kept = std::make_shared<call_outcome>(std::move(outcome));
  self->request(store, store_timeout,
                commit{store::note_event{kind, spec.run_id, spec.campaign, spec.tenant, "system",
                                         std::move(payload)}})
      .then(
          [this, kept](const store::applied&) {
            promise_.deliver(std::move(*kept));
            self->quit();
          },
          [this](const caf::error& why) { give_up(why); });
}

void tool_call_state::give_up(const caf::error& why) {
  promise_.deliver(why);
  self->quit();
}

tool_call_actor::behavior_type tool_call(tool_call_actor::stateful_pointer<tool_call_state> self,
                                         surroundings_ptr world, store_actor store,
                                         repository_actor repository, workspace_actor workspace,
                                         tool_call_spec spec) {
  auto& state = self->state;
  state.world = std::move(world);
  state.store = std::move(store);
  state.repository = std::move(repository);
  state.workspace = std::move(workspace);
  state.spec = std::move(spec);
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  return {
      [self](const perform_call&) { return self->state.perform(); },
  };
}

}  // namespace skein::actors
