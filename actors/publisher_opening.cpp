// Whether a pull request is opened: gathers the facts, lets runtime/forge decide, and carries the
// decision out.
#include "actors/offload.hpp"
#include "actors/publisher.hpp"

#include <algorithm>

namespace skein::actors {

namespace {

using pr_state = store::pull_request_state;

/// A change that was verified again this often is opened as it is: the forge shows what is missing.
constexpr std::uint32_t most_new_bases = 3;
/// When nothing but an event ends a hold: how often it is looked for.
constexpr std::int64_t hold_look_ms = 10 * 60'000;
/// A hold that no event ended for so long is told to the run.
constexpr int most_hold_looks = 6 * 24 * 7;

forge::earlier_end end_of(pr_state state) {
  switch (state) {
    case pr_state::merged:
      return forge::earlier_end::merged;
    case pr_state::closed_by_person:
      return forge::earlier_end::closed_by_person;
    case pr_state::closed_by_platform:
    case pr_state::not_opened:
      return forge::earlier_end::closed_by_platform;
    case pr_state::opening:
    case pr_state::open:
      break;
  }
  return forge::earlier_end::open;
}

bool counts_as_there(pr_state state) {
  return state == pr_state::open || state == pr_state::opening;
}

std::string joined(const std::vector<std::string>& reasons) {
  std::string out;
  for (const auto& each : reasons) out += (out.empty() ? "" : "; ") + each;
  return out;
}

std::string turn_of(const delivery& work) {
  return work.place->name + "\n" + work.repository.owner + "/" + work.repository.name;
}

}  // namespace

void publisher_state::examine(const delivery_ptr& work, std::function<void()> then) {
  auto read = [work] {
    return examine_change(work->order.base, work->order.run, work->order.how,
                          work->repository.owner);
  };
  offload<change_facts>(self, world->pool, read, [this, work, then](result<change_facts> found) {
    if (!found) return fail(work, found.error());
    work->facts = std::move(*found);
    work->describe();
    store::pull_request_filter mine;
    mine.run_id = work->order.run.id;
    self->request(store, store_timeout, get_pull_requests{mine})
        .then(
            [work, then](const pull_request_list& rows) {
              for (const auto& row : rows) {
                work->url = row.url;
                work->number = row.number;
                work->asked_ms = row.asked_ms;
              }
              then();
            },
            [this, work](const caf::error& failed) {
              fail(work, from_caf(failed, "read the pull request"));
            });
  });
}

void publisher_state::take_turn(const delivery_ptr& work) {
  auto& line = turns_[turn_of(*work)];
  work->in_turn = true;
  line.push_back(work);
  if (line.size() == 1) ask_base(work);
}

void publisher_state::end_turn(const delivery_ptr& work) {
  if (!std::exchange(work->in_turn, false)) return;
  const auto found = turns_.find(turn_of(*work));
  if (found == turns_.end()) return;
  auto& line = found->second;
  const bool decided_now = line.front() == work;
  std::erase(line, work);
  if (line.empty()) {
    turns_.erase(found);
  } else if (decided_now) {
    ask_base(line.front());
  }
}

void publisher_state::ask_base(const delivery_ptr& work) {
  if (work->stopped()) return cancelled(work, "before anything was sent");
  const auto& run = work->order.run;
  const bool often = run.attempt > run.failed_attempts + run.crashes + most_new_bases;
  // A task that names its commit, or has none that moves, is verified where it is.
  if (often || !run.repo.commit.empty() || work->order.base.branch.empty() ||
      work->order.base.branch == "HEAD") {
    return decide(work, false);
  }
  auto ask = [world = world, work] {
    return git::find_branch(
        work->where, work->order.base.branch,
        std::min(world->config.git_timeout, std::chrono::milliseconds{std::chrono::minutes{1}}),
        work->order.stop);
  };
  offload<std::string>(self, world->pool, ask, [this, work](const result<std::string>& at) {
    // No answer is no reason to throw the work away: the push will say.
    decide(work, at && !at->empty() && *at != work->order.base.commit);
  });
}

void publisher_state::decide(const delivery_ptr& work, bool base_moved) {
  if (work->stopped()) return cancelled(work, "before anything was sent");
  store::pull_request_filter here;
  here.forge = work->place->name;
  here.repository = work->repository.owner + "/" + work->repository.name;
  auto found = [this, work, here, base_moved](const pull_request_list& rows) {
    const auto& run = work->order.run;
    forge::candidate wanted;
    wanted.run = run.id;
    wanted.fingerprint = run.fingerprint;
    wanted.repository = here.repository;
    wanted.base_branch = work->order.base.branch;
    wanted.paths = work->facts.paths;
    wanted.risk = run.risk;
    wanted.draft_by_rule = work->order.draft;
    wanted.score = work->facts.score;
    wanted.base_moved = base_moved;
    std::vector<forge::earlier_pull_request> earlier;
    std::vector<forge::neighbour_run> neighbours;
    for (const auto& row : rows) {
      if (row.state == pr_state::not_opened || row.run_id == run.id) continue;
      // One that is being opened counts for the rates like one that is.
      const auto since = row.opened_ms != 0 ? row.opened_ms : world->now_ms();
      earlier.push_back(
          {row.repository, row.number, row.run_id, row.fingerprint, end_of(row.state), since});
      if (!counts_as_there(row.state)) continue;
      neighbours.push_back({row.run_id, row.base_branch, row.paths, true});
    }
    decided(work, forge::decide_opening(wanted, earlier, neighbours, work->place->rules,
                                        world->now_ms()));
  };
  self->request(store, store_timeout, get_pull_requests{here})
      .then(found, [this, work](const caf::error& failed) {
        fail(work, from_caf(failed, "read the pull requests of the repository"));
      });
}

void publisher_state::decided(const delivery_ptr& work, const forge::opening_decision& said) {
  using forge::opening;
  publish_outcome outcome;
  outcome.reason = joined(said.reasons);
  switch (said.what) {
    case opening::duplicate:
      outcome.duplicate = true;
      return deliver(work, std::move(outcome));
    case opening::conflict:
      outcome.reason += ": publish this one when that one is merged or closed";
      return deliver(work, std::move(outcome));
    case opening::rebase:
      outcome.base_moved = true;
      return deliver(work, std::move(outcome));
    case opening::hold: {
      if (++work->tries > most_hold_looks) return deliver(work, std::move(outcome));
      // Others of the repository would wait for the same; each asks for itself.
      end_turn(work);
      const auto left = said.again_ms == 0 ? hold_look_ms : said.again_ms - world->now_ms();
      if (work->tries == 1) {
        store::note_event held{
            "publish_held",         work->order.run.id, work->order.run.campaign,
            work->order.run.tenant, "system",           {{"reason", outcome.reason}}};
        self->request(store, store_timeout, commit{std::move(held)})
            .then([](const store::applied&) {}, [](const caf::error&) {});
      }
      return wait(work, std::max<std::int64_t>(left, 1000), [this, work] { take_turn(work); });
    }
    case opening::draft:
      work->order.draft = true;
      work->describe();
      [[fallthrough]];
    case opening::open:
      work->tries = 0;
      return begin(work);
  }
}

void publisher_state::claim(const delivery_ptr& work, std::function<void()> then) {
  store::claim_pull_request claim;
  auto& row = claim.value;
  row.run_id = work->order.run.id;
  row.forge = work->place->name;
  row.repository = work->repository.owner + "/" + work->repository.name;
  row.repo_url = work->order.run.repo.url;
  row.branch = work->text.branch;
  row.commit = work->commit;
  row.base_branch = work->order.base.branch;
  row.base_commit = work->order.base.commit;
  row.fingerprint = work->order.run.fingerprint;
  row.paths = work->facts.paths;
  keep(work, std::move(claim), "claim the pull request", std::move(then));
}

}  // namespace skein::actors
