// Stage prepare: from a repository address to a workspace whose cell is starting.
#include "actors/stages/stages.hpp"
#include "runtime/agent/tool_command.hpp"

namespace skein::actors::stages {

namespace {

/// Those before it may use their whole wall clock; a worker that dies is noticed by its DOWN.
constexpr std::chrono::hours longest_wait_for_cell{24 * 7};

/// F2: nothing was changed, because the repository could not be had.
void no_repository(run_state& run, const error& why) {
  stage_failure failure;
  failure.state = schema::run_state::preparation_failed;
  failure.cls = schema::failure_class::f2;
  failure.reason = why.message;
  failure.component = "prepare";
  failure.retryable = why.code == errc::unavailable || why.code == errc::timeout;
  failure.next_action = why.remedy.empty() ? "check the repository's url and branch; no code change was attempted"
                                           : why.remedy;
  run.fail(std::move(failure));
}

/// What has to be in the cell for this kind of agent.
result<std::vector<cell::mount>> mounts_for(const run_state& run) {
  switch (run.task.spec.agent.kind) {
    case schema::agent_kind::model:
    case schema::agent_kind::replay: {
      SKEIN_TRY(tools, agent::tools_mount());
      return std::vector{tools};
    }
    default:
      return std::vector<cell::mount>{};
  }
}

void open_workspace(run_state& run) {
  auto mounts = mounts_for(run);
  if (!mounts) return run.attempt_lost(mounts.error());
  if (auto planted = run.plant_canary(); !planted) return run.attempt_lost(planted.error());
  run.book_time();
  run.waits_for_cell = true;
  run.self->monitor(run.parts.worker);
  run.ask<workspace_actor>(
      run.parts.worker, longest_wait_for_cell,
      open_attempt{run.row.id, run.row.attempt, run.prepared.checkout,
                   run.task.spec.capabilities, std::move(*mounts), run.canary, run.secrets},
      "open a workspace",
      [&run](const workspace_actor& opened) {
        run.book_time();
        run.waits_for_cell = false;
        run.self->demonitor(run.parts.worker.address());
        run.workspace = opened;
        run.self->monitor(opened);
        store::advance_run with;
        if (!run.base.branch.empty()) with.base_branch = run.base.branch;
        with.base_commit = run.base.commit;
        run.advance(schema::run_state::agent, std::move(with), [&run] { enter(run); });
      });
}

}  // namespace

void prepare(run_state& run) {
  run.waits_for_cell = false;
  run.self
      ->request(run.parts.repository, run.parts.world->config.git_timeout * 2,
                prepare_base{run.row.repo, run.stop.get_token()})
      .then(run.answered<prepared_base>([&run](prepared_base& prepared) {
              run.base = prepared.base;
              run.prepared = std::move(prepared);
              open_workspace(run);
            }),
            run.unanswered("prepare " + run.row.repo.url,
                           [&run](const error& why) { no_repository(run, why); }));
}

}  // namespace skein::actors::stages
