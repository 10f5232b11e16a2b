#include "actors/system/intake.hpp"

#include "actors/offload.hpp"
#include "actors/system/timetable.hpp"
#include "runtime/schedule/admission.hpp"
#include "runtime/schedule/expand_repos.hpp"
#include "runtime/schedule/wave_plan.hpp"
#include "schema/identity.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace skein::actors {

namespace {

/// The places at which two campaign documents differ, for a person: `/spec/waves/0/size`.
std::string differences(const nlohmann::json& stored, const nlohmann::json& given) {
  std::string text;
  int count = 0;
  for (const auto& change : nlohmann::json::diff(stored, given)) {
    if (++count > 5) return text + ", …";
    text += (text.empty() ? "" : ", ") + change.at("path").get<std::string>();
  }
  return text;
}

/// A task that names nobody is done by the default agent, when there is one.
void choose_agent(const surroundings& world, schema::task_spec& spec) {
  if (spec.agent_given || !world.models.default_agent) return;
  spec.agent = *world.models.default_agent;
  spec.agent_given = true;
}

/// The wave of each repository, by the campaign's rules and what its repositories need.
result<std::vector<std::uint32_t>> waves_of(const schema::campaign& campaign,
                                            const std::vector<schema::repo_spec>& repos,
                                            const std::filesystem::path& directory) {
  std::map<std::string, std::uint32_t> places;
  std::vector<schedule::fleet_repo> fleet;
  for (const auto& repo : repos) {
    places.emplace(repo.url, static_cast<std::uint32_t>(fleet.size()));
    fleet.push_back({repo.url, schedule::owner_of(repo.url), {}});
  }
  std::vector<std::pair<std::uint32_t, std::uint32_t>> needs;
  for (const auto& selector : campaign.repos) {
    if (selector.labels.empty() && selector.needs.empty()) continue;
    const auto at = places.find(schedule::full_address(selector.url, directory));
    if (at == places.end()) continue;
    fleet[at->second].labels = selector.labels;
    for (const auto& needed : selector.needs) {
      const auto other = places.find(schedule::full_address(needed, directory));
      if (other == places.end()) {
        return error{
            errc::invalid,
            "repository " + selector.url + " needs " + needed + ", which is not in the campaign",
            "add it under spec.repos, or take the need away"};
      }
      needs.emplace_back(at->second, other->second);
    }
  }
  std::vector<schedule::wave_rule> rules;
  for (const auto& wave : campaign.waves) {
    rules.push_back({wave.size, wave.percent, wave.label, wave.owner, wave.rest});
  }
  return schedule::plan_waves(rules, fleet, needs);
}

/// All runs of a campaign and their tasks, in one durable operation.
store::add_campaign expanded(const surroundings& world, const submit_campaign& order,
                             const std::vector<schema::repo_spec>& repos,
                             const std::vector<std::uint32_t>& waves) {
  const auto& campaign = order.campaign;
  store::add_campaign made;
  made.value = campaign;
  const auto document = schema::to_json(campaign);
  made.spec_json = schema::canonical_json(document);
  made.spec_sha256 = schema::sha256_hex(made.spec_json);
  made.by = order.by;
  std::vector<std::uint32_t> order_of_runs(repos.size());
  std::iota(order_of_runs.begin(), order_of_runs.end(), 0U);
  std::stable_sort(order_of_runs.begin(), order_of_runs.end(),
                   [&waves](auto a, auto b) { return waves[a] < waves[b]; });
  for (const auto index : order_of_runs) {
    const auto wave = waves[index];
    schedule::origin from{order.by,
                          campaign.name,
                          wave,
                          wave == 0,
                          order.dry_run,
                          world.now_ms(),
                          world.config.scheduler.ageing.count()};
    auto task = schema::task_for_repo(campaign, repos[index]);
    choose_agent(world, task.spec);
    auto candidate = schedule::new_run(task, from, world.rules.verifiers, world.rules.judging,
                                       world.room);
    made.tasks.emplace_back(candidate.frozen.sha256, std::move(candidate.frozen.json));
    made.runs.push_back(std::move(candidate.row));
  }
  return made;
}

}  // namespace

caf::typed_response_promise<submitted> intake_state::submit(const submit_run& order) {
  auto promise = self->make_response_promise<submitted>();
  schedule::origin from;
  from.by = order.by;
  from.dry_run = order.dry_run;
  from.at_ms = world->now_ms();
  from.ageing_ms = world->config.scheduler.ageing.count();
  auto task = order.task;
  choose_agent(*world, task.spec);
  auto made =
      std::make_shared<schedule::candidate>(schedule::new_run(
          task, from, world->rules.verifiers, world->rules.judging, world->room));
  auto failed = [promise](const caf::error& why) mutable { promise.deliver(why); };
  self->request(store, store_timeout,
                commit{store::put_task{made->frozen.sha256, made->frozen.json}})
      .then(
          [this, promise, made, failed](const store::applied&) {
            self->request(store, store_timeout, commit{made->row})
                .then(
                    [promise, made](const store::applied& done) mutable {
                      promise.deliver(submitted{made->row.value.id, done.state});
                    },
                    failed);
          },
          failed);
  return promise;
}

caf::typed_response_promise<campaign_submitted> intake_state::submit(const submit_campaign& given) {
  auto promise = self->make_response_promise<campaign_submitted>();
  auto order = std::make_shared<submit_campaign>(given);
  if (order->dry_run) {
    // A rehearsal never takes the name of the real thing.
    order->campaign.name =
        order->campaign.name.substr(0, 48) + ".dry-run-" + schema::new_id().substr(0, 6);
    order->campaign.schedule.reset();
    begin_campaign(promise, order);
    return promise;
  }
  if (order->campaign.schedule && !order->campaign.schedule->cron.empty()) {
    begin_timetable(promise, *order);
    return promise;
  }
  self->request(store, store_timeout, get_campaign{order->campaign.name})
      .then(
          [promise, order](const store::campaign_row& known) mutable {
            const auto stored = schema::to_json(known.value);
            const auto document = schema::to_json(order->campaign);
            if (stored == document) {
              promise.deliver(campaign_submitted{order->campaign.name, true, 0});
              return;
            }
            promise.deliver(to_caf(
                {errc::conflict,
                 "campaign " + order->campaign.name +
                     " exists with other content: " + differences(stored, document),
                 "give the new one another name, or restore the file to resume the old one"}));
          },
          [this, promise, order](const caf::error& failed) mutable {
            const auto why = from_caf(failed, "look for the campaign");
            if (why.code != errc::not_found) {
              promise.deliver(failed);
              return;
            }
            begin_campaign(promise, order);
          });
  return promise;
}

void intake_state::begin_timetable(caf::typed_response_promise<campaign_submitted> promise,
                                   const submit_campaign& order) {
  const auto times = read_times(*order.campaign.schedule);
  if (!times) {
    promise.deliver(to_caf(times.error()));
    return;
  }
  const auto now = world->now_ms();
  store::put_timetable row;
  row.name = order.campaign.name;
  row.tenant = order.campaign.tenant;
  row.spec_json = schema::canonical_json(schema::to_json(order.campaign));
  row.directory = order.directory.string();
  row.by = order.by;
  row.considered_ms = now;
  campaign_submitted answer{order.campaign.name, false, 0, true, next_start_ms(*times, now)};
  self->request(store, store_timeout, commit{std::move(row)})
      .then(
          [promise, answer](const store::applied& done) mutable {
            answer.resumed = done.affected == 0;
            promise.deliver(answer);
          },
          [promise](const caf::error& failed) mutable { promise.deliver(failed); });
}

void intake_state::begin_campaign(caf::typed_response_promise<campaign_submitted> promise,
                                  std::shared_ptr<const submit_campaign> order) {
  auto expand = [world = world, order]() -> result<store::add_campaign> {
    SKEIN_TRY(repos, schedule::expand_repos(order->campaign.repos, order->directory,
                                            search_of(world->forges)));
    if (repos.size() > order->room) {
      return error{errc::refused,
                   "campaign " + order->campaign.name + " has " + std::to_string(repos.size()) +
                       " repositories, and the queue takes only " + std::to_string(order->room) +
                       " more runs",
                   "submit it when the queue is shorter, or raise scheduler.maxQueued"};
    }
    SKEIN_TRY(waves, waves_of(order->campaign, repos, order->directory));
    return expanded(*world, *order, repos, waves);
  };
  auto keep = [this, promise](result<store::add_campaign> made) mutable {
    if (!made) {
      promise.deliver(to_caf(made.error()));
      return;
    }
    campaign_submitted answer{made->value.name, false,
                              static_cast<std::uint32_t>(made->runs.size())};
    self->request(store, store_timeout, commit{std::move(*made)})
        .then([promise, answer](const store::applied&) mutable { promise.deliver(answer); },
              [promise](const caf::error& failed) mutable { promise.deliver(failed); });
  };
  if (const auto place = world->forges.searched(); place && asks_forge(order->campaign)) {
    return offload<store::add_campaign>(self, *place->line, expand, keep);
  }
  offload<store::add_campaign>(self, world->pool, expand, keep);
}

caf::typed_response_promise<retried> intake_state::retry(const retry_campaign& order) {
  auto promise = self->make_response_promise<retried>();
  auto failed = [promise](const caf::error& why) mutable { promise.deliver(why); };
  store::run_filter filter;
  filter.campaign = order.name;
  filter.limit = 0;
  auto replace = [this, promise, failed, order](const store::campaign_row& campaign,
                                                const run_list& runs) mutable {
    store::retry_runs again;
    again.campaign = order.name;
    again.by = order.by;
    for (const auto& old : runs) {
      if (!schema::is_final(old.state) || schema::is_success(old.state)) continue;
      schedule::origin from{order.by,
                            order.name,
                            old.wave,
                            old.wave <= campaign.open_wave,
                            old.dry_run,
                            world->now_ms(),
                            world->config.scheduler.ageing.count()};
      auto next = schedule::new_run(schema::task_for_repo(campaign.value, old.repo), from,
                                    world->rules.verifiers, world->rules.judging, world->room)
                      .row;
      // The frozen task is that of the first try. Frozen again it would differ: a row that was
      // prepared says on which branch the base was found.
      next.value.task_sha256 = old.task_sha256;
      next.value.fingerprint = old.fingerprint;
      again.superseded.push_back(old.id);
      again.runs.push_back(std::move(next));
    }
    const retried answer{static_cast<std::uint32_t>(again.runs.size())};
    if (answer.runs == 0) {
      promise.deliver(answer);
      return;
    }
    self->request(store, store_timeout, commit{std::move(again)})
        .then(
            [this, promise, failed, answer, order](const store::applied&) mutable {
              store::set_campaign resume;
              resume.name = order.name;
              resume.state = schema::campaign_state::running;
              resume.by = order.by;
              resume.reason = "retry of " + std::to_string(answer.runs) + " failed runs";
              self->request(store, store_timeout, commit{resume})
                  .then(
                      [promise, answer](const store::applied&) mutable { promise.deliver(answer); },
                      failed);
            },
            failed);
  };
  self->request(store, store_timeout, get_campaign{order.name})
      .then(
          [this, filter, replace, failed](const store::campaign_row& campaign) {
            self->request(store, store_timeout, get_runs{filter})
                .then(
                    [campaign, replace](const run_list& runs) mutable { replace(campaign, runs); },
                    failed);
          },
          failed);
  return promise;
}

intake_actor::behavior_type intake(intake_actor::stateful_pointer<intake_state> self,
                                   surroundings_ptr world, store_actor store) {
  self->state.world = std::move(world);
  self->state.store = std::move(store);
  return {
      [self](const submit_run& order) { return self->state.submit(order); },
      [self](const submit_campaign& order) { return self->state.submit(order); },
      [self](const retry_campaign& order) { return self->state.retry(order); },
      [](job_done& job) { job.deliver(); },
  };
}

}  // namespace skein::actors
