// Opens the pull request of a branch that was pushed, exactly once, then labels it and asks for
// reviews.
#include "actors/publisher_ask.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace skein::actors {

namespace {

using pr_state = store::pull_request_state;

/// Ends that are not certain, before the run is told so.
constexpr int most_tries = 10;
/// For what is nice to have.
constexpr int most_small_tries = 3;
constexpr std::int64_t small_wait_ms = 10'000;

forge::new_pull_request wanted_of(const delivery& work) {
  return {work.text.title, work.text.body, work.text.branch, work.order.base.branch,
          work.order.draft};
}

pr_state state_of(forge::opened_as how) {
  switch (how) {
    case forge::opened_as::found_closed:
      return pr_state::closed_by_person;
    case forge::opened_as::found_merged:
      return pr_state::merged;
    case forge::opened_as::created:
    case forge::opened_as::found_open:
      break;
  }
  return pr_state::open;
}

}  // namespace

void publisher_state::wait(const delivery_ptr& work, std::int64_t ms, std::function<void()> then) {
  const auto ticket = ++work->ticket;
  auto fire = [work, ticket, then = std::move(then)] {
    if (work->ticket != ticket) return;
    ++work->ticket;
    work->woken.reset();
    then();
  };
  self->delayed_send(self, std::chrono::milliseconds{ms}, job_done{fire});
  work->woken.emplace(work->order.stop, [handle = caf::actor_cast<publisher_actor>(self), fire] {
    come_back(handle, fire);
  });
}

void publisher_state::open(const delivery_ptr& work) {
  if (work->stopped()) return cancelled(work, "before the pull request was opened");
  if (work->order.base.branch.empty() || work->order.base.branch == "HEAD") {
    return give_up(work, "no base branch",
                   "the run has no base branch to open a pull request for; name one in the task");
  }
  auto ask = [this, work] {
    if (work->stopped()) return cancelled(work, "before the pull request was opened");
    ask_forge<forge::opened>(
        work,
        [work](forge::forge& at, const forge::call_limits& limits) {
          return forge::open_once(at, work->repository, wanted_of(*work),
                                  forge::marker_of_run(work->order.run.id), limits);
        },
        [this, work](const forge::answer<forge::opened>& said) { opened(work, said); });
  };
  // Known before the forge hears of it, so that whoever comes after a crash looks first.
  store::set_pull_request asked;
  asked.run_id = work->order.run.id;
  asked.asked_ms = world->now_ms();
  asked.branch_there = true;
  if (work->tries == 0) asked.kind = "pull_request_asked";
  claim(work, [this, work, asked, ask] {
    work->asked_ms = *asked.asked_ms;
    keep(work, asked, "record that the forge is asked", ask);
  });
}

void publisher_state::look(const delivery_ptr& work) {
  // Also when stopped: the question decides the truth.
  auto call = [work]() -> result<forge::answer<forge::opened>> {
    return forge::reconcile(*work->place->at, work->repository, work->text.branch,
                            forge::marker_of_run(work->order.run.id), {call_deadline, {}});
  };
  auto looked = [this, work](result<forge::answer<forge::opened>> said) {
    if (!said) return fail(work, said.error());
    const bool absent = said->end == forge::outcome::refused && said->status == 404;
    if (absent) {
      if (work->stopped()) return cancelled(work, "before the pull request was opened");
      const auto settled =
          work->asked_ms +
          std::chrono::duration_cast<std::chrono::milliseconds>(forge::settle_time).count();
      const auto left = settled - world->now_ms();
      if (left <= 0) return open(work);
      return wait(work, left, [this, work] { look(work); });
    }
    opened(work, *said);
  };
  offload<forge::answer<forge::opened>>(self, *work->place->line, call, looked);
}

void publisher_state::opened(const delivery_ptr& work, const forge::answer<forge::opened>& said) {
  switch (said.end) {
    case forge::outcome::done: {
      const auto& pull = said.value->pull;
      work->url = pull.url;
      work->number = pull.number;
      work->tries = 0;
      store::set_pull_request made;
      made.run_id = work->order.run.id;
      made.state = state_of(said.value->how);
      made.number = pull.number;
      made.url = pull.url;
      made.head_commit = pull.head_commit;
      made.opened_ms = pull.created_s != 0 && said.value->how != forge::opened_as::created
                           ? pull.created_s * 1000
                           : world->now_ms();
      made.touched_ms = made.opened_ms;
      if (!pull.open) made.closed_ms = world->now_ms();
      made.kind = "pull_request_opened";
      made.payload = {{"found", said.value->how != forge::opened_as::created},
                      {"draft", pull.draft}};
      return keep(work, std::move(made), "record the pull request",
                  [this, work, open = pull.open] { return open ? label(work) : finished(work); });
    }
    case forge::outcome::refused:
      return give_up(work, said.reason,
                     "the forge refused the pull request: " + said.reason + "; the branch " +
                         work->text.branch + " is pushed");
    case forge::outcome::rate_limited: {
      if (work->stopped()) return cancelled(work, "before the pull request was opened");
      // Nothing was done, so it is not counted: the forge says when.
      const bool asked_before = work->unknown;
      return wait(work, std::max<std::int64_t>(said.wait_ms, 1),
                  [this, work, asked_before] { return asked_before ? look(work) : open(work); });
    }
    case forge::outcome::unknown:
      break;
  }
  if (++work->tries >= most_tries) {
    return deliver(
        work, {std::nullopt,
               "the forge does not say whether the pull request is open: " + said.reason, true});
  }
  spdlog::warn("run {}: pull request: {}", work->order.run.id, said.reason);
  // Perhaps it is on its way: only looking tells, and only after a while that it is not.
  if (work->unknown) {
    if (work->stopped()) return deliver(work, {std::nullopt, "stopped: " + said.reason, true});
    return wait(work, small_wait_ms, [this, work] { look(work); });
  }
  settle(work, store::outbox_state::unknown, said.reason, [this, work] { look(work); });
}

void publisher_state::embellished(const delivery_ptr& work,
                                  const forge::answer<forge::nothing>& said,
                                  std::function<void()> again, std::function<void()> next) {
  if (said.end == forge::outcome::rate_limited && !work->stopped()) {
    return wait(work, std::max<std::int64_t>(said.wait_ms, 1), std::move(again));
  }
  if (said.end == forge::outcome::unknown && ++work->tries < most_small_tries && !work->stopped()) {
    return wait(work, small_wait_ms, std::move(again));
  }
  if (!said.done()) {
    spdlog::warn("run {}: {}: {}", work->order.run.id, work->url, said.reason);
  }
  work->tries = 0;
  next();
}

void publisher_state::label(const delivery_ptr& work) {
  const auto& labels = work->order.how.labels;
  // Open is what it is: nothing more is done to it after a stop.
  if (work->stopped()) return finished(work);
  if (labels.empty()) return ask_reviewers(work);
  ask_forge<forge::nothing>(
      work,
      [work](forge::forge& at, const forge::call_limits& limits) {
        return at.add_labels(work->repository, work->number, work->order.how.labels, limits);
      },
      [this, work](const forge::answer<forge::nothing>& said) {
        embellished(
            work, said, [this, work] { label(work); }, [this, work] { ask_reviewers(work); });
      });
}

void publisher_state::ask_reviewers(const delivery_ptr& work) {
  const auto& who = work->facts.reviewers;
  if (work->stopped() || (who.users.empty() && who.teams.empty())) return finished(work);
  ask_forge<forge::nothing>(
      work,
      [work](forge::forge& at, const forge::call_limits& limits) {
        return at.request_reviewers(work->repository, work->number, work->facts.reviewers.users,
                                    work->facts.reviewers.teams, limits);
      },
      [this, work](const forge::answer<forge::nothing>& said) {
        embellished(
            work, said, [this, work] { ask_reviewers(work); }, [this, work] { finished(work); });
      });
}

void publisher_state::finished(const delivery_ptr& work) {
  settle(work, store::outbox_state::done, work->url, [this, work] {
    deliver(work, {work->publication(), {}, false});
  });
}

}  // namespace skein::actors
