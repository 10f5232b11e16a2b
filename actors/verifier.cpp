#include "actors/verifier.hpp"

#include "actors/errors.hpp"

namespace skein::actors {

using schema::verdict_status;

namespace {

verdict_status status_of(const cell::command_result& result) {
  switch (result.end) {
    case cell::command_end::timed_out:
      return verdict_status::timed_out;
    case cell::command_end::exited:
      return result.code == 0 ? verdict_status::passed : verdict_status::failed;
    default:
      return verdict_status::failed;
  }
}

}  // namespace

void verifier_state::give_up(const caf::error& failed) {
  promise.deliver(failed);
  self->quit();
}

void verifier_state::check(const std::string& phase,
                           std::shared_ptr<const workspace::change_set> with,
                           std::function<void(schema::verdict&)> then) {
  cell::command command;
  command.line = spec.which.run;
  command.timeout = spec.which.timeout;
  command.output_limit = spec.output_limit;
  auto failed = [this](const caf::error& why) { give_up(why); };
  auto logged = [this, then, failed](cell::command_result& result) {
    auto found = std::make_shared<schema::verdict>();
    found->name = spec.which.name;
    found->required = spec.which.required;
    found->digest = spec.which.digest;
    found->status = status_of(result);
    found->duration_ms = result.duration_ms;
    if (found->status != verdict_status::passed) {
      // Before it is cut: a part of a secret would not be known as one.
      found->excerpt =
          verify::excerpt(spec.secrets ? spec.secrets->redact(result.output) : result.output);
    }
    self->request(repository, std::chrono::minutes{1}, put_text{std::move(result.output), spec.secrets})
        .then(
            [found, then](const stored_text& stored) {
              found->log_ref = stored.ref;
              then(*found);
            },
            failed);
  };
  auto run_it = [this, command, logged, failed](const phase_entered&) {
    self->request(workspace, command.timeout + std::chrono::minutes{1}, execute{command})
        .then(logged, failed);
  };
  self->request(workspace, std::chrono::minutes{5}, enter_phase{phase, std::move(with)})
      .then(run_it, failed);
}

caf::typed_response_promise<schema::verdict> verifier_state::perform(
    const perform_verification& ask) {
  // Nobody is left to answer when the run is gone. (Before the promise: that takes the sender.)
  self->monitor(caf::actor_cast<caf::actor_addr>(self->current_sender()));
  promise = self->make_response_promise<schema::verdict>();
  change = ask.change;
  auto failed = [this](const caf::error& why) { give_up(why); };
  auto measure_baseline = [this, failed] {
    check("baseline-" + std::to_string(spec.ordinal), nullptr,
          [this, failed](const schema::verdict& baseline) {
            self->request(store, std::chrono::minutes{1},
                          commit{store::put_baseline{spec.repo_url, spec.base_commit,
                                                     spec.which.digest, baseline}})
                .then([this, baseline](const store::applied&) { baseline_known(baseline, false); },
                      failed);
          });
  };
  self->request(store, std::chrono::minutes{1},
                get_baseline{spec.repo_url, spec.base_commit, spec.which.digest})
      .then(
          [this, measure_baseline](const baseline_answer& answer) {
            if (answer.known) return baseline_known(*answer.known, true);
            measure_baseline();
          },
          failed);
  return promise;
}

void verifier_state::baseline_known(const schema::verdict& baseline, bool cached) {
  verdict.baseline = baseline.status;
  verdict.baseline_cached = cached;
  verify_change(false);
}

void verifier_state::verify_change(bool again) {
  check((again ? "again-" : "verify-") + std::to_string(spec.ordinal), change,
        [this, again](const schema::verdict& found) { change_verified(found, again); });
}

void verifier_state::change_verified(const schema::verdict& found, bool again) {
  const auto baseline = verdict.baseline;
  const bool cached = verdict.baseline_cached;
  verdict = found;
  verdict.baseline = baseline;
  verdict.baseline_cached = cached;
  const bool passed_before = baseline == verdict_status::passed;
  if (found.status == verdict_status::passed) {
    verdict.flaky = again;  // it failed a moment ago on the same bytes
  } else if (!passed_before) {
    verdict.status = verdict_status::failed_before;
  } else if (found.status == verdict_status::failed && !again && !spec.once) {
    return verify_change(true);
  }
  deliver();
}

void verifier_state::deliver() {
  promise.deliver(verdict);
  self->quit();
}

verifier_actor::behavior_type verifier(verifier_actor::stateful_pointer<verifier_state> self,
                                       store_actor store, repository_actor repository,
                                       workspace_actor workspace, verifier_spec spec) {
  auto& state = self->state;
  state.store = std::move(store);
  state.repository = std::move(repository);
  state.workspace = std::move(workspace);
  state.spec = std::move(spec);
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  return {
      [self](const perform_verification& ask) { return self->state.perform(ask); },
  };
}

}  // namespace skein::actors
