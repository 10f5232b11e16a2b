// Stage verify: every verifier on the base (once per commit, remembered) and on a fresh workspace
// that has the change and nothing else of the agent's.
#include "actors/stages/stages.hpp"
#include "actors/verifier.hpp"
#include "runtime/agent/prompt.hpp"

namespace skein::actors::stages {

namespace {

void next_verifier(run_state& run);

/// Builtins need no cell: the control plane has the answer already.
schema::verdict builtin_verdict(const run_state& run, const verify::verifier& which) {
  schema::verdict verdict;
  verdict.name = which.name;
  verdict.required = which.required;
  verdict.digest = which.digest;
  verdict.status = run.findings.empty() ? schema::verdict_status::passed
                                        : schema::verdict_status::failed;
  verdict.baseline = schema::verdict_status::skipped;
  return verdict;
}

/// F5: what failed goes back to an agent that can repair, while the budget has repairs left.
bool sent_back(run_state& run) {
  if (!run.agent || run.row.used.repairs >= run.task.spec.budget.repairs) return false;
  run.feedback = agent::repair_request(run.row.verdicts);
  auto failed = nlohmann::json::array();
  for (const auto& span : run.feedback->spans) failed.push_back(span.label);
  store::advance_run with;
  with.verdicts = run.row.verdicts;
  with.used = run.row.used;
  with.event = {{"repair", run.row.used.repairs + 1}, {"failed", std::move(failed)}};
  run.advance(schema::run_state::agent, std::move(with), [&run] { enter(run); });
  return true;
}

void all_verified(run_state& run) {
  store::advance_run with;
  with.verdicts = run.row.verdicts;
  with.used = run.row.used;
  for (std::size_t i = 0; i < run.row.verdicts.size(); ++i) {
    const auto& verdict = run.row.verdicts[i];
    const bool blames = verdict.status == schema::verdict_status::failed ||
                        verdict.status == schema::verdict_status::timed_out ||
                        verdict.status == schema::verdict_status::error;
    // What a builtin finds is the gate's to judge (F7), with its own class and words.
    if (!verdict.required || !blames || !run.verifiers[i].builtin.empty()) continue;
    if (sent_back(run)) return;
    stage_failure failure;
    failure.state = schema::run_state::verification_failed;
    const bool timed_out = verdict.status == schema::verdict_status::timed_out;
    failure.cls = timed_out ? schema::failure_class::f4 : schema::failure_class::f5;
    failure.reason = "verifier " + verdict.name +
                     (timed_out ? " timed out; its process tree was killed"
                                : " fails with the change and passed without it") +
                     (run.row.used.repairs > 0
                          ? " (after " + std::to_string(run.row.used.repairs) + " repairs)"
                          : "");
    failure.component = "verifier:" + verdict.name;
    failure.log_ref = verdict.log_ref;
    failure.next_action = "read `skein logs " + run.row.id + "` and `skein diff " + run.row.id + "`";
    const auto record = run.record(failure);
    with.failed = record;
    with.event = {{"failureClass", schema::to_string(record.cls)},
                  {"reason", record.reason},
                  {"component", record.component}};
    return run.finish(failure.state, std::move(with));
  }
  run.advance(schema::run_state::gate, std::move(with), [&run] { enter(run); });
}

void verified(run_state& run, const schema::verdict& verdict) {
  run.row.verdicts.push_back(verdict);
  ++run.next;
  next_verifier(run);
}

void next_verifier(run_state& run) {
  if (run.next == run.verifiers.size()) return all_verified(run);
  const auto& which = run.verifiers[run.next];
  if (!which.builtin.empty()) return verified(run, builtin_verdict(run, which));
  verifier_spec spec;
  spec.run_id = run.row.id;
  spec.campaign = run.row.campaign;
  spec.tenant = run.row.tenant;
  spec.attempt = run.row.attempt;
  // Every round of repairs has workspaces of its own.
  constexpr std::uint32_t most_verifiers = 100;
  spec.ordinal = run.row.used.repairs * most_verifiers + static_cast<std::uint32_t>(run.next + 1);
  spec.repo_url = run.row.repo.url;
  spec.base_commit = run.base.commit;
  spec.which = which;
  spec.output_limit = run.task.spec.budget.shell_output_bytes;
  spec.secrets = run.secrets;
  auto actor = run.self->spawn(verifier, run.parts.store, run.parts.repository, run.workspace,
                               std::move(spec));
  run.ask<schema::verdict>(actor, run.wall_clock_left() + std::chrono::minutes{1},
                           perform_verification{run.change}, "verifier " + which.name,
                           [&run](const schema::verdict& verdict) { verified(run, verdict); });
}

}  // namespace

void verify(run_state& run) {
  auto selected = run.parts.world->rules.verifiers.select(run.task.spec, run.prepared.root_entries);
  if (!selected) return run.attempt_lost(selected.error());
  run.verifiers = std::move(*selected);
  run.row.verdicts.clear();
  run.next = 0;
  next_verifier(run);
}

}  // namespace skein::actors::stages
