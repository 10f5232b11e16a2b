// What the fleet does with runs that were at work when an actor, or the whole process, died.
#include "actors/system/fleet.hpp"

#include "actors/errors.hpp"

#include <spdlog/spdlog.h>

namespace skein::actors {

void fleet_state::recover_all(std::shared_ptr<run_list> rows, std::function<void()> then) {
  // All at once: the store gathers them into few transactions.
  auto left = std::make_shared<std::size_t>(rows->size() + 1);
  auto one_less = [left, then] {
    if (--*left == 0) then();
  };
  for (const auto& row : *rows) {
    // What another command left unfinished waits for that command, or for `skein serve`.
    if (options.in_focus(row.campaign, row.id)) {
      recover(row, one_less);
    } else {
      one_less();
    }
  }
  one_less();
}

void fleet_state::recover(const schema::run& row, std::function<void()> then) {
  if (schema::is_final(row.state)) return then();
  if (const auto* order =
          kill_switch_for(row.tenant, row.campaign, row.repo.url, row.id)) {
    return end_interrupted(row, schema::run_state::killed, schema::failure_class::f6,
                           "kill switch: " + order->reason, then);
  }
  if (row.state == schema::run_state::waiting_approval) return then();  // parked: nothing was lost
  const auto crashes = row.crashes + 1;
  if (crashes > world->config.max_crashes) {
    return end_interrupted(row, schema::run_state::infrastructure_failed,
                           schema::failure_class::f10,
                           "its worker or process was lost " + std::to_string(crashes) + " times",
                           then);
  }
  if (row.state == schema::run_state::publish) return publish_on(row, then);
  store::advance_run again;
  again.run_id = row.id;
  again.attempt = row.attempt;
  again.from = row.state;
  again.to = schema::run_state::schedule;
  again.crashes = crashes;
  again.event = {{"reason", "its worker or process was lost"}};
  self->request(parts.store, store_timeout, commit{again})
      .then([then](const store::applied&) { then(); },
            [then, id = row.id](const caf::error& failed) {
              // Moved meanwhile, or the store cannot commit: either way the row says what holds.
              spdlog::error("run {}: {}", id, from_caf(failed, "requeue").message);
              then();
            });
}

void fleet_state::publish_on(const schema::run& row, std::function<void()> then) {
  // The change is verified and its tree is kept: only the outbox has to be asked.
  self->request(parts.store, store_timeout, get_task{row.task_sha256})
      .then(
          [this, row, then](const std::string& json) {
            if (!stopping && !runs.contains(row.id)) {
              spawn_run(row, schema::task_from_json(nlohmann::json::parse(json)));
              auto lease = runs.at(row.id).lease;
              lease.holds_cell = false;
              self->send(scheduler, std::move(lease));
            }
            then();
          },
          [this, row](const caf::error& failed) {
            give_up("run " + row.id + ": " + from_caf(failed, "read its task").message);
          });
}

void fleet_state::end_interrupted(const schema::run& row, schema::run_state state,
                                  schema::failure_class cls, const std::string& reason,
                                  std::function<void()> then) {
  schema::failure why;
  why.state = state;
  why.cls = cls;
  why.reason = reason;
  why.attempt = row.attempt;
  why.safe_summary = reason;
  why.raw_log_ref = row.log_ref;
  why.retryable = true;
  why.suggested_next_action = "see `skein trace " + row.id + "`, then submit the task again";
  why.at_ms = world->now_ms();
  why.component = std::string{schema::to_string(row.state)};
  store::advance_run end;
  end.run_id = row.id;
  end.attempt = row.attempt;
  end.from = row.state;
  end.to = state;
  end.failed = why;
  end.event = {{"failureClass", schema::to_string(cls)}, {"reason", reason}};
  self->request(parts.store, store_timeout, commit{end})
      .then([then](const store::applied&) { then(); },
            [then, id = row.id](const caf::error& failed) {
              spdlog::error("run {}: {}", id, from_caf(failed, "end").message);
              then();
            });
}

}  // namespace skein::actors
