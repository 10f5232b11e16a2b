#include "actors/system/pull_requests.hpp"

#include "actors/system/follow_up.hpp"
#include "actors/system/pull_request_visit.hpp"
#include "runtime/forge/open_once.hpp"
#include "runtime/schedule/admission.hpp"

#include <algorithm>

namespace skein::actors {

namespace {

using pr_state = store::pull_request_state;

constexpr std::chrono::milliseconds longest_tick{15'000};
constexpr std::chrono::milliseconds shortest_tick{1'000};
/// A pull request at which nothing happens is looked at this rarely.
constexpr std::int64_t longest_distance_ms = 3'600'000;
/// What the platform itself does to one shows as an update, up to this much later.
constexpr std::int64_t own_act_ms = 120'000;
/// At once: the forge's limits are for publishing, too.
constexpr std::size_t most_visits = 8;
/// With this label a pull request does not age.
constexpr const char* hold_label = "skein-hold";
constexpr std::size_t most_shown_checks = 20;

store::checks_state checks_of(const forge::check_summary& said) {
  if (said.checks.empty()) return store::checks_state::none;
  switch (said.state) {
    case forge::check_state::passed:
      return store::checks_state::passed;
    case forge::check_state::failed:
      return store::checks_state::failed;
    case forge::check_state::pending:
      break;
  }
  return store::checks_state::pending;
}

/// Names come from the repository: one line, nothing that Markdown would take for structure.
std::string quiet(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (out.size() == 100) break;
    const bool plain = static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '`' && c != '<' &&
                       c != '>' && c != '@';
    out += plain ? c : ' ';
  }
  return out;
}

/// As often as the forge that is looked at most.
std::chrono::milliseconds tick(const forge_sources& forges) {
  auto out = longest_tick;
  for (const auto& each : forges.all) out = std::min(out, each->poll_after);
  return std::max(out, shortest_tick);
}

bool covers(const store::switch_row& each, const store::pull_request_row& row) {
  if (each.kind != store::switch_kind::kill) return false;
  switch (each.scope) {
    case store::switch_scope::all:
      return true;
    case store::switch_scope::tenant:
      return each.target == row.tenant;
    case store::switch_scope::campaign:
      return !row.campaign.empty() && each.target == row.campaign;
    case store::switch_scope::repo:
      return each.target == row.repo_url;
    case store::switch_scope::run:
      return each.target == row.run_id;
  }
  return true;
}

}  // namespace

void pull_requests_state::look() {
  store::pull_request_filter mine;
  mine.cared_for = true;
  self->request(store, store_timeout, get_pull_requests{mine})
      .then(
          [this](const pull_request_list& rows) {
            std::map<std::string, plan> kept;
            for (const auto& row : rows) {
              const auto known = plans_.find(row.run_id);
              kept[row.run_id] = known == plans_.end() ? plan{} : known->second;
            }
            plans_ = std::move(kept);
            auto busy = static_cast<std::size_t>(std::count_if(
                plans_.begin(), plans_.end(), [](const auto& each) { return each.second.busy; }));
            for (const auto& row : rows) {
              auto& when = plans_[row.run_id];
              if (busy >= most_visits) break;
              if (when.busy || world->now_ms() < when.next_ms) continue;
              auto place = world->forges.named(row.forge);
              if (!place) continue;
              when.busy = true;
              ++busy;
              begin(row, std::move(place));
            }
          },
          [](const caf::error& failed) {
            spdlog::error("pull requests: {}", from_caf(failed, "read").message);
          });
}

void pull_requests_state::look_soon(const look_at& what) {
  for (const auto& id : what.run_ids) {
    auto& when = plans_[id];
    when.again = when.busy;
    when.distance_ms = 0;
    when.next_ms = 0;
  }
  look();
}

void pull_requests_state::begin(const store::pull_request_row& row, forge_place_ptr place) {
  auto now = std::make_shared<visit>();
  now->row = row;
  now->place = std::move(place);
  const auto name = forge::parse_repository_name(row.repository);
  if (!name) return done(now, false);
  now->repository = *name;
  if (row.state == pr_state::opening) return settle_claim(now);
  if (row.number == 0) return done(now, false);
  read(now);
}

void pull_requests_state::settle_claim(const visit_ptr& now) {
  // The publisher's, unless its run has ended without knowing.
  auto ended = [this, now](const schema::run& run) {
    if (!schema::is_final(run.state)) return done(now, false);
    const auto settled = std::chrono::milliseconds{forge::settle_time}.count();
    if (now->row.asked_ms != 0 && world->now_ms() < now->row.asked_ms + settled) {
      return done(now, false);
    }
    auto look = [now]() -> result<forge::answer<forge::opened>> {
      return forge::reconcile(*now->place->at, now->repository, now->row.branch,
                              forge::marker_of_run(now->row.run_id), {forge_call_deadline, {}});
    };
    auto looked = [this, now](result<forge::answer<forge::opened>> said) {
      if (!said) return done(now, false);
      store::set_pull_request what;
      what.run_id = now->row.run_id;
      if (said->done()) {
        what.state = pr_state::open;
        what.number = said->value->pull.number;
        what.url = said->value->pull.url;
        what.head_commit = said->value->pull.head_commit;
        what.opened_ms = world->now_ms();
        what.touched_ms = what.opened_ms;
        what.kind = "pull_request_found";
      } else if (said->end == forge::outcome::refused && said->status == 404) {
        what.state = pr_state::not_opened;
        what.kind = "pull_request_not_opened";
      } else {
        return done(now, false);
      }
      keep(now, std::move(what), [this, now] { done(now, true); });
    };
    offload<forge::answer<forge::opened>>(self, *now->place->line, look, looked);
  };
  self->request(store, store_timeout, get_run{now->row.run_id})
      .then(ended, [this, now](const caf::error&) { done(now, false); });
}

void pull_requests_state::read(const visit_ptr& now) {
  // One that ended is kept only for its branch.
  if (now->row.state != pr_state::open && now->row.branch_there) return judge_age(now);
  ask<forge::pull_request>(
      now,
      [now](forge::forge& at, const forge::call_limits& limits) {
        return at.read_pull_request(now->repository, now->row.number, limits);
      },
      [this, now](const forge::answer<forge::pull_request>& said) {
        now->pull = *said.value;
        seen(now);
      });
}

void pull_requests_state::seen(const visit_ptr& now) {
  const auto& row = now->row;
  store::set_pull_request what;
  what.run_id = row.run_id;
  if (now->pull.open) {
    const auto updated = now->pull.updated_s * 1000;
    const auto ours = std::max(row.opened_ms, row.reminded_ms) + own_act_ms;
    if (updated > ours && updated > row.touched_ms) what.touched_ms = updated;
    if (now->pull.head_commit != row.head_commit) {
      what.head_commit = now->pull.head_commit;
      // What checks said was of another commit.
      what.checks = store::checks_state::none;
      now->row.checks = store::checks_state::none;
    }
    now->row.touched_ms = what.touched_ms.value_or(row.touched_ms);
    auto next = [this, now] {
      ask<forge::check_summary>(
          now,
          [now](forge::forge& at, const forge::call_limits& limits) {
            return at.read_checks(now->repository, now->pull.head_commit, limits);
          },
          [this, now](const forge::answer<forge::check_summary>& said) {
            now->checks = *said.value;
            judge_checks(now);
          });
    };
    if (!what.touched_ms && !what.head_commit) return next();
    return keep(now, std::move(what), next);
  }
  // Closed when it was our turn to close it: a crash lost the record of it.
  const bool ours = row.reminded_ms != 0 && row.reminded_ms >= row.touched_ms &&
                    world->now_ms() >= row.reminded_ms + now->place->stale.close_after_ms;
  what.state = now->pull.merged ? pr_state::merged
               : ours           ? pr_state::closed_by_platform
                                : pr_state::closed_by_person;
  what.closed_ms = world->now_ms();
  what.kind = now->pull.merged ? "pull_request_merged" : "pull_request_closed";
  if (!now->pull.closed_by.empty()) what.payload = {{"closedBy", quiet(now->pull.closed_by)}};
  keep(now, std::move(what), [this, now] { done(now, true); });
}

void pull_requests_state::judge_checks(const visit_ptr& now) {
  const auto state = checks_of(*now->checks);
  const bool finished =
      std::none_of(now->checks->checks.begin(), now->checks->checks.end(),
                   [](const auto& each) { return each.state == forge::check_state::pending; });
  // A person who pushed to the branch took it over: its checks are theirs.
  const bool ours = now->pull.head_commit == now->row.commit;
  const auto act = forge::decide_feedback(state == store::checks_state::failed, finished, ours,
                                          now->row.feedback_rounds);
  if (state == now->row.checks) return judge_base(now);
  store::set_pull_request what;
  what.run_id = now->row.run_id;
  what.checks = state;
  what.kind = "pull_request_checks";
  auto names = nlohmann::json::array();
  std::string list;
  for (const auto& each : now->checks->checks) {
    if (each.state != forge::check_state::failed || names.size() == most_shown_checks) continue;
    names.push_back({{"name", quiet(each.name)}, {"url", quiet(each.url)}});
    list += "- `" + quiet(each.name) + "`\n";
  }
  if (!names.empty()) what.payload = {{"failed", names}};
  if (act != forge::feedback::feed_back) {
    return keep(now, std::move(what), [this, now] { judge_base(now); });
  }
  const auto round = now->row.feedback_rounds + 1;
  const auto marker = "<!-- skein checks=" + std::to_string(round) + " -->";
  const auto text = "Checks failed on the commit that was opened (round " + std::to_string(round) +
                    " of 2):\n\n" + list + "\n" + marker + "\n";
  const auto tell = [this, now, what, text, marker, round] {
    ask<forge::nothing>(
        now,
        [now, text, marker](forge::forge& at, const forge::call_limits& limits) {
          return at.comment(now->repository, now->row.number, text, marker, limits);
        },
        [this, now, what, round](const forge::answer<forge::nothing>&) mutable {
          what.feedback_rounds = round;
          what.kind = "pull_request_feedback";
          feed_back(now, round, [this, now, what = std::move(what)] {
            keep(now, what, [this, now] { done(now, true); });
          });
        });
  };
  // One that is at work replaces the commit that the checks are about.
  if_allowed(now, [this, now, tell] { unless_at_work(now, tell); });
}

void pull_requests_state::queue(const visit_ptr& now, const schema::run& origin,
                                const schema::task& task, const std::string& id,
                                std::function<void()> then) {
  auto lost = [this, now](const caf::error& failed) {
    spdlog::error("pull request of run {}: {}", now->row.run_id,
                  from_caf(failed, "queue a run for it").message);
    done(now, false);
  };
  schedule::origin from;
  from.by = origin.submitter;
  from.campaign = origin.campaign;
  from.wave = origin.wave;
  from.at_ms = world->now_ms();
  auto made = schedule::new_run(task, from, world->rules.verifiers, world->rules.judging,
                                world->room);
  made.row.dedup = false;
  made.row.value.id = id;
  auto row = std::make_shared<store::add_run>(std::move(made.row));
  auto add = [this, row, then, lost](const store::applied&) {
    self->request(store, store_timeout, commit{*row})
        .then([then](const store::applied&) { then(); },
              [then, lost](const caf::error& failed) {
                // Queued before a crash.
                if (from_caf(failed, "queue").code == errc::conflict) return then();
                lost(failed);
              });
  };
  self->request(store, store_timeout, commit{store::put_task{made.frozen.sha256, made.frozen.json}})
      .then(add, lost);
}

void pull_requests_state::read_task(const visit_ptr& now, const schema::run& run,
                                    std::function<void(const schema::task&)> then) {
  self->request(store, store_timeout, get_task{run.task_sha256})
      .then([then](const std::string& json) {
        then(schema::task_from_json(nlohmann::json::parse(json)));
      },
            [this, now](const caf::error& failed) {
              spdlog::error("pull request of run {}: {}", now->row.run_id,
                            from_caf(failed, "read its task").message);
              done(now, false);
            });
}

void pull_requests_state::feed_back(const visit_ptr& now, std::uint32_t round,
                                    std::function<void()> then) {
  with_run(now, now->row.run_id, [this, now, round, then](const schema::run* run) {
    if (run == nullptr || run->task_sha256.empty()) return then();
    read_task(now, *run, [this, now, round, then, run = *run](const schema::task& task) {
      auto next = follow_up_task(task, run, now->row, *now->checks, round);
      if (!next) return then();
      // What a check prints may hold what nobody should read.
      for (auto& each : next->spec.follow_up->failed) {
        each.name = world->rules.secrets.redact(each.name);
        each.output = world->rules.secrets.redact(each.output);
      }
      queue(now, run, *next, follow_up_id(now->row.run_id, round), then);
    });
  });
}

void pull_requests_state::judge_age(const visit_ptr& now) {
  const auto& row = now->row;
  forge::open_age age;
  age.open = row.state == pr_state::open;
  age.merged = row.state == pr_state::merged;
  age.closed_by_person = row.state == pr_state::closed_by_person;
  age.touched_ms = row.touched_ms;
  age.reminded_ms = row.reminded_ms;
  age.closed_ms = row.closed_ms;
  age.branch_there = row.branch_there;
  age.held = std::find(now->pull.labels.begin(), now->pull.labels.end(), hold_label) !=
             now->pull.labels.end();
  switch (forge::decide_stale(age, now->place->stale, world->now_ms()).what) {
    case forge::stale_step::remind:
      return if_allowed(now, [this, now] { remind(now); });
    case forge::stale_step::close:
      return if_allowed(now, [this, now] { close(now); });
    case forge::stale_step::delete_branch:
      return if_allowed(now, [this, now] { remove_branch(now); });
    case forge::stale_step::finished: {
      // The branch of what a person closed is that person's.
      store::set_pull_request what;
      what.run_id = row.run_id;
      what.branch_there = false;
      return keep(now, std::move(what), [this, now] { done(now, false); });
    }
    case forge::stale_step::wait:
      return done(now, false);
  }
}

void pull_requests_state::remind(const visit_ptr& now) {
  const auto marker = "<!-- skein reminder=" + std::to_string(now->row.touched_ms) + " -->";
  const auto days = now->place->stale.close_after_ms / (24LL * 3'600'000);
  const auto text = "Nobody has looked at this pull request for a while. It will be closed in " +
                    std::to_string(days) + " days; the label `" + hold_label +
                    "` or any comment keeps it open.\n\n" + marker + "\n";
  ask<forge::nothing>(
      now,
      [now, text, marker](forge::forge& at, const forge::call_limits& limits) {
        return at.comment(now->repository, now->row.number, text, marker, limits);
      },
      [this, now](const forge::answer<forge::nothing>&) {
        store::set_pull_request what;
        what.run_id = now->row.run_id;
        what.reminded_ms = world->now_ms();
        what.kind = "pull_request_reminded";
        keep(now, std::move(what), [this, now] { done(now, false); });
      });
}

void pull_requests_state::close(const visit_ptr& now) {
  ask<forge::pull_request>(
      now,
      [now](forge::forge& at, const forge::call_limits& limits) {
        return at.close_pull_request(now->repository, now->row.number, limits);
      },
      [this, now](const forge::answer<forge::pull_request>&) {
        store::set_pull_request what;
        what.run_id = now->row.run_id;
        what.state = pr_state::closed_by_platform;
        what.closed_ms = world->now_ms();
        what.kind = "pull_request_closed";
        what.payload = {{"reason", "stale"}};
        keep(now, std::move(what), [this, now] { done(now, true); });
      });
}

void pull_requests_state::remove_branch(const visit_ptr& now) {
  auto call = [now]() -> result<forge::answer<forge::nothing>> {
    return now->place->at->delete_branch(now->repository, now->row.branch, now->row.commit,
                                         {forge_call_deadline, {}});
  };
  auto gone = [this, now](result<forge::answer<forge::nothing>> said) {
    // Refused: somebody pushed to it, so it is not ours to delete.
    if (!said || (!said->done() && said->end != forge::outcome::refused)) return done(now, false);
    store::set_pull_request what;
    what.run_id = now->row.run_id;
    what.branch_there = false;
    what.kind = said->done() ? "pull_request_branch_deleted" : "pull_request_branch_left";
    keep(now, std::move(what), [this, now] { done(now, false); });
  };
  offload<forge::answer<forge::nothing>>(self, *now->place->line, call, gone);
}

void pull_requests_state::done(const visit_ptr& now, bool moved) {
  const auto found = plans_.find(now->row.run_id);
  if (found == plans_.end()) return;
  auto& when = found->second;
  const auto shortest = now->place->poll_after.count();
  when.busy = false;
  when.distance_ms = moved || when.distance_ms == 0
                         ? shortest
                         : std::min(when.distance_ms * 2, std::max(shortest, longest_distance_ms));
  when.next_ms = world->now_ms() + when.distance_ms;
  if (!std::exchange(when.again, false)) return;
  when.next_ms = 0;
  look();
}

void pull_requests_state::keep(const visit_ptr& now, store::set_pull_request what,
                               std::function<void()> then) {
  self->request(store, store_timeout, commit{std::move(what)})
      .then([then](const store::applied&) { then(); },
            [this, now](const caf::error& failed) {
              spdlog::error("pull request of run {}: {}", now->row.run_id,
                            from_caf(failed, "record").message);
              done(now, false);
            });
}

void pull_requests_state::if_allowed(const visit_ptr& now, std::function<void()> then) {
  self->request(store, store_timeout, get_switches{})
      .then(
          [this, now, then](const switch_list& all) {
            const bool killed = std::any_of(
                all.begin(), all.end(), [&](const auto& each) { return covers(each, now->row); });
            return killed ? done(now, false) : then();
          },
          [this, now](const caf::error&) { done(now, false); });
}

pull_requests_actor::behavior_type pull_requests(
    pull_requests_actor::stateful_pointer<pull_requests_state> self, surroundings_ptr world,
    store_actor store) {
  self->state.world = std::move(world);
  self->state.store = std::move(store);
  const auto period = tick(self->state.world->forges);
  self->delayed_send(self, period, idle_tick{});
  return {
      [self, period](idle_tick) {
        self->state.look();
        self->delayed_send(self, period, idle_tick{});
      },
      [self](const look_at& what) { self->state.look_soon(what); },
      [](job_done& job) { job.deliver(); },
  };
}

}  // namespace skein::actors
