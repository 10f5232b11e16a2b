// Stage verify: every verifier on the base (once per commit, remembered) and on a fresh workspace
// that has the change and nothing else of the agent's.
#include "actors/stages/agent.hpp"
#include "actors/verifier.hpp"
#include "runtime/agent/prompt.hpp"
#include "runtime/diff/examine.hpp"
#include "runtime/git/printable.hpp"

#include <algorithm>

namespace skein::actors::stages {

namespace {

void next_verifier(run_state& run);
void next_mutant(run_state& run);
std::vector<verify::mutant> mutants_of(const run_state& run);

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
  if (!can_repair(run)) return false;
  run.feedback = run.carried ? agent::carried_request(run.row.verdicts)
                                   : agent::repair_request(run.row.verdicts);
  auto failed = nlohmann::json::array();
  for (const auto& span : run.feedback->spans) failed.push_back(span.label);
  store::advance_run with;
  with.verdicts = run.row.verdicts;
  with.used = run.row.used;
  with.event = {{"repair", run.row.used.repairs + 1}, {"failed", std::move(failed)}};
  run.advance(schema::run_state::agent, std::move(with), [&run] { enter(run); });
  return true;
}

/// For the people who read the failure of a change that was only carried to another base.
std::string why_not_repaired(const run_state& run) {
  if (!run.carried) return {};
  const auto kind = run.task.spec.agent.kind;
  return "; the change was carried over to a base that moved, and " +
         (can_be_told(kind) ? std::string("budget.repairs allows no repair")
                  : "an agent of kind " + std::string(schema::to_string(kind)) +
                        " cannot repair it");
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
                          : "") +
                     why_not_repaired(run);
    failure.component = "verifier:" + verdict.name;
    failure.log_ref = verdict.log_ref;
    failure.next_action = "read `skein logs " + run.row.id + "` and `skein diff " + run.row.id + "`";
    if (run.carried) {
      failure.next_action += "; rebase branch " + run.task.spec.follow_up->branch + " by hand";
    }
    const auto record = run.record(failure);
    with.failed = record;
    with.event = {{"failureClass", schema::to_string(record.cls)},
                  {"reason", record.reason},
                  {"component", record.component}};
    return run.finish(failure.state, std::move(with));
  }
  run.mutants = mutants_of(run);
  next_mutant(run);
}

/// C7: even the frozen command of a verifier runs only as the policy allows.
void not_allowed(run_state& run, const verify::verifier& which, const policy::decision& said) {
  stage_failure failure;
  failure.state = schema::run_state::blocked;
  failure.cls = schema::failure_class::f3;
  failure.reason = "verifier " + which.name + " is denied by policy " + said.rule + ": " + said.reason;
  failure.component = "verifier:" + which.name;
  failure.log_ref = run.row.log_ref;
  failure.next_action = "give the task a command that the policy allows (`skein policy explain " +
                        said.rule + "`)";
  failure.policy_needs_fix = true;
  run.note("policy_denied", {{"tool", "run_verifier_command"},
                             {"command", which.run},
                             {"decision", policy::outcome(said.what)},
                             {"rule", said.rule},
                             {"reason", said.reason}});
  run.fail(std::move(failure));
}

verifier_spec spec_of(const run_state& run, const verify::verifier& which, std::uint32_t ordinal) {
  verifier_spec spec;
  spec.run_id = run.row.id;
  spec.campaign = run.row.campaign;
  spec.tenant = run.row.tenant;
  spec.attempt = run.row.attempt;
  spec.ordinal = ordinal;
  spec.repo_url = run.row.repo.url;
  spec.base_commit = run.base.commit;
  spec.which = which;
  spec.output_limit = run.task.spec.budget.shell_output_bytes;
  spec.secrets = run.secrets;
  return spec;
}

constexpr std::uint32_t most_verifiers = 100;

/// T7.5: where nobody notices a fault in what the change itself says, its tests prove little. Only
/// what passes on the true change can notice one.
std::vector<verify::mutant> mutants_of(const run_state& run) {
  const auto most = run.parts.world->config.mutants;
  if (most == 0 || run.parsed_change == nullptr || run.change == nullptr) return {};
  const bool proved = std::any_of(
      run.row.verdicts.begin(), run.row.verdicts.end(), [](const auto& verdict) {
        return verdict.required && verdict.status == schema::verdict_status::passed &&
               verdict.baseline != schema::verdict_status::skipped;
      });
  if (!proved) return {};
  const auto sources = diff::production_files(*run.parsed_change, run.parts.world->rules.gate);
  return verify::mutants_of(*run.parsed_change, run.change, sources, most);
}

void all_done(run_state& run) {
  store::advance_run with;
  with.verdicts = run.row.verdicts;
  with.used = run.row.used;
  run.advance(schema::run_state::gate, std::move(with), [&run] { enter(run); });
}

void survived(run_state& run, const verify::mutant& which) {
  run.gate_findings.push_back({"test.mutant_survived", "warning", git::printable(which.path), which.line, "report",
                               "no verifier notices that " + which.what});
}

/// One verifier after the other, until one notices.
void try_mutant(run_state& run, std::size_t at) {
  while (at < run.verifiers.size() &&
         (!run.verifiers[at].builtin.empty() || !run.verifiers[at].required ||
          run.row.verdicts[at].status != schema::verdict_status::passed)) {
    ++at;
  }
  const auto which = run.mutants.front();
  const auto over = [&run, which](bool noticed) {
    run.note("mutant_tried", {{"path", which.path},
                              {"line", which.line},
                              {"fault", which.what},
                              {"noticed", noticed}});
    if (!noticed) survived(run, which);
    run.mutants.erase(run.mutants.begin());
    next_mutant(run);
  };
  if (at >= run.verifiers.size()) return over(false);
  const auto round = (run.row.used.repairs + 1) * most_verifiers;
  auto spec = spec_of(run, run.verifiers[at],
                      round * most_verifiers +
                          static_cast<std::uint32_t>(run.mutants.size() * most_verifiers + at + 1));
  spec.once = true;
  auto actor = run.self->spawn(verifier, run.parts.store, run.parts.repository, run.workspace,
                               std::move(spec));
  run.ask<schema::verdict>(actor, run.wall_clock_left() + std::chrono::minutes{1},
                           perform_verification{which.change}, "try a fault in the change",
                           [&run, at, over](const schema::verdict& verdict) {
                             if (verdict.status != schema::verdict_status::passed) return over(true);
                             try_mutant(run, at + 1);
                           });
}

void next_mutant(run_state& run) {
  if (run.mutants.empty()) return all_done(run);
  try_mutant(run, 0);
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
  const auto said = run.parts.world->rules.policy.decide(
      "run_verifier_command", {{"command", which.run}}, run.circumstances());
  if (policy::outcome(said.what) != "allow") return not_allowed(run, which, said);
  // Every round of repairs has workspaces of its own.
  auto spec = spec_of(run, which,
                      run.row.used.repairs * most_verifiers + static_cast<std::uint32_t>(run.next + 1));
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
