#include "actors/system/timetable.hpp"

#include "actors/errors.hpp"
#include "runtime/schedule/window.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>

namespace skein::actors {

namespace {

/// A start is at most so late.
constexpr std::chrono::seconds look_period{15};
constexpr std::chrono::minutes start_timeout{10};
/// While something is in the way of a start it is looked at again.
constexpr std::int64_t again_ms = 60'000;

schedule::sys_seconds seconds_of(std::int64_t ms) {
  return schedule::sys_seconds{std::chrono::seconds{ms / 1000}};
}

std::int64_t ms_of(schedule::sys_seconds at) {
  return at.time_since_epoch().count() * 1000;
}

}  // namespace

result<timetable_times> read_times(const schema::schedule_spec& spec) {
  timetable_times out;
  SKEIN_TRY(times, schedule::cron::parse(spec.cron));
  SKEIN_TRY(zone, schedule::time_zone::find(spec.timezone));
  SKEIN_TRY(missed, schedule::parse_when_missed(spec.when_missed));
  if (!spec.window.empty()) SKEIN_CHECK(schedule::window::parse(spec.window));
  out.times = times;
  out.zone = zone;
  out.missed = missed;
  return out;
}

std::string start_name(const std::string& name, const schedule::time_zone& zone,
                       schedule::sys_seconds at) {
  const auto local = zone.local_of(at);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date{day};
  const auto minute = std::chrono::duration_cast<std::chrono::minutes>(local - day).count();
  char text[64];
  std::snprintf(text, sizeof text, ".%04d-%02u-%02uT%02d%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(minute / 60), static_cast<int>(minute % 60));
  return name + text;
}

std::int64_t next_start_ms(const timetable_times& of, std::int64_t after_ms) {
  const auto next = of.times.next_times(of.zone, seconds_of(after_ms), 1);
  return next.empty() ? 0 : ms_of(next.front());
}

void timetable_state::read() {
  if (reading) {
    read_again = true;
    return;
  }
  reading = true;
  read_again = false;
  self->request(store, store_timeout, get_timetables{})
      .then(
          [this](const timetable_list& rows) {
            reading = false;
            keep(rows);
            look();
            if (read_again) read();
          },
          [this](const caf::error& failed) {
            reading = false;
            spdlog::error("timetables: {}", from_caf(failed, "read").message);
          });
}

void timetable_state::keep(const timetable_list& rows) {
  std::erase_if(entries, [&rows](const auto& each) {
    return std::none_of(rows.begin(), rows.end(),
                        [&each](const auto& row) { return row.name == each.first; });
  });
  for (const auto& row : rows) {
    if (!row.value.schedule) continue;
    const auto times = read_times(*row.value.schedule);
    if (!times) {
      spdlog::error("timetable {}: {}", row.name, times.error().message);
      continue;
    }
    auto& entry = entries[row.name];
    // What is under way knows more than the row.
    if (entry.busy) continue;
    entry.row = row;
    entry.times = *times;
    entry.look_ms.reset();
  }
}

bool timetable_state::held(const store::timetable_row& row) const {
  return std::any_of(switches.begin(), switches.end(), [&row](const store::switch_row& each) {
    switch (each.scope) {
      case store::switch_scope::all:
        return true;
      case store::switch_scope::tenant:
        return each.target == row.tenant;
      case store::switch_scope::campaign:
        return each.target == row.name;
      case store::switch_scope::repo:
      case store::switch_scope::run:
        return false;
    }
    return true;
  });
}

void timetable_state::look() {
  const auto now = world->now_ms();
  const bool moved_back = now < latest_ms;
  latest_ms = now;
  for (auto& [name, entry] : entries) {
    if (moved_back) entry.look_ms.reset();
    if (!entry.busy && (!entry.look_ms || *entry.look_ms <= now)) consider(entry);
  }
}

void timetable_state::consider(entry& of) {
  // Held: its times pass, and count as missed when it is let go.
  if (held(of.row)) {
    of.look_ms = world->now_ms() + again_ms;
    return;
  }
  of.busy = true;
  const auto name = of.row.name;
  if (of.row.last_campaign.empty()) return act(name, false);
  self->request(store, store_timeout, get_campaign{of.row.last_campaign})
      .then(
          [this, name](const store::campaign_row& last) {
            act(name, last.state != schema::campaign_state::completed &&
                          last.state != schema::campaign_state::aborted);
          },
          [this, name](const caf::error& failed) {
            const auto why = from_caf(failed, "read its last campaign");
            // Noted, but never started: nothing is running.
            if (why.code == errc::not_found) return act(name, false);
            spdlog::error("timetable {}: {}", name, why.message);
            if (const auto at = entries.find(name); at != entries.end()) at->second.busy = false;
          });
}

void timetable_state::act(const std::string& timetable, bool running) {
  const auto found = entries.find(timetable);
  if (found == entries.end()) return;
  auto& of = found->second;
  const auto now = world->now_ms();
  const auto step = schedule::step(of.times.times, of.times.zone, of.times.missed,
                                   {seconds_of(of.row.considered_ms), running}, seconds_of(now));
  if (step.clock_moved_back) spdlog::warn("timetable {}: the clock was set back", timetable);
  if (step.fire) return start(timetable, step);
  store::move_timetable moved;
  moved.name = timetable;
  moved.considered_ms = ms_of(step.considered_until);
  moved.given_up = step.given_up;
  auto next = step.look_again;
  // Something waits for the campaign that runs.
  if (running) next = seconds_of(now + again_ms);
  remember(timetable, std::move(moved), next);
}

void timetable_state::start(const std::string& timetable, const schedule::timetable_step& step) {
  auto& of = entries.at(timetable);
  submit_campaign order;
  order.campaign = of.row.value;
  order.campaign.name = start_name(timetable, of.times.zone, *step.fire);
  // The window stays: it says when runs may start. The times are the timetable's.
  order.campaign.schedule->cron.clear();
  order.directory = of.row.directory;
  order.by = of.row.submitter;
  spdlog::info("timetable {}: starts campaign {}", timetable, order.campaign.name);
  store::move_timetable moved;
  moved.name = timetable;
  moved.considered_ms = ms_of(step.considered_until);
  moved.campaign = order.campaign.name;
  moved.given_up = step.given_up;
  // First the campaign, whose name is taken once, then the memory: a crash between them repeats
  // what has no effect.
  self->request(fleet, start_timeout, std::move(order))
      .then([this, timetable, moved, next = step.look_again](
                const campaign_submitted&) { remember(timetable, moved, next); },
            [this, timetable](const caf::error& failed) {
              spdlog::error("timetable {}: {}", timetable, from_caf(failed, "start").message);
              const auto at = entries.find(timetable);
              if (at == entries.end()) return;
              at->second.busy = false;
              at->second.look_ms = world->now_ms() + again_ms;
            });
}

void timetable_state::remember(const std::string& timetable, store::move_timetable moved,
                               std::optional<schedule::sys_seconds> look_again) {
  auto done = [this, timetable, moved, look_again] {
    const auto at = entries.find(timetable);
    if (at == entries.end()) return;
    at->second.busy = false;
    at->second.row.considered_ms = moved.considered_ms;
    if (!moved.campaign.empty()) at->second.row.last_campaign = moved.campaign;
    at->second.look_ms = look_again ? ms_of(*look_again) : INT64_MAX;
    if (look_again && ms_of(*look_again) <= world->now_ms()) self->send(self, timetables_changed{});
  };
  const auto at = entries.find(timetable);
  const bool nothing_new = at != entries.end() && moved.campaign.empty() && moved.given_up == 0 &&
                           at->second.row.considered_ms == moved.considered_ms;
  if (nothing_new) return done();
  self->request(store, store_timeout, commit{moved})
      .then([done](const store::applied&) { done(); },
            [this, timetable](const caf::error& failed) {
              spdlog::error("timetable {}: {}", timetable, from_caf(failed, "remember").message);
              if (const auto at = entries.find(timetable); at != entries.end()) {
                at->second.busy = false;
              }
            });
}

timetable_actor::behavior_type timetable(timetable_actor::stateful_pointer<timetable_state> self,
                                         surroundings_ptr world, store_actor store,
                                         campaign_starter fleet) {
  auto& state = self->state;
  state.world = std::move(world);
  state.store = std::move(store);
  state.fleet = std::move(fleet);
  self->delayed_send(self, look_period, timetable_tick{});
  return {
      [self](timetables_changed) { self->state.read(); },
      [self](timetable_tick) {
        self->state.look();
        self->delayed_send(self, look_period, timetable_tick{});
      },
      [self](const switches_changed& changed) {
        self->state.switches = changed.now;
        for (auto& [name, entry] : self->state.entries) entry.look_ms.reset();
        self->state.look();
      },
  };
}

}  // namespace skein::actors
