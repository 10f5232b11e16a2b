// Stage agent: what all kinds of agent have in common: who works, and how the workspace's change
// becomes the result.
#include "actors/stages/agent.hpp"

namespace skein::actors::stages {

namespace {

/// The change is on disk as a git tree and as a patch: make it durable and go on.
void recorded(run_state& run, recorded_change& change) {
  run.diff = std::move(change.diff);
  run.findings = std::move(change.secrets);
  run.gate_findings = std::move(change.findings);
  run.raised_risk = change.raised_risk;
  run.computed_risk = change.risk;
  run.parsed_change = std::move(change.parsed);
  if (!change.dependencies.is_null()) {
    run.note("dependencies_resolved", std::move(change.dependencies));
  }
  store::advance_run with;
  with.tree = change.tree;
  with.patch_ref = change.patch_ref;
  with.diff = run.diff.summary;
  with.log_ref = run.row.log_ref;
  with.used = run.row.used;
  run.advance(schema::run_state::verify, std::move(with), [&run] { enter(run); });
}

void collected(run_state& run, change_collected& found) {
  if (!found.oddities.empty()) {
    auto oddities = nlohmann::json::array();
    for (const auto& oddity : found.oddities) {
      if (oddities.size() == 50) break;
      oddities.push_back({{"path", oddity.path}, {"reason", oddity.reason}});
    }
    run.note("left_out_of_change", {{"entries", std::move(oddities)}});
  }
  run.change = found.change;
  if (found.change->empty()) {
    store::advance_run with;
    with.log_ref = run.row.log_ref;
    return run.finish(schema::run_state::no_change, std::move(with));
  }
  run.ask<recorded_change>(run.parts.repository, std::chrono::minutes{5},
                           record_change{run.base, run.prepared.checkout, run.change,
                                         std::make_shared<schema::task>(run.task), run.secrets},
                           "record the change", [&run](recorded_change& change) {
                             if (change.diff.files.empty()) {
                               return run.finish(schema::run_state::no_change);
                             }
                             recorded(run, change);
                           });
}

/// Whoever the task names works.
void work(run_state& run) {
  run.carried = false;
  switch (run.task.spec.agent.kind) {
    case schema::agent_kind::script:
      return script_agent(run);
    case schema::agent_kind::external:
      return external_agent(run);
    case schema::agent_kind::model:
    case schema::agent_kind::replay:
      return model_agent(run);
  }
}

/// The change is there already, made on an older base: nobody has to make it again if it applies.
void carry_over(run_state& run) {
  const auto& follow = *run.task.spec.follow_up;
  carry_change ask;
  ask.onto = run.base;
  ask.repo_url = run.row.repo.url;
  ask.branch = follow.branch;
  ask.from = follow.from;
  ask.head = follow.head;
  run.ask<carried_change>(
      run.parts.repository, run.parts.world->config.git_timeout * 2, std::move(ask),
      "make the change on the new base", [&run](carried_change& made) {
        if (made.change == nullptr) {
          run.note("rebase_does_not_apply", {{"reason", made.reason}});
          return work(run);
        }
        run.carried = true;
        run.note("rebase_applied", {{"files", made.change->files.size()}});
        change_collected found;
        found.change = std::move(made.change);
        collected(run, found);
      });
}

}  // namespace

void collect(run_state& run) {
  auto refused = [&run](const error& why) {
    if (why.code != errc::refused) return run.attempt_lost(why);
    budget_used_up(run, why.message, run.row.log_ref);
  };
  run.self
      ->request(run.workspace, std::chrono::minutes{10},
                collect_change{workspace::change_limits{}, run.prepared.ignored})
      .then(run.answered<change_collected>(
                [&run](change_collected& found) { collected(run, found); }),
            run.unanswered("read the change", refused));
}

void budget_used_up(run_state& run, const std::string& what, const std::string& log_ref) {
  stage_failure failure;
  failure.state = schema::run_state::budget_exhausted;
  failure.cls = schema::failure_class::f6;
  failure.reason = what;
  failure.component = "agent";
  failure.log_ref = log_ref;
  failure.next_action = "raise the budget or make the task smaller";
  run.fail(std::move(failure));
}

bool can_be_told(schema::agent_kind kind) {
  return kind == schema::agent_kind::model || kind == schema::agent_kind::external;
}

bool can_repair(const run_state& run) {
  if (run.row.used.repairs >= run.task.spec.budget.repairs) return false;
  return run.agent || (run.carried && can_be_told(run.task.spec.agent.kind));
}

void agent(run_state& run) {
  // What comes back for a repair comes back to the agent, also to one that did not make it.
  const auto& follow = run.task.spec.follow_up;
  if (follow && follow->rebase() && !run.agent && !run.feedback) return carry_over(run);
  work(run);
}

}  // namespace skein::actors::stages
