// Stage gate: the deterministic rules decide whether, and how, the change may leave.
#include "actors/stages/stages.hpp"
#include "runtime/diff/decision.hpp"

namespace skein::actors::stages {

namespace {

void blocked(run_state& run, const diff::decision& decision, store::advance_run with) {
  const bool secret = decision.cls == schema::failure_class::f7;
  stage_failure failure;
  failure.state = schema::run_state::blocked;
  failure.cls = decision.cls;
  failure.reason = decision.reason;
  failure.component = "gate";
  failure.log_ref = run.row.log_ref;
  failure.secret_scan = secret ? "found" : "clean";
  failure.next_action = secret ? "take the secret out of the change and rotate it"
                               : "widen spec.scope if this is wanted, or narrow the change";
  const auto record = run.record(failure);
  with.failed = record;
  with.event = {{"failureClass", schema::to_string(record.cls)}, {"reason", record.reason}};
  run.finish(schema::run_state::blocked, std::move(with));
}

/// Nothing leaves: the patch is the result.
void keep(run_state& run, schema::run_state final_state, store::advance_run with) {
  if (final_state == schema::run_state::published) {
    schema::publication publication;
    publication.mode = schema::publish_mode::patch;
    with.published = publication;
  }
  run.finish(final_state, std::move(with));
}

}  // namespace

void gate(run_state& run) {
  const auto decision =
      diff::decide(run.task.spec, run.gate_findings, run.row.verdicts, run.findings);
  store::advance_run with;
  with.findings = decision.findings;
  if (decision.action == diff::gate_action::block) return blocked(run, decision, std::move(with));
  const auto mode = run.task.spec.publish.mode;
  if (run.row.dry_run || mode == schema::publish_mode::none) {
    return keep(run, schema::run_state::analysis_only, std::move(with));
  }
  if (mode == schema::publish_mode::patch) {
    return keep(run, schema::run_state::published, std::move(with));
  }
  with.event = {{"draft", decision.action != diff::gate_action::publish},
                {"approval", decision.action == diff::gate_action::approval},
                {"raisedRisk", run.raised_risk},
                {"reason", decision.reason}};
  // The cell is not needed for publishing; its slot goes to the next run.
  run.close_workspace(run.current([&run, with]() mutable {
    run.release_cell();
    run.advance(schema::run_state::publish, std::move(with), [&run] { enter(run); });
  }));
}

}  // namespace skein::actors::stages
