// Stage publish: hands the run to the outbox and records what became of it.
#include "actors/stages/stages.hpp"
#include "runtime/diff/decision.hpp"

namespace skein::actors::stages {

namespace {

/// After a restart the attempt's memory is gone; the mirror is found again from the address.
result<> find_base(run_state& run) {
  if (!run.base.mirror.empty()) return {};
  SKEIN_TRY(where, git::parse_location(run.row.repo.url));
  run.base.mirror = git::mirror_path(run.parts.world->layout.mirrors(), where);
  run.base.commit = run.row.base_commit;
  run.base.branch = run.row.repo.branch;
  return {};
}

void not_published(run_state& run, const publish_outcome& outcome) {
  if (run.kill_order) return run.obey(*run.kill_order);
  stage_failure failure;
  failure.state = schema::run_state::publish_failed;
  failure.cls = schema::failure_class::f12;
  failure.reason = outcome.reason;
  failure.component = "publisher";
  failure.log_ref = run.row.log_ref;
  failure.secret_scan = "clean";
  failure.retryable = true;
  failure.next_action = "the patch is kept: `skein patch " + run.row.id + "`" +
                        (outcome.unknown ? "; look for the branch on the remote before retrying" : "");
  run.fail(std::move(failure));
}

}  // namespace

void publish(run_state& run) {
  // Recomputed rather than remembered, so that a restart decides the same from stored facts.
  const auto decision = diff::decide(run.task.spec, run.row.findings, run.row.verdicts, {});
  if (auto found = find_base(run); !found) return run.attempt_lost(found.error());
  publish_run order;
  order.run = run.row;
  order.how = run.task.spec.publish;
  order.base = run.base;
  order.intent = run.task.spec.intent;
  order.draft = decision.action != diff::gate_action::publish;
  order.stop = run.stop.get_token();
  run.self
      ->request(run.parts.publisher, run.parts.world->config.git_timeout * 8, std::move(order))
      .then(run.answered<publish_outcome>([&run](const publish_outcome& outcome) {
              if (!outcome.published) return not_published(run, outcome);
              store::advance_run with;
              with.published = outcome.published;
              run.finish(outcome.published->draft ? schema::run_state::draft_published
                                                  : schema::run_state::published,
                         std::move(with));
            }),
            run.unanswered("publish run " + run.row.id, [&run](const error& why) {
              not_published(run, {std::nullopt, why.message, true});
            }));
}

}  // namespace skein::actors::stages
