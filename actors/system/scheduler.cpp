#include "actors/system/scheduler.hpp"

#include "actors/errors.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace skein::actors {

namespace {

/// Rows read at once: enough to fill the free places past a few busy repositories, but not many more,
/// because most walks are for one place that has just come free.
constexpr std::uint32_t smallest_page = 4;
constexpr std::uint32_t largest_page = 64;
/// A walk ends here even if nothing was admissible; the next event or tick starts another.
constexpr int most_pages = 64;
/// Nothing depends on this tick: it repairs a lost message.
constexpr std::chrono::seconds idle_period{2};

}  // namespace

bool scheduler_options::in_focus(const std::string& campaign, const std::string& run_id) const {
  if (!focused) return true;
  const auto has = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  return (!campaign.empty() && has(only_campaigns, campaign)) || has(only_runs, run_id);
}

std::uint32_t scheduler_state::free_places() const {
  const auto publishing = static_cast<std::uint32_t>(admitted.size()) - needing_cell;
  if (publishing >= options.publishing) return 0;
  const auto places = options.cells + options.ahead;
  return places > needing_cell ? places - needing_cell : 0;
}

store::queue_filter scheduler_state::filter(std::int64_t after_seq) const {
  store::queue_filter filter;
  filter.after_seq = after_seq;
  filter.limit = std::clamp(free_places() * 2, smallest_page, largest_page);
  filter.only_campaigns = options.only_campaigns;
  filter.only_runs = options.only_runs;
  for (const auto& row : switches) {
    if (row.scope == store::switch_scope::tenant) filter.skip_tenants.push_back(row.target);
    if (row.scope == store::switch_scope::campaign) filter.skip_campaigns.push_back(row.target);
  }
  for (const auto& [campaign, limit] : campaign_limit) {
    const auto active = campaign_active.find(campaign);
    if (limit > 0 && active != campaign_active.end() && active->second >= limit) {
      filter.skip_campaigns.push_back(campaign);
    }
  }
  return filter;
}

bool scheduler_state::held_back(const store::queued_run& run) const {
  if (admitted.contains(run.id) || busy_repos.contains(run.repo_url)) return true;
  return std::any_of(switches.begin(), switches.end(), [&run](const store::switch_row& row) {
    switch (row.scope) {
      case store::switch_scope::all:
        return true;
      case store::switch_scope::tenant:
        return row.target == run.tenant;
      case store::switch_scope::campaign:
        return row.target == run.campaign;
      case store::switch_scope::repo:
        return row.target == run.repo_url;
      case store::switch_scope::run:
        return row.target == run.id;
    }
    return true;
  });
}

void scheduler_state::dispatch() {
  if (looking) {
    look_again = true;
    return;
  }
  if (free_places() == 0) return;
  if (options.focused && options.only_campaigns.empty() && options.only_runs.empty()) return;
  looking = true;
  look_again = false;
  walk(0, most_pages);
}

void scheduler_state::done_looking() {
  looking = false;
  if (look_again) dispatch();
}

void scheduler_state::walk(std::int64_t after_seq, int pages_left) {
  auto wanted = filter(after_seq);
  page_limit = wanted.limit;
  self->request(store, store_timeout, get_queued{std::move(wanted)})
      .then(
          [this, pages_left](queued_list& page) {
            consider(std::make_shared<queued_list>(std::move(page)), 0, pages_left);
          },
          [this](const caf::error& failed) {
            spdlog::error("scheduler: {}", from_caf(failed, "read the queue").message);
            done_looking();
          });
}

void scheduler_state::consider(std::shared_ptr<queued_list> page, std::size_t index,
                               int pages_left) {
  while (index < page->size() && held_back((*page)[index])) ++index;
  if (free_places() == 0) return done_looking();
  if (index == page->size()) {
    if (page->size() < page_limit || pages_left == 0) return done_looking();
    return walk(page->back().seq, pages_left - 1);
  }
  const auto& run = (*page)[index];
  auto next = [this, page, index, pages_left] { consider(page, index + 1, pages_left); };
  with_campaign_limit(run, [this, &run, next](bool below) {
    if (!below) return next();
    self->request(tenant_of(run.tenant), store_timeout, request_lease{run.id})
        .then(
            [this, &run, next](const lease_answer& answer) {
              if (!answer.granted) return next();
              admit(run, next);
            },
            [next](const caf::error&) { next(); });
  });
}

void scheduler_state::with_campaign_limit(const store::queued_run& run,
                                          std::function<void(bool)> then) {
  if (run.campaign.empty()) return then(true);
  auto decide = [this, campaign = run.campaign, then] {
    const auto limit = campaign_limit[campaign];
    then(limit == 0 || campaign_active[campaign] < limit);
  };
  if (campaign_limit.contains(run.campaign)) return decide();
  self->request(store, store_timeout, get_campaign{run.campaign})
      .then(
          [this, decide, campaign = run.campaign](const store::campaign_row& row) {
            campaign_limit[campaign] = row.value.limits.concurrency;
            decide();
          },
          [then](const caf::error&) { then(false); });
}

void scheduler_state::admit(const store::queued_run& run, std::function<void()> then) {
  admitted.emplace(run.id, admission{run.tenant, run.campaign, run.repo_url, true});
  busy_repos.insert(run.repo_url);
  if (!run.campaign.empty()) ++campaign_active[run.campaign];
  ++needing_cell;
  store::advance_run move;
  move.run_id = run.id;
  move.attempt = run.attempt;
  move.from = schema::run_state::schedule;
  move.to = schema::run_state::prepare;
  move.new_attempt = run.attempt + 1;
  self->request(store, store_timeout, commit{move})
      .then(
          [this, id = run.id, attempt = run.attempt + 1](const store::applied&) {
            self->send(fleet, run_admitted{id, attempt});
          },
          [this, id = run.id](const caf::error& failed) {
            // Killed or moved between the look and the leap.
            // Not looked at again at once: the next event or tick finds out what became of it.
            spdlog::info("run {} was not admitted: {}", id, from_caf(failed, "admit").message);
            forget(id);
          });
  then();
}

void scheduler_state::forget(const std::string& run_id) {
  const auto found = admitted.find(run_id);
  if (found == admitted.end()) return;
  const auto& run = found->second;
  if (run.needs_cell) --needing_cell;
  busy_repos.erase(run.repo_url);
  if (!run.campaign.empty()) --campaign_active[run.campaign];
  self->send(tenant_of(run.tenant), return_lease{run_id, {}});
  admitted.erase(found);
}

void scheduler_state::focus(const focus_on& more) {
  if (!more.campaign.empty()) options.only_campaigns.push_back(more.campaign);
  if (!more.run_id.empty()) options.only_runs.push_back(more.run_id);
  dispatch();
}

void scheduler_state::adopt(const run_adopted& fact) {
  const auto& run = fact.who;
  if (!admitted.emplace(run.run_id, admission{run.tenant, run.campaign, fact.repo_url,
                                              fact.holds_cell}).second) {
    return;
  }
  busy_repos.insert(fact.repo_url);
  if (!run.campaign.empty()) ++campaign_active[run.campaign];
  if (fact.holds_cell) ++needing_cell;
  self->request(tenant_of(run.tenant), store_timeout, request_lease{run.run_id})
      .then([](const lease_answer&) {}, [](const caf::error&) {});
}

void scheduler_state::cell_free(const std::string& run_id) {
  const auto found = admitted.find(run_id);
  if (found == admitted.end() || !found->second.needs_cell) return;
  found->second.needs_cell = false;
  --needing_cell;
  dispatch();
}

void scheduler_state::run_over(const run_finished& fact) {
  self->send(tenant_of(fact.tenant), return_lease{fact.run_id, fact.used});
  forget(fact.run_id);
  dispatch();
}

load_answer scheduler_state::load() const {
  return {options.cells, static_cast<std::uint32_t>(admitted.size())};
}

tenant_actor& scheduler_state::tenant_of(const std::string& name) {
  auto found = tenants.find(name);
  if (found == tenants.end()) {
    const auto& known = world->config.tenants;
    const auto limits = known.contains(name) ? known.at(name) : schema::tenant_config{};
    found = tenants
                .emplace(name, self->spawn<caf::linked>(tenant, name, limits, store::tenant_usage{},
                                                        budgets))
                .first;
  }
  return found->second;
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
  for (const auto& usage : so_far) {
    const auto& known = state.world->config.tenants;
    const auto limits =
        known.contains(usage.tenant) ? known.at(usage.tenant) : schema::tenant_config{};
    state.tenants.emplace(usage.tenant,
                          self->spawn<caf::linked>(tenant, usage.tenant, limits, usage,
                                                   state.budgets));
  }
  self->delayed_send(self, idle_period, idle_tick{});
  return {
      [self](dispatch_tick) { self->state.dispatch(); },
      [self](idle_tick) {
        self->state.dispatch();
        self->delayed_send(self, idle_period, idle_tick{});
      },
      [self](switches_changed& changed) {
        self->state.switches = std::move(changed.now);
        self->state.dispatch();
      },
      [self](const focus_on& more) { self->state.focus(more); },
      [self](const run_adopted& fact) { self->state.adopt(fact); },
      [self](const cell_released& fact) { self->state.cell_free(fact.run_id); },
      [self](const run_finished& fact) { self->state.run_over(fact); },
      [self](const get_load&) { return self->state.load(); },
  };
}

}  // namespace skein::actors
