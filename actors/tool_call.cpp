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

nlohmann::json trace_of(const tool_call_spec& spec, const call_outcome& outcome) {
  const auto& result = outcome.result;
  return {{"attempt", spec.attempt},
          {"ordinal", spec.ordinal},
          {"tool", spec.tool},
          {"command", spec.what.line.substr(0, 1000)},
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
  auto promise = self->make_response_promise<call_outcome>();
  auto failed = [this, promise](const caf::error& why) mutable {
    promise.deliver(why);
    self->quit();
  };
  auto traced = [this, promise, failed](const std::shared_ptr<call_outcome>& outcome) {
    self->request(store, store_timeout,
                  commit{store::note_event{"tool_call_finished", spec.run_id, spec.campaign,
                                           spec.tenant, "system", trace_of(spec, *outcome)}})
        .then(
            [this, promise, outcome](const store::applied&) mutable {
              promise.deliver(std::move(*outcome));
              self->quit();
            },
            failed);
  };
  auto stored = [this, traced, failed](cell::command_result& result) {
    auto outcome = std::make_shared<call_outcome>();
    outcome->result = std::move(result);
    self->request(repository, std::chrono::minutes{1}, put_text{outcome->result.output})
        .then(
            [outcome, traced](const stored_text& text) {
              outcome->log_ref = text.ref;
              traced(outcome);
            },
            failed);
  };
  self->request(workspace, spec.what.timeout + std::chrono::minutes{1}, execute{spec.what})
      .then(stored, failed);
  return promise;
}

tool_call_actor::behavior_type tool_call(tool_call_actor::stateful_pointer<tool_call_state> self,
                                         store_actor store, repository_actor repository,
                                         workspace_actor workspace, tool_call_spec spec) {
  auto& state = self->state;
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
