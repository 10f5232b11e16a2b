// How rows of the queue come into the chooser: new ones by their number, those of a lane that runs
// empty by their rank, and all of a lane again when what is here and what is stored differ.
#include "actors/system/scheduler.hpp"

#include "actors/errors.hpp"
#include "runtime/schedule/room.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace skein::actors {

namespace {

constexpr std::uint32_t page_rows = 256;
constexpr std::size_t most_refills = 16;  ///< read at once
/// Counting what is stored costs with its number; a lost message is rare.
constexpr std::uint64_t small_queue = 5'000;
constexpr std::uint32_t ticks_of_large_queue = 15;
/// While runs come and go both numbers are never of the same moment; then they are compared anyway.
constexpr std::uint32_t most_skipped = 30;

}  // namespace

schedule::queue_entry scheduler_state::entry_of(const store::queued_run& run) const {
  schedule::queue_entry out;
  out.run_id = run.id;
  out.tenant = run.tenant;
  out.campaign = run.campaign;
  out.repo = run.repo_url;
  out.labels = run.labels;
  out.priority = run.priority;
  // The stored rank holds, whatever a step of priority was worth when it was queued.
  out.enqueued_ms = run.rank + run.priority * world->config.scheduler.ageing.count();
  out.seq = run.seq;
  out.attempt = run.attempt;
  out.preempted = run.preempted;
  out.needs = schedule::needs_of(run.resources, world->room, world->config.cell_memory_bytes);
  if (run.spends) {
    out.reserve_micro_usd =
        static_cast<std::int64_t>(std::max(run.budget_usd - run.used_usd, 0.0) * 1e6);
  }
  if (const auto said = refused.find(run.id); said != refused.end()) {
    out.not_before_ms = said->second.until_ms;
  }
  return out;
}

void scheduler_state::take(const queued_list& rows) {
  const auto now = world->now_ms();
  for (const auto& row : rows) {
    (void)tenant_of(row.tenant);
    const auto answer = chooser->add(entry_of(row), now);
    if (answer.verdict == schedule::intake::full) {
      spdlog::warn("run {}: the queue is full, it waits on disk", row.id);
    }
  }
}

void scheduler_state::dispatch() {
  if (!ready) return;
  if (pulling) {
    pull_again = true;
    return;
  }
  if (options.focused && options.only_campaigns.empty() && options.only_runs.empty()) return;
  pulling = true;
  pull_again = false;
  pull();
}

void scheduler_state::pulled() {
  pulling = false;
  choose();
  if (pull_again) dispatch();
}

void scheduler_state::pull() {
  if (std::exchange(walk_anew, false)) last_seq = 0;
  store::queue_filter wanted;
  wanted.after_seq = last_seq;
  wanted.limit = page_rows;
  wanted.only_campaigns = options.only_campaigns;
  wanted.only_runs = options.only_runs;
  self->request(store, store_timeout, get_queued{std::move(wanted)})
      .then(
          [this](queued_list& page) {
            if (page.empty()) return pulled();
            const auto rows = std::make_shared<queued_list>(std::move(page));
            with_campaigns(*rows, [this, rows] {
              take(*rows);
              last_seq = rows->back().seq;
              if (rows->size() < page_rows) return pulled();
              pull();
            });
          },
          [this](const caf::error& failed) {
            spdlog::error("scheduler: {}", from_caf(failed, "read the queue").message);
            pulling = false;
          });
}

void scheduler_state::look_for(const std::string& run_id) {
  if (!options.in_focus({}, run_id) && options.focused) {
    // Of a campaign in focus, or of nobody: the walk finds out.
    walk_anew = true;
    return dispatch();
  }
  store::queue_filter wanted;
  wanted.only_runs = {run_id};
  self->request(store, store_timeout, get_queued{std::move(wanted)})
      .then(
          [this](queued_list& found) {
            const auto rows = std::make_shared<queued_list>(std::move(found));
            with_campaigns(*rows, [this, rows] {
              take(*rows);
              choose();
            });
          },
          [](const caf::error& failed) {
            spdlog::error("scheduler: {}", from_caf(failed, "read a run").message);
          });
}

void scheduler_state::refill() {
  for (const auto& lane : chooser->refills(most_refills)) {
    if (!refilling.emplace(lane.tenant, lane.campaign).second) continue;
    store::lane_filter wanted{lane.tenant, lane.campaign, lane.after_rank, lane.after_seq,
                              lane.room};
    auto done = [this, lane] { refilling.erase({lane.tenant, lane.campaign}); };
    self->request(store, store_timeout, get_lane{std::move(wanted)})
        .then(
            [this, lane, done](queued_list& found) {
              const auto rows = std::make_shared<queued_list>(std::move(found));
              with_campaigns(*rows, [this, lane, rows, done] {
                std::vector<schedule::queue_entry> entries;
                for (const auto& row : *rows) entries.push_back(entry_of(row));
                chooser->refilled(lane, entries, world->now_ms());
                done();
                choose();
              });
            },
            [done](const caf::error& failed) {
              spdlog::error("scheduler: {}", from_caf(failed, "read the queue").message);
              done();
            });
  }
}

void scheduler_state::with_campaigns(const queued_list& rows, std::function<void()> then) {
  const auto unknown = std::make_shared<std::vector<std::string>>();
  for (const auto& row : rows) {
    if (row.campaign.empty() || campaigns.contains(row.campaign)) continue;
    if (unknown->empty() || unknown->back() != row.campaign) unknown->push_back(row.campaign);
  }
  read_campaigns(unknown, std::move(then));
}

void scheduler_state::read_campaigns(std::shared_ptr<std::vector<std::string>> names,
                                     std::function<void()> then) {
  while (!names->empty() && campaigns.contains(names->back())) names->pop_back();
  if (names->empty()) return then();
  const auto name = names->back();
  names->pop_back();
  read_campaign(name, [this, names, then] { read_campaigns(names, then); });
}

void scheduler_state::read_campaign(const std::string& campaign, std::function<void()> then) {
  self->request(store, store_timeout, get_campaign{campaign})
      .then(
          [this, then](const store::campaign_row& row) {
            set_campaign(row);
            then();
          },
          [this, campaign, then](const caf::error& failed) {
            spdlog::error("campaign {}: {}", campaign, from_caf(failed, "read").message);
            // Nothing of it starts before its limits are known.
            auto& gate = campaigns[campaign];
            gate.terms.paused = true;
            chooser->set_campaign(campaign, gate.terms, world->now_ms());
            then();
          });
}

void scheduler_state::set_campaign(const store::campaign_row& row) {
  const auto& name = row.value.name;
  if (row.state == schema::campaign_state::aborted ||
      row.state == schema::campaign_state::completed) {
    chooser->set_campaign(name, {}, world->now_ms());
    campaigns.erase(name);
    return;
  }
  campaign_gate gate;
  gate.terms.concurrency = row.value.limits.concurrency;
  gate.usd = row.value.limits.usd;
  gate.max_open_pull_requests = row.value.limits.max_open_pull_requests;
  if (const auto known = campaigns.find(name); known != campaigns.end()) {
    gate.full_until_ms = known->second.full_until_ms;
  }
  gate.terms.paused = row.state != schema::campaign_state::running;
  if (row.value.schedule && !row.value.schedule->window.empty()) {
    const auto window = schedule::window::parse(row.value.schedule->window);
    const auto zone = schedule::time_zone::find(row.value.schedule->timezone);
    if (window && zone) {
      gate.window = *window;
      gate.zone = *zone;
    } else {
      gate.terms.paused = true;
      spdlog::error("campaign {}: {}", name,
                    window ? zone.error().message : window.error().message);
    }
  }
  campaigns.insert_or_assign(name, gate);
  chooser->set_campaign(name, gate.terms, world->now_ms());
  set_windows();
}

void scheduler_state::set_windows() {
  const auto now_ms = world->now_ms();
  const schedule::sys_seconds now{std::chrono::seconds{now_ms / 1000}};
  for (auto& [name, gate] : campaigns) {
    if (!gate.window && gate.max_open_pull_requests == 0) continue;
    std::int64_t until = gate.full_until_ms > now_ms ? gate.full_until_ms : 0;
    if (gate.window) {
      const auto opens = gate.window->next_open(gate.zone, now);
      if (!opens) until = INT64_MAX;
      if (opens && *opens != now) {
        until = std::max(until, opens->time_since_epoch().count() * 1000);
      }
    }
    if (until == gate.terms.closed_until_ms) continue;
    gate.terms.closed_until_ms = until;
    chooser->set_campaign(name, gate.terms, now_ms);
  }
}

void scheduler_state::changed(const queue_changed& what) {
  if (what.campaign.empty()) return compare({}, false);
  read_campaign(what.campaign, [this, what] { compare(what.campaign, false); });
}

void scheduler_state::compare(const std::string& campaign, bool unless_moved) {
  if (options.focused) {
    ready = walk_anew = true;
    idle_ticks = 0;
    return dispatch();
  }
  const auto admitted_then = admitted.size();
  comparing = true;
  self->request(store, store_timeout, count_queue{ready ? campaign : std::string{}})
      .then(
          [this, campaign, unless_moved, admitted_then](const store::queue_counts& stored) {
            comparing = false;
            const bool moved = committing > 0 || pulling || admitted.size() != admitted_then;
            if (unless_moved && moved) return;
            idle_ticks = 0;
            reload(stored, ready ? campaign : std::string{});
            if (!ready) last_seq = stored.last_seq;
            ready = true;
            dispatch();
            choose();
          },
          [this](const caf::error& failed) {
            comparing = false;
            spdlog::error("scheduler: {}", from_caf(failed, "count the queue").message);
          });
}

void scheduler_state::reload(const store::queue_counts& stored, const std::string& campaign) {
  std::map<std::pair<std::string, std::string>, std::pair<std::uint64_t, std::uint64_t>> lanes;
  for (const auto& lane : stored.lanes) lanes[{lane.tenant, lane.campaign}].first = lane.rows;
  for (const auto& lane : chooser->lanes()) {
    if (!campaign.empty() && lane.campaign != campaign) continue;
    lanes[{lane.tenant, lane.campaign}].second = lane.waiting;
  }
  for (const auto& [lane, rows] : lanes) {
    if (rows.first == rows.second) continue;
    (void)tenant_of(lane.first);
    chooser->reload(lane.first, lane.second, rows.first);
  }
}

void scheduler_state::idle() {
  set_windows();
  reopen();
  const auto now = world->now_ms();
  std::erase_if(refused, [now](const auto& each) { return each.second.until_ms + 60'000 < now; });
  ++idle_ticks;
  const auto figures = chooser->figures();
  const bool costly = options.focused || figures.in_memory + figures.on_disk > small_queue;
  if (!comparing && (!ready || !costly || idle_ticks >= ticks_of_large_queue)) {
    compare({}, ready && idle_ticks < most_skipped);
  }
  dispatch();
}

}  // namespace skein::actors
