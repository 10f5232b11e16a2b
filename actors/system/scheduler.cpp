// Facts in, choices out. How rows get here is in scheduler_queue.cpp.
#include "actors/system/scheduler.hpp"

#include "actors/errors.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>

namespace skein::actors {

namespace {

/// Nothing depends on this tick: it repairs a lost message, and opens and closes windows.
constexpr std::chrono::seconds idle_period{2};
/// A tenant that said no is not asked again for this run before then.
constexpr std::int64_t ask_again_ms = 10'000;
/// More of the chooser's cut-short looks in a row wait for the next message.
constexpr int most_looks = 100;

std::int64_t micro(double usd) {
  return static_cast<std::int64_t>(std::llround(std::clamp(usd, 0.0, 1e12) * 1e6));
}

}  // namespace

bool scheduler_options::in_focus(const std::string& campaign, const std::string& run_id) const {
  if (!focused) return true;
  const auto has = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  return (!campaign.empty() && has(only_campaigns, campaign)) || has(only_runs, run_id);
}

void scheduler_state::start(const tenant_list& so_far) {
  const auto& wanted = world->config.scheduler;
  schedule::chooser_limits limits;
  limits.half_life_ms = wanted.half_life.count();
  limits.ageing_ms = wanted.ageing.count();
  limits.preemptions_per_minute = wanted.preemptions_per_minute;
  limits.max_queued = wanted.max_queued;
  // What one command works on is small, and is read as a whole.
  if (options.focused) limits.lane_window = 0;
  chooser = std::make_unique<schedule::chooser>(limits);
  schedule::worker_capacity all = world->room;
  if (all.cells == 0) all.cells = options.cells;
  all.past_cell = options.publishing;
  chooser->set_capacity(all);
  for (const auto& [label, most] : wanted.labels) chooser->set_label_limit(label, most);
  schedule::budget_limits most;
  most.micro_usd = schedule::micro_usd_of(wanted.usd);
  most.tokens = static_cast<std::int64_t>(wanted.tokens);
  platform.set_limits(schedule::budget_level::platform, {}, most);
  for (const auto& usage : so_far) {
    know_tenant(usage.tenant, usage);
    platform.rebuild({{schedule::budget_level::platform,
                       {},
                       {static_cast<std::int64_t>(usage.tokens),
                        schedule::micro_usd_of(usage.usd)}}},
                     {});
  }
}

void scheduler_state::know_tenant(const std::string& name, const store::tenant_usage& so_far) {
  const auto& known = world->config.tenants;
  const auto limits = known.contains(name) ? known.at(name) : schema::tenant_config{};
  tenants.emplace(
      name, self->spawn<caf::linked>(tenant, name, limits, so_far, budgets, store, world->now_ms));
  schedule::tenant_terms terms;
  terms.weight = limits.weight;
  terms.max_concurrency = limits.max_concurrency;
  if (limits.usd > 0) terms.quota_micro_usd = micro(limits.usd) - micro(so_far.usd);
  if (limits.tokens > 0 && so_far.tokens >= limits.tokens) terms.quota_micro_usd = 0;
  chooser->set_tenant(name, terms);
}

tenant_actor& scheduler_state::tenant_of(const std::string& name) {
  if (!tenants.contains(name)) know_tenant(name, {});
  return tenants.at(name);
}

void scheduler_state::choose() {
  if (!ready) return;
  const auto now = world->now_ms();
  for (int looks = 0; looks < most_looks;) {
    const auto next = chooser->next(now);
    if (next.admitted) {
      admit(*next.admitted);
    } else if (next.look_again) {
      ++looks;
    } else {
      break;
    }
  }
  if (const auto stop = chooser->preempt(now)) {
    spdlog::info("run {} makes room for run {}", stop->victim, stop->beneficiary);
    self->send(fleet, preempt_run{stop->victim});
  }
  refill();
}

void scheduler_state::admit(const schedule::choice& chosen) {
  admitted.emplace(chosen.run_id, admission{chosen.tenant, {}, world->now_ms(), {}});
  ++committing;
  // As it is now: it may have been killed, or its campaign paused, since it was read.
  store::queue_filter wanted;
  wanted.only_runs = {chosen.run_id};
  self->request(store, store_timeout, get_queued{std::move(wanted)})
      .then(
          [this, id = chosen.run_id](const queued_list& found) {
            if (!found.empty()) return count_open(found.front());
            --committing;
            not_admitted(id);
          },
          [this, id = chosen.run_id](const caf::error& failed) {
            --committing;
            spdlog::error("run {}: {}", id, from_caf(failed, "admit").message);
            not_admitted(id);
          });
}

void scheduler_state::count_open(const store::queued_run& run) {
  const auto entry = admitted.find(run.id);
  if (entry != admitted.end()) entry->second.campaign = run.campaign;
  const auto gate = campaigns.find(run.campaign);
  if (gate == campaigns.end() || gate->second.max_open_pull_requests == 0) return lease(run);
  // Counted before the store is asked: a run that ends meanwhile counts twice, never not at all.
  const auto coming = std::count_if(admitted.begin(), admitted.end(), [&run](const auto& each) {
    return each.second.campaign == run.campaign;
  });
  self->request(store, store_timeout, get_pull_request_figures{run.campaign})
      .then(
          [this, run, coming](const store::pull_request_totals& found) {
            const auto gate = campaigns.find(run.campaign);
            if (gate == campaigns.end() ||
                found.open + static_cast<std::uint64_t>(coming) <=
                    gate->second.max_open_pull_requests) {
              return lease(run);
            }
            gate->second.full_until_ms = world->now_ms() + ask_again_ms;
            --committing;
            set_windows();
            not_admitted(run.id);
            look_for(run.id);
          },
          [this, run](const caf::error& failed) {
            --committing;
            spdlog::error("run {}: {}", run.id, from_caf(failed, "count pull requests").message);
            not_admitted(run.id);
          });
}

void scheduler_state::refuse(const store::queued_run& run, const lease_answer& said) {
  const auto until = std::max(said.closed_until_ms, world->now_ms() + ask_again_ms);
  if (said.closed_until_ms > 0) {
    shut[run.tenant] = {said.reason, said.closed_until_ms};
    chooser->hold(store::switch_scope::tenant, run.tenant);
  } else {
    refused[run.id] = {said.reason, until};
  }
  not_admitted(run.id);
  look_for(run.id);
}

bool scheduler_state::switched_off(const std::string& tenant) const {
  return std::any_of(switches.begin(), switches.end(), [&tenant](const store::switch_row& row) {
    return row.scope == store::switch_scope::tenant && row.target == tenant;
  });
}

void scheduler_state::reopen() {
  const auto now = world->now_ms();
  for (auto at = shut.begin(); at != shut.end();) {
    if (at->second.until_ms > now) {
      ++at;
      continue;
    }
    if (!switched_off(at->first)) chooser->lift(store::switch_scope::tenant, at->first, now);
    at = shut.erase(at);
  }
}

void scheduler_state::lease(const store::queued_run& run) {
  request_lease ask;
  ask.run_id = run.id;
  ask.campaign = run.campaign;
  if (run.spends) {
    ask.budget_micro_usd = std::max<std::int64_t>(micro(run.budget_usd) - micro(run.used_usd), 0);
    ask.budget_tokens = std::max<std::int64_t>(
        static_cast<std::int64_t>(run.budget_tokens) - static_cast<std::int64_t>(run.used_tokens),
        0);
  }
  if (const auto gate = campaigns.find(run.campaign); gate != campaigns.end()) {
    ask.campaign_usd = gate->second.usd;
  }
  if (const auto entry = admitted.find(run.id); entry != admitted.end()) {
    entry->second.used_before.usd = run.used_usd;
    entry->second.used_before.tokens_in = run.used_tokens;
  }
  if (auto room = platform.reserve(
          {run.id, {}, {}, {ask.budget_tokens, ask.budget_micro_usd}, {}});
      !room) {
    --committing;
    return refuse(run, {false, room.error().message});
  }
  self->request(tenant_of(run.tenant), store_timeout, std::move(ask))
      .then(
          [this, run](const lease_answer& answer) {
            if (answer.granted) return commit_admission(run);
            --committing;
            refuse(run, answer);
          },
          [this, run](const caf::error& failed) {
            --committing;
            spdlog::error("run {}: {}", run.id, from_caf(failed, "reserve its budget").message);
            not_admitted(run.id);
          });
}

void scheduler_state::commit_admission(const store::queued_run& run) {
  refused.erase(run.id);
  store::advance_run move;
  move.run_id = run.id;
  move.attempt = run.attempt;
  move.from = schema::run_state::schedule;
  move.to = schema::run_state::prepare;
  move.new_attempt = run.attempt + 1;
  self->request(store, store_timeout, commit{move})
      .then(
          [this, id = run.id, attempt = run.attempt + 1](const store::applied&) {
            --committing;
            self->send(fleet, run_admitted{id, attempt});
          },
          [this, id = run.id](const caf::error& failed) {
            --committing;
            // Killed or moved between the look and the leap.
            spdlog::info("run {} was not admitted: {}", id, from_caf(failed, "admit").message);
            not_admitted(id);
          });
}

bool scheduler_state::room_for(const take_pull_request& ask, std::uint32_t most,
                               const pull_request_list& rows) const {
  std::set<std::string> others;
  for (const auto& row : rows) {
    const bool counts = row.state == store::pull_request_state::open ||
                        row.state == store::pull_request_state::opening;
    if (!counts) continue;
    // Its own is there already: a process before this one asked.
    if (row.run_id == ask.run_id) return true;
    others.insert(row.run_id);
  }
  for (const auto& [id, entry] : admitted) {
    if (entry.publishing && entry.campaign == ask.campaign && id != ask.run_id) others.insert(id);
  }
  return others.size() < most;
}

caf::typed_response_promise<pull_request_answer> scheduler_state::take(
    const take_pull_request& ask) {
  auto promise = self->make_response_promise<pull_request_answer>();
  // After a restart only the campaigns of queued runs are known.
  if (ask.campaign.empty() || campaigns.contains(ask.campaign)) {
    take_of_campaign(ask, promise);
  } else {
    read_campaign(ask.campaign, [this, ask, promise] { take_of_campaign(ask, promise); });
  }
  return promise;
}

void scheduler_state::take_of_campaign(const take_pull_request& ask,
                                       caf::typed_response_promise<pull_request_answer> promise) {
  const auto gate = campaigns.find(ask.campaign);
  const auto most = gate == campaigns.end() ? 0 : gate->second.max_open_pull_requests;
  if (most == 0) return take_of_tenant(ask, promise);
  // Those that waited for a person are not among the ones that were counted at their admission.
  store::pull_request_filter mine;
  mine.campaign = ask.campaign;
  mine.cared_for = true;
  self->request(store, store_timeout, get_pull_requests{mine})
      .then(
          [this, ask, most, promise](const pull_request_list& rows) mutable {
            const auto entry = admitted.find(ask.run_id);
            if (!room_for(ask, most, rows)) {
              promise.deliver(pull_request_answer{
                  false,
                  "campaign " + ask.campaign + " has " + std::to_string(most) +
                      " pull requests open, its limit",
                  world->now_ms() + ask_again_ms});
              return;
            }
            if (entry != admitted.end()) entry->second.publishing = true;
            take_of_tenant(ask, promise);
          },
          [promise](const caf::error& failed) mutable { promise.deliver(failed); });
}

void scheduler_state::take_of_tenant(const take_pull_request& ask,
                                     caf::typed_response_promise<pull_request_answer> promise) {
  self->request(tenant_of(ask.tenant), store_timeout, ask)
      .then(
          [this, promise, id = ask.run_id](const pull_request_answer& answer) mutable {
            const auto entry = admitted.find(id);
            if (!answer.granted && entry != admitted.end()) entry->second.publishing = false;
            promise.deliver(answer);
          },
          [promise](const caf::error& failed) mutable { promise.deliver(failed); });
}

void scheduler_state::not_admitted(const std::string& run_id) {
  const auto found = admitted.find(run_id);
  if (found == admitted.end()) return;
  chooser->give_back(run_id);
  platform.cancel(run_id);
  self->send(tenant_of(found->second.tenant), return_lease{run_id, {}});
  admitted.erase(found);
  self->send(self, dispatch_tick{});
}

void scheduler_state::adopt(const run_adopted& fact) {
  schedule::queue_entry row;
  row.run_id = fact.who.run_id;
  row.tenant = fact.who.tenant;
  row.campaign = fact.who.campaign;
  row.repo = fact.repo_url;
  row.labels = fact.labels;
  row.reserve_micro_usd = fact.budget_micro_usd;
  auto& owner = tenant_of(row.tenant);
  if (!chooser->adopt(row, !fact.holds_cell, world->now_ms())) return;
  admitted.emplace(row.run_id,
                   admission{row.tenant, row.campaign, world->now_ms(), fact.used_before});
  request_lease ask;
  ask.run_id = row.run_id;
  ask.campaign = row.campaign;
  ask.budget_micro_usd = fact.budget_micro_usd;
  ask.budget_tokens = fact.budget_tokens;
  ask.at_work = true;
  platform.rebuild({}, {{ask.run_id, {}, {}, {ask.budget_tokens, ask.budget_micro_usd}, {}}});
  self->request(owner, store_timeout, std::move(ask))
      .then([](const lease_answer&) {}, [](const caf::error&) {});
}

void scheduler_state::cell_free(const std::string& run_id) {
  chooser->cell_free(run_id);
  choose();
}

void scheduler_state::run_over(const run_finished& fact) {
  if (const auto found = admitted.find(fact.run_id); found != admitted.end()) {
    const auto seconds = static_cast<double>(world->now_ms() - found->second.since_ms) / 1000;
    // What lost attempts had used is counted already.
    const auto& before = found->second.used_before;
    auto used = fact.used;
    used.usd = std::max(used.usd - before.usd, 0.0);
    const auto tokens = used.tokens_in + used.tokens_out;
    used.tokens_in = tokens - std::min(tokens, before.tokens_in + before.tokens_out);
    used.tokens_out = 0;
    const auto settled = platform.settle(
        fact.run_id, {static_cast<std::int64_t>(used.tokens_in), schedule::micro_usd_of(used.usd)});
    if (!settled) spdlog::error("{}", settled.error().message);
    chooser->finished(fact.run_id, {seconds, micro(used.usd)});
    // Back in the queue or done by somebody before, it has opened nothing; the other ends may not
    // know.
    const bool nothing = fact.state == schema::run_state::schedule ||
                         fact.state == schema::run_state::duplicate;
    self->send(tenant_of(found->second.tenant), return_lease{fact.run_id, used, nothing});
    admitted.erase(found);
  }
  if (!schema::is_final(fact.state)) look_for(fact.run_id);
  choose();
}

void scheduler_state::switch_to(const switch_list& now) {
  const auto same = [](const store::switch_row& one) {
    return [&one](const store::switch_row& other) {
      return one.scope == other.scope && one.target == other.target;
    };
  };
  for (const auto& row : switches) {
    const bool closed = row.scope == store::switch_scope::tenant && shut.contains(row.target);
    if (!closed && std::none_of(now.begin(), now.end(), same(row))) {
      chooser->lift(row.scope, row.target, world->now_ms());
    }
  }
  for (const auto& row : now) chooser->hold(row.scope, row.target);
  switches = now;
  dispatch();
}

void scheduler_state::focus(const focus_on& more) {
  if (!more.campaign.empty()) options.only_campaigns.push_back(more.campaign);
  if (!more.run_id.empty()) options.only_runs.push_back(more.run_id);
  // It may have been queued long ago.
  walk_anew = true;
  dispatch();
}

why_answer scheduler_state::why(const std::string& run_id) const {
  const auto now = world->now_ms();
  const auto found = chooser->why(run_id, now);
  why_answer out;
  if (found.what == schedule::waits_for::nothing || found.what == schedule::waits_for::unknown) {
    return out;
  }
  out.waiting = true;
  out.code = schedule::to_string(found.what);
  out.detail = found.detail;
  out.position = found.position;
  out.eta_ms = found.eta_ms;
  if (const auto said = refused.find(run_id);
      said != refused.end() && found.what == schedule::waits_for::not_before) {
    out.code = "tenant_quota";
    out.detail = said->second.reason;
  }
  if (const auto said = shut.find(found.tenant);
      said != shut.end() && found.what == schedule::waits_for::held && found.detail == "tenant" &&
      !switched_off(found.tenant)) {
    out.code = "pull_request_limit";
    out.detail = said->second.reason;
    out.eta_ms = std::max<std::int64_t>(said->second.until_ms - now, 0);
  }
  if (const auto gate = campaigns.find(found.detail);
      gate != campaigns.end() && found.what == schedule::waits_for::window &&
      gate->second.full_until_ms > now) {
    out.code = "open_pull_requests";
    out.eta_ms.reset();
  }
  return out;
}

load_answer scheduler_state::load() const {
  const auto figures = chooser->figures();
  return {options.cells, static_cast<std::uint32_t>(admitted.size()),
          figures.in_memory + figures.on_disk};
}

scheduler_actor::behavior_type scheduler(scheduler_actor::stateful_pointer<scheduler_state> self,
                                         surroundings_ptr world, store_actor store,
                                         admission_listener fleet, budget_listener budgets,
                                         scheduler_options options, tenant_list so_far) {
  auto& state = self->state;
  state.world = std::move(world);
  state.store = std::move(store);
  state.fleet = std::move(fleet);
  state.budgets = std::move(budgets);
  state.options = std::move(options);
  state.start(so_far);
  self->delayed_send(self, idle_period, idle_tick{});
  return {
      [self](dispatch_tick) { self->state.dispatch(); },
      [self](idle_tick) {
        self->state.idle();
        self->delayed_send(self, idle_period, idle_tick{});
      },
      [self](const queue_changed& what) { self->state.changed(what); },
      [self](const get_why& ask) { return self->state.why(ask.run_id); },
      [self](const take_pull_request& ask) { return self->state.take(ask); },
      [self](const switches_changed& changed) { self->state.switch_to(changed.now); },
      [self](const focus_on& more) { self->state.focus(more); },
      [self](const run_adopted& fact) { self->state.adopt(fact); },
      [self](const cell_released& fact) { self->state.cell_free(fact.run_id); },
      [self](const run_finished& fact) { self->state.run_over(fact); },
      [self](const get_load&) { return self->state.load(); },
  };
}

}  // namespace skein::actors
