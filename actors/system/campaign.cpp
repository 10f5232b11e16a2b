#include "actors/system/campaign.hpp"

#include "actors/errors.hpp"
#include "runtime/schedule/waves.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace skein::actors {

using schema::campaign_state;

namespace {

/// Begins the reason of a halt that is not a wave's.
const std::string outcome_halt = "outcome: ";

/// Repairs a lost run_finished.
constexpr std::chrono::seconds look_period{5};

nlohmann::json json_of(const schedule::outcome_figures& value) {
  return {{"ended", value.ended},
          {"failed", value.failed},
          {"merged", value.merged},
          {"closed", value.closed},
          {"failingChecks", value.failing_checks}};
}

schedule::outcome_figures figures_of(const nlohmann::json& stored) {
  schedule::outcome_figures out;
  if (!stored.is_object()) return out;
  out.ended = stored.value("ended", 0U);
  out.failed = stored.value("failed", 0U);
  out.merged = stored.value("merged", 0U);
  out.closed = stored.value("closed", 0U);
  out.failing_checks = stored.value("failingChecks", 0U);
  return out;
}

}  // namespace

void campaign_walk::look() {
  if (looking || row.state != campaign_state::running) return;
  looking = true;
  auto failed = [this](const caf::error& why) {
    looking = false;
    spdlog::error("campaign {}: {}", row.value.name, from_caf(why, "read totals").message);
  };
  count(
      [this](const totals_list& totals) {
        looking = false;
        decide(totals);
      },
      failed);
}

void campaign_walk::count(std::function<void(const totals_list&)> then,
                          std::function<void(const caf::error&)> failed) {
  self->request(store, store_timeout, get_pull_request_figures{row.value.name})
      .then(
          [this, then = std::move(then), failed](const store::pull_request_totals& found) {
            pull_requests = found;
            self->request(store, store_timeout, get_totals{row.value.name}).then(then, failed);
          },
          failed);
}

void campaign_walk::decide(const totals_list& totals) {
  outstanding = 0;
  for (const auto& wave : totals) {
    if (wave.wave > row.open_wave) continue;
    for (const auto& [state, count] : wave.states) {
      if (!schema::is_final(state)) outstanding += count;
    }
  }
  const auto now = world->now_ms();
  if (outstanding > 0) {
    all_final_ms = 0;
  } else if (all_final_ms == 0) {
    all_final_ms = now;
  }
  auto next = schedule::next_act(row.value, row.open_wave, totals,
                                 all_final_ms == 0 ? 0 : now - all_final_ms);
  if (const auto verdict = judged(totals);
      verdict.act == schedule::outcome_act::halt && next.act != schedule::wave_act::complete) {
    next = {schedule::wave_act::halt, {}, outcome_halt + verdict.reason};
  }
  store::set_campaign order;
  order.name = row.value.name;
  switch (next.act) {
    case schedule::wave_act::wait:
      return;
    case schedule::wave_act::soak:
      return self->delayed_send(self, next.soak_left, wave_tick{});
    case schedule::wave_act::open_next:
      order.open_wave = row.open_wave + 1;
      all_final_ms = 0;
      break;
    case schedule::wave_act::halt:
      order.state = campaign_state::halted;
      order.reason = next.reason;
      break;
    case schedule::wave_act::complete:
      order.state = campaign_state::completed;
      break;
  }
  change(order, [this](const caf::error& failed) {
    if (failed) {
      spdlog::error("campaign {}: {}", row.value.name, from_caf(failed, "move on").message);
      return;
    }
    self->send(scheduler, queue_changed{row.value.name});
    if (row.state == campaign_state::completed) return self->quit();
    look();
  });
}

schedule::outcome_figures campaign_walk::figures(const totals_list& totals) const {
  auto out = schedule::count_runs(totals);
  out.open = pull_requests.open;
  out.failing_checks = pull_requests.failing_checks;
  out.merged = pull_requests.merged;
  out.closed = pull_requests.closed;
  return out;
}

schedule::outcome_decision campaign_walk::judged(const totals_list& totals) const {
  const auto& limits = row.value.limits;
  // How many may be open is the scheduler's to keep.
  schedule::outcome_limits most;
  most.max_failing_checks = limits.max_failing_checks;
  most.max_failure_rate = limits.max_failure_rate;
  most.max_veto_rate = limits.max_veto_rate;
  auto now = figures(totals);
  now.ended -= std::min(now.ended, excused.ended);
  now.failed -= std::min(now.failed, excused.failed);
  now.merged -= std::min(now.merged, excused.merged);
  now.closed -= std::min(now.closed, excused.closed);
  now.failing_checks -= std::min(now.failing_checks, excused.failing_checks);
  return schedule::judge_outcome(most, now);
}

void campaign_walk::change(store::set_campaign what, std::function<void(const caf::error&)> then) {
  self->request(store, store_timeout, commit{what})
      .then(
          [this, what, then](const store::applied&) {
            if (what.state) row.state = *what.state;
            if (what.open_wave) row.open_wave = *what.open_wave;
            row.reason = what.reason;
            then({});
          },
          [then](const caf::error& failed) { then(failed); });
}

void campaign_walk::run_over() {
  if (--outstanding <= 0) look();
}

caf::typed_response_promise<campaign_answer> campaign_walk::control(const control_campaign& order) {
  auto promise = self->make_response_promise<campaign_answer>();
  store::set_campaign what;
  what.name = row.value.name;
  what.by = order.by;
  what.reason = order.reason;
  switch (order.act) {
    case campaign_act::pause:
      what.state = campaign_state::paused;
      break;
    case campaign_act::abort:
      what.state = campaign_state::aborted;
      break;
    case campaign_act::resume:
      what.state = campaign_state::running;
      // The operator has looked at why it halted; the wave's requirement is behind us.
      if (row.state == campaign_state::halted && !row.reason.starts_with(outcome_halt)) {
        what.open_wave = row.open_wave + 1;
      }
      if (row.state == campaign_state::halted) {
        resume(what, promise);
        return promise;
      }
      break;
  }
  carry_out(what, promise);
  return promise;
}

void campaign_walk::carry_out(const store::set_campaign& what,
                              caf::typed_response_promise<campaign_answer> promise) {
  change(what, [this, promise](const caf::error& failed) mutable {
    if (failed) {
      promise.deliver(failed);
      return;
    }
    promise.deliver(campaign_answer{row.state});
    self->send(scheduler, queue_changed{row.value.name});
    if (row.state == campaign_state::aborted) return self->quit();
    look();
  });
}

void campaign_walk::resume(const store::set_campaign& what,
                           caf::typed_response_promise<campaign_answer> promise) {
  // The operator has looked at what it came to so far: only what comes after this counts.
  count(
      [this, what, promise](const totals_list& totals) {
        excused = figures(totals);
        auto with = what;
        with.excused = json_of(excused);
        carry_out(with, promise);
      },
      [promise](const caf::error& failed) mutable { promise.deliver(failed); });
}

campaign_actor::behavior_type campaign(campaign_actor::stateful_pointer<campaign_walk> self,
                                       surroundings_ptr world, store_actor store,
                                       scheduler_actor scheduler, store::campaign_row row) {
  auto& state = self->state;
  state.world = std::move(world);
  state.store = std::move(store);
  state.scheduler = std::move(scheduler);
  state.row = std::move(row);
  state.excused = figures_of(state.row.excused);
  state.look();
  self->delayed_send(self, look_period, wave_tick{});
  return {
      [self](const run_finished&) { self->state.run_over(); },
      [self](wave_tick) {
        self->state.look();
        self->delayed_send(self, look_period, wave_tick{});
      },
      [self](const control_campaign& order) { return self->state.control(order); },
  };
}

}  // namespace skein::actors
