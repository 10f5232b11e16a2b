// Supervision: boot, spawn, restart, stop. Recovery is in fleet_recovery.cpp, operators' orders are
// in fleet_orders.cpp.
#include "actors/system/fleet.hpp"

#include "actors/errors.hpp"
#include "actors/run.hpp"
#include "actors/system/approvals.hpp"
#include "actors/system/campaign.hpp"
#include "actors/system/intake.hpp"
#include "actors/system/timetable.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace skein::actors {

namespace {

/// More restarts of system actors than this within a minute mean that restarting does not help.
constexpr std::size_t most_restarts = 10;
constexpr std::int64_t restart_window_ms = 60'000;

run_adopted lease_of(const schema::run& row, const schema::task& task) {
  run_adopted out;
  out.who = {row.id, row.tenant, row.campaign, row.state, {}};
  out.repo_url = row.repo.url;
  for (const auto& [key, value] : task.labels) out.labels.push_back(key + "=" + value);
  if (task.spec.agent.kind == schema::agent_kind::model ||
      task.spec.agent.kind == schema::agent_kind::external) {
    const auto used = static_cast<std::int64_t>(row.used.tokens_in + row.used.tokens_out);
    out.budget_micro_usd =
        static_cast<std::int64_t>(std::max(task.spec.budget.usd - row.used.usd, 0.0) * 1e6);
    out.budget_tokens =
        std::max<std::int64_t>(static_cast<std::int64_t>(task.spec.budget.tokens) - used, 0);
  }
  out.used_before = row.used;
  return out;
}

}  // namespace

template <class Handle>
void fleet_state::adopt(const Handle& child) {
  self->monitor(child);
  // Linked, so that no child outlives the fleet; the fleet itself only hears of a child's end.
  self->link_to(child);
}

caf::typed_response_promise<booted> fleet_state::start() {
  auto promise = self->make_response_promise<booted>();
  auto failed = [promise](const caf::error& why) mutable { promise.deliver(why); };
  parts.store = factory.store();
  adopt(parts.store);
  auto recovered = [this, promise, failed](std::shared_ptr<run_list> rows) {
    recover_all(rows, [this, promise, failed, rows]() mutable {
      self->request(parts.store, store_timeout, get_campaigns{})
          .then(
              [this, promise, rows](const campaign_list& known) mutable {
                for (const auto& row : known) {
                  if (!options.in_focus(row.value.name, {})) continue;
                  if (row.state == schema::campaign_state::running ||
                      row.state == schema::campaign_state::paused ||
                      row.state == schema::campaign_state::halted) {
                    spawn_campaign(row.value.name);
                  }
                }
                self->send(scheduler, queue_changed{});
                if (timetables) self->send(timetables, timetables_changed{});
                promise.deliver(booted{static_cast<std::uint32_t>(rows->size())});
              },
              failed);
    });
  };
  auto with_tenants = [this, failed, recovered](tenant_list& so_far) {
    spawn_system(std::move(so_far));
    reload_switches([this, failed, recovered] {
      self->request(parts.store, store_timeout, get_interrupted{})
          .then([recovered](
                    run_list& rows) { recovered(std::make_shared<run_list>(std::move(rows))); },
                failed);
    });
  };
  self->request(parts.store, store_timeout, get_tenants{}).then(with_tenants, failed);
  return promise;
}

void fleet_state::spawn_system(tenant_list so_far) {
  parts.world = world;
  parts.worker = factory.worker();
  parts.repository = factory.repository();
  parts.publisher = factory.publisher(parts.store);
  parts.fleet = caf::actor_cast<run_listener>(self);
  adopt(parts.worker);
  adopt(parts.repository);
  adopt(parts.publisher);
  intake = self->spawn(actors::intake, world, parts.store);
  adopt(intake);
  spawn_approvals();
  if (!options.focused) spawn_timetables();
  spawn_scheduler(std::move(so_far));
}

void fleet_state::spawn_timetables() {
  timetables =
      self->spawn(actors::timetable, world, parts.store, caf::actor_cast<campaign_starter>(self));
  adopt(timetables);
  self->send(timetables, switches_changed{switches});
}

void fleet_state::spawn_approvals() {
  approvals = self->spawn(actors::approvals, world, parts.store, parts.fleet);
  adopt(approvals);
}

void fleet_state::spawn_scheduler(tenant_list so_far) {
  scheduler =
      self->spawn(actors::scheduler, world, parts.store, caf::actor_cast<admission_listener>(self),
                  caf::actor_cast<budget_listener>(self), options, std::move(so_far));
  adopt(scheduler);
  self->send(scheduler, switches_changed{switches});
  for (const auto& [id, run] : runs) {
    auto lease = run.lease;
    lease.holds_cell = run.holds_cell;
    self->send(scheduler, std::move(lease));
  }
}

void fleet_state::spawn_campaign(const std::string& name) {
  self->request(parts.store, store_timeout, get_campaign{name})
      .then(
          [this, name](const store::campaign_row& row) {
            if (stopping) return;
            adopt_campaign(row);
            self->send(scheduler, queue_changed{row.value.name});
          },
          [name](const caf::error& failed) {
            spdlog::error("campaign {}: {}", name, from_caf(failed, "start").message);
          });
}

campaign_actor fleet_state::adopt_campaign(const store::campaign_row& row) {
  if (const auto found = campaigns.find(row.value.name); found != campaigns.end()) {
    return found->second;
  }
  auto actor = self->spawn(campaign, world, parts.store, scheduler, row);
  adopt(actor);
  campaigns.emplace(row.value.name, actor);
  return actor;
}

void fleet_state::start_run(const run_admitted& fact) {
  auto lost = [this, id = fact.run_id](const caf::error& failed) {
    spdlog::error("run {}: {}", id, from_caf(failed, "start").message);
    self->send(scheduler, run_finished{id, {}, {}, schema::run_state::schedule, {}});
  };
  self->request(parts.store, store_timeout, get_run{fact.run_id})
      .then(
          [this, lost, fact](const schema::run& row) {
            self->request(parts.store, store_timeout, get_task{row.task_sha256})
                .then(
                    [this, row, fact](const std::string& json) {
                      // Killed between admission and now.
                      if (stopping || row.attempt != fact.attempt || schema::is_final(row.state)) {
                        return self->send(
                            scheduler,
                            run_finished{row.id, row.tenant, row.campaign, row.state, {}});
                      }
                      spawn_run(row, schema::task_from_json(nlohmann::json::parse(json)));
                    },
                    lost);
          },
          lost);
}

void fleet_state::spawn_run(const schema::run& row, const schema::task& task) {
  auto actor = self->spawn(run_behavior, parts, row, task);
  adopt(actor);
  run_of_actor.emplace(actor.address(), row.id);
  runs.insert_or_assign(
      row.id, live_run{actor, run_finished{row.id, row.tenant, row.campaign, row.state, {}},
                       row.repo.url, true, lease_of(row, task)});
  // A kill that came while the run was being read.
  if (const auto* order = kill_switch_for(row.tenant, row.campaign, row.repo.url, row.id)) {
    self->request(actor, std::chrono::minutes{1},
                  kill_run{schema::run_state::killed, "kill switch: " + order->reason})
        .then([](const run_stopped&) {}, [](const caf::error&) {});
  }
}

void fleet_state::cell_free(const cell_released& fact) {
  if (auto found = runs.find(fact.run_id); found != runs.end()) found->second.holds_cell = false;
  self->send(scheduler, fact);
}

void fleet_state::run_over(const run_finished& fact) {
  runs.erase(fact.run_id);
  self->send(scheduler, fact);
  if (auto found = campaigns.find(fact.campaign); found != campaigns.end()) {
    self->send(found->second, fact);
  }
}

bool fleet_state::restart_allowed() {
  const auto now = world->now_ms();
  while (!restarts_ms.empty() && restarts_ms.front() + restart_window_ms < now) {
    restarts_ms.pop_front();
  }
  restarts_ms.push_back(now);
  return restarts_ms.size() <= most_restarts;
}

void fleet_state::give_up(const std::string& why) {
  if (!failure.empty()) return;
  spdlog::critical("fleet: {}", why);
  failure = why;
}

void fleet_state::down(const caf::down_msg& message) {
  if (const auto found = run_of_actor.find(message.source); found != run_of_actor.end()) {
    const auto id = found->second;
    run_of_actor.erase(found);
    // Still listed: it did not say that it was over.
    if (stopping || !runs.contains(id)) return;
    spdlog::warn("run {}: its actor died ({})", id, caf::to_string(message.reason));
    self->request(parts.store, store_timeout, get_run{id})
        .then(
            [this](const schema::run& row) {
              recover(row, [this, row] {
                run_over({row.id, row.tenant, row.campaign, row.state, row.used});
              });
            },
            [this, id](const caf::error& failed) {
              const auto why = from_caf(failed, "read");
              // A store that is gone says itself why.
              if (why.code == errc::unavailable) return;
              give_up("run " + id + " cannot be recovered: " + why.message);
            });
    return;
  }
  for (auto found = campaigns.begin(); found != campaigns.end(); ++found) {
    if (found->second.address() != message.source) continue;
    const auto name = found->first;
    campaigns.erase(found);
    if (!stopping && message.reason && restart_allowed()) spawn_campaign(name);
    return;
  }
  if (stopping) return;
  if (message.source == parts.store.address()) {
    const auto why = from_caf(message.reason, "store");
    return give_up("the store died: " + why.message +
                   (why.remedy.empty() ? "" : "; " + why.remedy));
  }
  if (!restart_allowed()) return give_up("system actors keep dying");
  spdlog::error("fleet: a system actor died ({}) and is restarted", caf::to_string(message.reason));
  if (message.source == parts.worker.address()) {
    adopt(parts.worker = factory.worker());
  } else if (message.source == parts.repository.address()) {
    adopt(parts.repository = factory.repository());
  } else if (message.source == parts.publisher.address()) {
    adopt(parts.publisher = factory.publisher(parts.store));
  } else if (message.source == intake.address()) {
    adopt(intake = self->spawn(actors::intake, world, parts.store));
  } else if (message.source == approvals.address()) {
    spawn_approvals();
  } else if (timetables && message.source == timetables.address()) {
    spawn_timetables();
    self->send(timetables, timetables_changed{});
  } else if (message.source == scheduler.address()) {
    self->request(parts.store, store_timeout, get_tenants{})
        .then(
            [this](tenant_list& so_far) {
              spawn_scheduler(std::move(so_far));
              self->send(scheduler, queue_changed{});
            },
            [this](const caf::error&) { give_up("the scheduler cannot be restarted"); });
  }
}

caf::typed_response_promise<fleet_stopped> fleet_state::stop() {
  auto promise = self->make_response_promise<fleet_stopped>();
  stopping = true;
  auto left = std::make_shared<std::size_t>(runs.size() + 1);
  auto one_less = [this, left, promise]() mutable {
    if (--*left > 0) return;
    for (const auto& [name, actor] : campaigns) {
      self->send_exit(actor, caf::exit_reason::user_shutdown);
    }
    if (timetables) self->send_exit(timetables, caf::exit_reason::user_shutdown);
    self->send_exit(intake, caf::exit_reason::user_shutdown);
    self->send_exit(scheduler, caf::exit_reason::user_shutdown);
    self->send_exit(approvals, caf::exit_reason::user_shutdown);
    self->send_exit(parts.publisher, caf::exit_reason::user_shutdown);
    self->send_exit(parts.repository, caf::exit_reason::user_shutdown);
    self->send_exit(parts.worker, caf::exit_reason::user_shutdown);
    self->send_exit(parts.store, caf::exit_reason::user_shutdown);
    promise.deliver(fleet_stopped{});
    self->quit();
  };
  for (const auto& [id, run] : runs) {
    self->request(run.actor, std::chrono::seconds{30}, park_run{})
        .then([one_less](const run_stopped&) mutable { one_less(); },
              [one_less](const caf::error&) mutable { one_less(); });
  }
  one_less();
  return promise;
}

active_answer fleet_state::active() const {
  return {static_cast<std::uint32_t>(runs.size()), !failure.empty(), failure};
}

fleet_actor::behavior_type fleet(fleet_actor::stateful_pointer<fleet_state> self,
                                 surroundings_ptr world, fleet_factory factory,
                                 scheduler_options options) {
  auto& state = self->state;
  state.world = std::move(world);
  state.factory = std::move(factory);
  state.options = std::move(options);
  self->set_exit_handler([self](const caf::exit_msg& message) {
    if (!message.source) self->quit(message.reason);
  });
  self->set_down_handler([self](const caf::down_msg& message) { self->state.down(message); });
  return {
      [self](const boot&) { return self->state.start(); },
      [self](const run_admitted& fact) { self->state.start_run(fact); },
      [self](const cell_released& fact) { self->state.cell_free(fact); },
      [self](const run_finished& fact) { self->state.run_over(fact); },
      [self](const budget_gone& fact) { self->state.budget_over(fact); },
      [self](const submit_run& order) { return self->state.submit(order); },
      [self](const submit_campaign& order) { return self->state.submit(order); },
      [self](const retry_campaign& order) { return self->state.retry(order); },
      [self](const control_campaign& order) { return self->state.control(order); },
      [self](const operate_switch& order) { return self->state.operate(order); },
      [self](const operate_lift& order) { return self->state.lift(order); },
      [self](const attach_run& order) { return self->state.attach(order); },
      [self](const decide_run& order) { return self->state.decide(order); },
      [self](const get_why& ask) { return self->delegate(self->state.scheduler, ask); },
      [self](const take_pull_request& ask) { return self->delegate(self->state.scheduler, ask); },
      [self](const preempt_run& order) { self->state.preempt(order); },
      [self](const get_active&) { return self->state.active(); },
      [self](const stop_fleet&) { return self->state.stop(); },
  };
}

}  // namespace skein::actors
