// What operators order: submissions, campaigns' controls, switches.
#include "actors/system/fleet.hpp"

#include "actors/errors.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace skein::actors {

namespace {

constexpr std::chrono::minutes order_timeout{5};

bool covers(store::switch_scope scope, const std::string& target, const std::string& tenant,
            const std::string& campaign, const std::string& repo_url, const std::string& run_id) {
  switch (scope) {
    case store::switch_scope::all:
      return true;
    case store::switch_scope::tenant:
      return target == tenant;
    case store::switch_scope::campaign:
      return target == campaign;
    case store::switch_scope::repo:
      return target == repo_url;
    case store::switch_scope::run:
      return target == run_id;
  }
  return true;
}

error killed(const store::switch_row& order) {
  return {errc::refused,
          "kill switch (" + std::string{store::to_string(order.scope)} +
              (order.target.empty() ? "" : " " + order.target) + ") is on: " + order.reason,
          "lift it first: skein lift"};
}

}  // namespace

const store::switch_row* fleet_state::kill_switch_for(const std::string& tenant,
                                                      const std::string& campaign,
                                                      const std::string& repo_url,
                                                      const std::string& run_id) const {
  for (const auto& row : switches) {
    if (row.kind == store::switch_kind::kill &&
        covers(row.scope, row.target, tenant, campaign, repo_url, run_id)) {
      return &row;
    }
  }
  return nullptr;
}

void fleet_state::reload_switches(std::function<void()> then) {
  self->request(parts.store, store_timeout, get_switches{})
      .then(
          [this, then](const switch_list& now) {
            switches = now;
            self->send(scheduler, switches_changed{now});
            if (timetables) self->send(timetables, switches_changed{now});
            then();
          },
          [this](const caf::error& failed) {
            give_up("switches cannot be read: " + from_caf(failed, "read").message);
          });
}

template <class Answer>
void fleet_state::if_room(caf::typed_response_promise<Answer> promise,
                          std::function<void(const load_answer&)> then) {
  auto known = [this, promise, then = std::move(then)](const load_answer& load) mutable {
    const auto most = world->config.scheduler.max_queued;
    if (load.queued < most) return then(load);
    promise.deliver(to_caf(
        {errc::refused,
         std::to_string(load.queued) + " runs are queued, and at most " + std::to_string(most) +
             " may be",
         "submit again when the queue is shorter, or raise scheduler.maxQueued"}));
  };
  self->request(scheduler, order_timeout, get_load{})
      .then(std::move(known),
            [promise](const caf::error& failed) mutable { promise.deliver(failed); });
}

caf::typed_response_promise<submitted> fleet_state::submit(const submit_run& order) {
  auto promise = self->make_response_promise<submitted>();
  if (const auto* off = kill_switch_for(order.task.tenant, {}, order.task.spec.repo.url, {})) {
    promise.deliver(to_caf(killed(*off)));
    return promise;
  }
  if_room<submitted>(promise, [this, promise, order](const load_answer& load) {
    self->request(intake, order_timeout, order)
        .then(
            [this, promise, ahead = load.queued](submitted& answer) mutable {
              focus({}, answer.run_id);
              answer.ahead = ahead;
              promise.deliver(std::move(answer));
            },
            [promise](const caf::error& failed) mutable { promise.deliver(failed); });
  });
  return promise;
}

void fleet_state::focus(const std::string& campaign, const std::string& run_id) {
  if (options.focused) {
    if (!campaign.empty()) options.only_campaigns.push_back(campaign);
    if (!run_id.empty()) options.only_runs.push_back(run_id);
    self->send(scheduler, focus_on{campaign, run_id});
  } else {
    self->send(scheduler, dispatch_tick{});
  }
}

caf::typed_response_promise<submitted> fleet_state::attach(const attach_run& order) {
  auto promise = self->make_response_promise<submitted>();
  self->request(parts.store, store_timeout, get_run{order.run_id})
      .then(
          [this, promise](const schema::run& row) {
            auto taken_up = [this, promise, row]() mutable {
              focus({}, row.id);
              promise.deliver(submitted{row.id, row.state});
            };
            // Queued rows and rows of live actors need no recovery.
            if (row.state == schema::run_state::schedule || runs.contains(row.id)) {
              return taken_up();
            }
            recover(row, taken_up);
          },
          [promise](const caf::error& failed) mutable { promise.deliver(failed); });
  return promise;
}

caf::typed_response_promise<run_decided> fleet_state::decide(const decide_run& order) {
  auto promise = self->make_response_promise<run_decided>();
  // Whatever the answer to the request, the stored state says what is to be done.
  auto act_on_stored = [this, id = order.value.run_id](std::function<void()> then) {
    self->request(parts.store, store_timeout, get_run{id})
        .then(
            [this, then](const schema::run& row) {
              if (row.state == schema::run_state::publish) return publish_on(row, then);
              if (schema::is_final(row.state) || row.state == schema::run_state::schedule) {
                run_over({row.id, row.tenant, row.campaign, row.state, {}});
              }
              then();
            },
            [then](const caf::error&) { then(); });
  };
  self->request(approvals, order_timeout, order)
      .then(
          [promise, act_on_stored](const run_decided& answer) mutable {
            act_on_stored([promise, answer]() mutable { promise.deliver(answer); });
          },
          [promise, act_on_stored](const caf::error& failed) mutable {
            act_on_stored([promise, failed]() mutable { promise.deliver(failed); });
          });
  return promise;
}

caf::typed_response_promise<campaign_submitted> fleet_state::submit(const submit_campaign& order) {
  auto promise = self->make_response_promise<campaign_submitted>();
  if (const auto* off = kill_switch_for(order.campaign.tenant, order.campaign.name, {}, {})) {
    promise.deliver(to_caf(killed(*off)));
    return promise;
  }
  if_room<campaign_submitted>(promise, [this, promise, order](const load_answer& load) mutable {
    auto with_room = order;
    with_room.room = world->config.scheduler.max_queued - load.queued;
    self->request(intake, order_timeout, std::move(with_room))
        .then(
            [this, promise](const campaign_submitted& answer) mutable {
              if (answer.scheduled) {
                if (timetables) self->send(timetables, timetables_changed{});
                promise.deliver(answer);
                return;
              }
              focus(answer.name, {});
              spawn_campaign(answer.name);
              promise.deliver(answer);
            },
            [promise](const caf::error& failed) mutable { promise.deliver(failed); });
  });
  return promise;
}

caf::typed_response_promise<retried> fleet_state::retry(const retry_campaign& order) {
  auto promise = self->make_response_promise<retried>();
  self->request(intake, order_timeout, order)
      .then(
          [this, promise, name = order.name](const retried& answer) mutable {
            // A fresh actor reads the campaign as it is now.
            if (auto found = campaigns.find(name); found != campaigns.end()) {
              self->send_exit(found->second, caf::exit_reason::user_shutdown);
              campaigns.erase(found);
            }
            spawn_campaign(name);
            promise.deliver(answer);
          },
          [promise](const caf::error& failed) mutable { promise.deliver(failed); });
  return promise;
}

caf::typed_response_promise<campaign_answer> fleet_state::control(const control_campaign& order) {
  auto promise = self->make_response_promise<campaign_answer>();
  auto failed = [promise](const caf::error& why) mutable { promise.deliver(why); };
  auto forward = [this, promise, failed, order](const campaign_actor& to) {
    self->request(to, store_timeout, order)
        .then(
            [this, promise, order](const campaign_answer& answer) mutable {
              if (order.act != campaign_act::abort) {
                promise.deliver(answer);
                return;
              }
              stop_scope(
                  store::switch_scope::campaign, order.name,
                  "campaign aborted" + (order.reason.empty() ? "" : ": " + order.reason),
                  [promise, answer](const switch_report&) mutable { promise.deliver(answer); });
            },
            failed);
  };
  if (const auto found = campaigns.find(order.name); found != campaigns.end()) {
    forward(found->second);
    return promise;
  }
  // Out of this fleet's focus, or just being started: the order holds all the same. An actor of its
  // own flies nothing, because the scheduler keeps to the focus.
  self->request(parts.store, store_timeout, get_campaign{order.name})
      .then(
          [this, promise, order, forward](const store::campaign_row& row) mutable {
            if (row.state == schema::campaign_state::aborted ||
                row.state == schema::campaign_state::completed) {
              promise.deliver(to_caf({errc::conflict,
                                      "campaign " + row.value.name + " is " +
                                          std::string{schema::to_string(row.state)} + " already",
                                      {}}));
              return;
            }
            forward(adopt_campaign(row));
          },
          [this, promise, order](const caf::error& why) mutable {
            if (from_caf(why, "find the campaign").code == errc::not_found) {
              return control_timetable(order, promise);
            }
            promise.deliver(why);
          });
  return promise;
}

void fleet_state::control_timetable(const control_campaign& order,
                                    caf::typed_response_promise<campaign_answer> promise) {
  auto missing = [order]() mutable -> caf::error {
    return to_caf({errc::not_found, "no campaign " + order.name,
                   "list them with `skein get campaigns` and `skein get schedules`"});
  };
  self->request(parts.store, store_timeout, get_timetables{})
      .then(
          [this, promise, order, missing](const timetable_list& rows) mutable {
            const bool there = std::any_of(rows.begin(), rows.end(), [&order](const auto& row) {
              return row.name == order.name;
            });
            if (!there) {
              promise.deliver(missing());
              return;
            }
            if (order.act != campaign_act::abort) {
              promise.deliver(
                  to_caf({errc::invalid, order.name + " is a timetable",
                          "stop it with `skein hold --campaign " + order.name +
                              "`, or for good with `skein campaign abort " + order.name + "`"}));
              return;
            }
            self->request(parts.store, store_timeout,
                          commit{store::drop_timetable{order.name, order.by}})
                .then(
                    [this, promise](const store::applied&) mutable {
                      if (timetables) self->send(timetables, timetables_changed{});
                      promise.deliver(campaign_answer{schema::campaign_state::aborted});
                    },
                    [promise](const caf::error& why) mutable { promise.deliver(why); });
          },
          [promise](const caf::error& why) mutable { promise.deliver(why); });
}

caf::typed_response_promise<switch_report> fleet_state::operate(const operate_switch& order) {
  auto promise = self->make_response_promise<switch_report>();
  const auto began = world->now_ms();
  auto stopped = [this, promise, began](switch_report report) mutable {
    report.took_ms = world->now_ms() - began;
    promise.deliver(report);
  };
  // Durable first: from here on a crash cannot bring the work back.
  self->request(parts.store, store_timeout, commit{store::set_switch{order.value}})
      .then(
          [this, order, stopped](const store::applied&) mutable {
            reload_switches([this, order, stopped]() mutable {
              if (order.value.kind != store::switch_kind::kill) return stopped({});
              stop_scope(order.value.scope, order.value.target,
                         "kill switch: " + order.value.reason, stopped);
            });
          },
          [promise](const caf::error& failed) mutable { promise.deliver(failed); });
  return promise;
}

caf::typed_response_promise<switch_report> fleet_state::lift(const operate_lift& order) {
  auto promise = self->make_response_promise<switch_report>();
  self->request(parts.store, store_timeout, commit{order.value})
      .then(
          [this, promise](const store::applied&) mutable {
            reload_switches([promise]() mutable { promise.deliver(switch_report{}); });
          },
          [promise](const caf::error& failed) mutable { promise.deliver(failed); });
  return promise;
}

void fleet_state::stop_scope(store::switch_scope scope, const std::string& target,
                             const std::string& reason, std::function<void(switch_report)> then) {
  auto report = std::make_shared<switch_report>();
  auto left = std::make_shared<std::size_t>(3);
  auto one_less = [left, report, then] {
    if (--*left == 0) then(*report);
  };
  stop_left_behind(scope, target, reason, [report, one_less](std::uint64_t count) {
    report->stopped_runs += count;
    one_less();
  });
  for (const auto& [id, run] : runs) {
    if (!covers(scope, target, run.who.tenant, run.who.campaign, run.repo_url, id)) continue;
    ++*left;
    ++report->stopped_runs;
    self->request(run.actor, std::chrono::minutes{1}, kill_run{schema::run_state::killed, reason})
        .then([one_less](const run_stopped&) { one_less(); },
              [one_less](const caf::error&) { one_less(); });
  }
  store::finish_queued queued;
  queued.scope = scope;
  queued.target = target;
  queued.failed.state = schema::run_state::killed;
  queued.failed.cls = schema::failure_class::f6;
  queued.failed.reason = reason;
  queued.failed.safe_summary = "killed before it was admitted";
  queued.failed.component = "schedule";
  queued.failed.retryable = true;
  queued.failed.suggested_next_action = "lift the switch (`skein lift`) and submit the task again";
  queued.failed.at_ms = world->now_ms();
  finish_queued_rows(queued, 0, [report, one_less](std::uint64_t count) {
    report->stopped_queued = count;
    one_less();
  });
  one_less();
}

void fleet_state::stop_left_behind(store::switch_scope scope, const std::string& target,
                                   const std::string& reason,
                                   std::function<void(std::uint64_t)> then) {
  auto end_all = [this, scope, target, reason, then](const run_list& rows) {
    auto count = std::make_shared<std::uint64_t>(0);
    auto left = std::make_shared<std::size_t>(1);
    auto one_less = [count, left, then] {
      if (--*left == 0) then(*count);
    };
    for (const auto& row : rows) {
      const bool live = runs.contains(row.id);
      if (live || !covers(scope, target, row.tenant, row.campaign, row.repo.url, row.id)) continue;
      ++*left;
      ++*count;
      end_interrupted(row, schema::run_state::killed, schema::failure_class::f6, reason, one_less);
    }
    one_less();
  };
  self->request(parts.store, store_timeout, get_interrupted{})
      .then(end_all, [then](const caf::error& failed) {
        spdlog::error("interrupted runs: {}", from_caf(failed, "read").message);
        then(0);
      });
}

void fleet_state::finish_queued_rows(store::finish_queued order, std::uint64_t so_far,
                                     std::function<void(std::uint64_t)> then) {
  self->request(parts.store, store_timeout, commit{order})
      .then(
          [this, order, so_far, then](const store::applied& done) {
            if (done.affected == 0) {
              for (const auto& [name, actor] : campaigns) self->send(actor, wave_tick{});
              if (so_far > 0) self->send(scheduler, queue_changed{});
              return then(so_far);
            }
            finish_queued_rows(order, so_far + done.affected, then);
          },
          [so_far, then](const caf::error& failed) {
            spdlog::error("queued runs: {}", from_caf(failed, "end").message);
            then(so_far);
          });
}

/// Parked, its files are gone and nothing of it is at work: then its row goes back to the queue.
void fleet_state::preempt(const preempt_run& order) {
  const auto found = runs.find(order.run_id);
  if (found == runs.end() || !found->second.holds_cell) return;
  auto back = [this](const schema::run& row) {
    const auto over = [this, row](schema::run_state now) {
      run_over({row.id, row.tenant, row.campaign, now, row.used});
    };
    // It went on to publish, or ended, before it could be stopped.
    if (schema::is_final(row.state) || row.state == schema::run_state::waiting_approval) {
      return over(row.state);
    }
    if (row.state == schema::run_state::publish) {
      self->send(scheduler, cell_released{row.id});
      return publish_on(row, [] {});
    }
    store::advance_run again;
    again.run_id = row.id;
    again.attempt = row.attempt;
    again.from = row.state;
    again.to = schema::run_state::schedule;
    again.preempted = true;
    again.event = {{"reason", "it made room for a run of higher priority"}};
    self->request(parts.store, store_timeout, commit{again})
        .then([over](const store::applied& done) { over(done.state); },
              [over, row](const caf::error& failed) {
                spdlog::error("run {}: {}", row.id, from_caf(failed, "requeue").message);
                over(row.state);
              });
  };
  auto read = [this, id = order.run_id, back] {
    self->request(parts.store, store_timeout, get_run{id})
        .then(back, [this, id](const caf::error& failed) {
          give_up("run " + id + " cannot be requeued: " + from_caf(failed, "read").message);
        });
  };
  // From here on its end is not a crash.
  const auto actor = found->second.actor;
  runs.erase(found);
  self->request(actor, std::chrono::minutes{1}, park_run{})
      .then([read](const run_stopped&) { read(); },
            [read, actor, this](const caf::error&) {
              self->send_exit(actor, caf::exit_reason::kill);
              read();
            });
}

void fleet_state::budget_over(const budget_gone& fact) {
  spdlog::warn("{}", fact.reason);
  for (const auto& [id, run] : runs) {
    if (run.who.tenant != fact.tenant) continue;
    self->request(run.actor, std::chrono::minutes{1},
                  kill_run{schema::run_state::budget_exhausted, fact.reason})
        .then([](const run_stopped&) {}, [](const caf::error&) {});
  }
}

}  // namespace skein::actors
