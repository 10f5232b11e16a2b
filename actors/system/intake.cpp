#include "actors/system/intake.hpp"

#include "actors/offload.hpp"
#include "runtime/schedule/admission.hpp"
#include "runtime/schedule/expand_repos.hpp"
#include "schema/identity.hpp"

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

/// All runs of a campaign and their tasks, in one durable operation.
store::add_campaign expanded(const surroundings& world, const submit_campaign& order,
                             const std::vector<schema::repo_spec>& repos) {
  const auto& campaign = order.campaign;
  store::add_campaign made;
  made.value = campaign;
  const auto document = schema::to_json(campaign);
  made.spec_json = schema::canonical_json(document);
  made.spec_sha256 = schema::sha256_hex(made.spec_json);
  made.by = order.by;
  const auto sizes = schema::wave_sizes(campaign, static_cast<std::uint32_t>(repos.size()));
  std::size_t index = 0;
  for (std::uint32_t wave = 0; wave < sizes.size(); ++wave) {
    for (std::uint32_t i = 0; i < sizes[wave]; ++i, ++index) {
      schedule::origin from{order.by, campaign.name, wave, wave == 0, order.dry_run,
                            world.now_ms()};
      auto task = schema::task_for_repo(campaign, repos[index]);
      choose_agent(world, task.spec);
      auto candidate = schedule::new_run(task, from, world.rules.verifiers);
      made.tasks.emplace_back(candidate.frozen.sha256, std::move(candidate.frozen.json));
      made.runs.push_back(std::move(candidate.row));
    }
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
  auto task = order.task;
  choose_agent(*world, task.spec);
  auto made = std::make_shared<schedule::candidate>(
      schedule::new_run(task, from, world->rules.verifiers));
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

caf::typed_response_promise<campaign_submitted> intake_state::submit(
    const submit_campaign& given) {
  auto promise = self->make_response_promise<campaign_submitted>();
  auto order = std::make_shared<submit_campaign>(given);
  if (order->dry_run) {
    // A rehearsal never takes the name of the real thing.
    order->campaign.name = order->campaign.name.substr(0, 48) + ".dry-run-" +
                           schema::new_id().substr(0, 6);
    begin_campaign(promise, order);
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
                 "campaign " + order->campaign.name + " exists with other content: " +
                     differences(stored, document),
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

void intake_state::begin_campaign(caf::typed_response_promise<campaign_submitted> promise,
                                  std::shared_ptr<const submit_campaign> order) {
  auto expand = [world = world, order]() -> result<store::add_campaign> {
    SKEIN_TRY(repos, schedule::expand_repos(order->campaign.repos, order->directory,
                                            search_of(world->forges)));
    return expanded(*world, *order, repos);
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
      schedule::origin from{order.by, order.name, old.wave, old.wave <= campaign.open_wave,
                            old.dry_run, world->now_ms()};
      auto next = schedule::new_run(schema::task_for_repo(campaign.value, old.repo), from,
                                    world->rules.verifiers)
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
                  .then([promise, answer](const store::applied&) mutable { promise.deliver(answer); },
                        failed);
            },
            failed);
  };
  self->request(store, store_timeout, get_campaign{order.name})
      .then(
          [this, filter, replace, failed](const store::campaign_row& campaign) {
            self->request(store, store_timeout, get_runs{filter})
                .then([campaign, replace](const run_list& runs) mutable {
                  replace(campaign, runs);
                }, failed);
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
