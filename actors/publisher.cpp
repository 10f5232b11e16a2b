// Intent and push; the pull request is in publisher_opening.cpp and publisher_forge.cpp.
#include "actors/publisher.hpp"

#include "actors/offload.hpp"
#include "runtime/git/advance_branch.hpp"

#include <algorithm>

namespace skein::actors {

namespace {

constexpr int most_pushes = 3;

}  // namespace

schema::publication delivery::publication() const {
  schema::publication made;
  made.mode = order.draft ? schema::publish_mode::draft : schema::publish_mode::pr;
  made.branch = text.branch;
  made.commit = commit;
  made.url = url.empty() ? where.url + "#" + text.branch : url;
  made.draft = order.draft;
  made.title = text.title;
  made.body = text.body;
  return made;
}

git::commit_spec delivery::commit_spec(const schema::config& config) const {
  return {order.run.tree, text.commit_message, config.author_name, config.author_email,
          committed_s};
}

result<> delivery::remake_commit(const schema::config& config) {
  SKEIN_TRY(made, git::write_commit(order.base, commit_spec(config)));
  if (made != commit) {
    return error{errc::corrupt, "the commit of run " + order.run.id + " cannot be remade",
                 "submit the task again"};
  }
  commit_is_there = true;
  return {};
}

void delivery::describe() {
  const auto branch = text.branch;
  text = forge::describe(order.run, order.how, order.intent, order.draft, facts.unowned);
  if (!branch.empty()) text.branch = branch;
  if (!order.follows || !order.follows->rebase()) return;
  // The pull request stays that of its first run, and is found by it; the facts are new.
  auto shown = order.run;
  shown.id = order.follows->run;
  if (followed) shown.fingerprint = followed->fingerprint;
  text.body = forge::describe(shown, order.how, order.intent, order.draft || shown_as_draft,
                              facts.unowned)
                  .body;
}

void publisher_state::deliver(const delivery_ptr& work, publish_outcome outcome) {
  end_turn(work);
  work->promise.deliver(std::move(outcome));
}

void publisher_state::fail(const delivery_ptr& work, const error& why) {
  end_turn(work);
  work->promise.deliver(to_caf(why));
}

void publisher_state::cancelled(const delivery_ptr& work, const std::string& where) {
  fail(work, {errc::cancelled, "publishing was stopped " + where, {}});
}

void publisher_state::keep(const delivery_ptr& work, store::operation what,
                           const std::string& attempted, std::function<void()> then) {
  self->request(store, store_timeout, commit{std::move(what)})
      .then([then](const store::applied&) { then(); },
            [this, work, attempted](const caf::error& failed) {
              fail(work, from_caf(failed, attempted));
            });
}

caf::typed_response_promise<publish_outcome> publisher_state::publish(const publish_run& order) {
  auto work = std::make_shared<delivery>();
  work->promise = self->make_response_promise<publish_outcome>();
  work->order = order;
  if (order.follows) {
    work->text.branch = order.follows->branch;
    work->url = order.follows->pull_request;
  }
  work->describe();
  auto where = git::parse_location(order.run.repo.url);
  if (!where) {
    fail(work, where.error());
    return work->promise;
  }
  work->where = *where;
  work->place = world->forges.of(where->url);
  if (work->place) work->repository = work->place->repository(where->url).value();
  log_in(self, world->forges, *where, [this, work](result<git::location> known) {
    // Without a login the remote says no by itself, and says it better.
    if (known) work->where = *known;
    look_up(work);
  });
  return work->promise;
}

void publisher_state::look_up(const delivery_ptr& work) {
  self->request(store, store_timeout, get_intent{work->order.run.id})
      .then(
          [this, work](const intent_answer& answer) {
            const auto next = [this, work, known = answer.known] {
              if (known) return resume(work, *known);
              if (work->order.follows) return follow(work);
              if (work->place) return take_turn(work);
              begin(work);
            };
            const auto& follows = work->order.follows;
            const auto then = [this, work, next] {
              return work->order.follows ? read_followed(work, next) : next();
            };
            if (!work->place || (follows && !follows->rebase())) return then();
            examine(work, then);
          },
          [this, work](const caf::error& failed) {
            fail(work, from_caf(failed, "read the outbox"));
          });
}

void publisher_state::begin(const delivery_ptr& work) {
  if (work->stopped()) return cancelled(work, "before anything was sent");
  work->committed_s = world->now_ms() / 1000;
  auto write = [world = world, work] {
    return git::write_commit(work->order.base, work->commit_spec(world->config));
  };
  auto written = [this, work](const result<std::string>& commit_id) {
    if (!commit_id) return fail(work, commit_id.error());
    work->commit = *commit_id;
    work->commit_is_there = true;
    store::put_intent intent;
    intent.run_id = work->order.run.id;
    intent.attempt = work->order.run.attempt;
    intent.repo_url = work->where.url;
    intent.branch = work->text.branch;
    intent.commit = work->commit;
    intent.payload = {{"committedAt", work->committed_s}, {"draft", work->order.draft}};
    auto record = [this, work, intent] {
      keep(work, intent, "record the intent to publish", [this, work] {
        end_turn(work);
        push(work);
      });
    };
    if (!work->place || work->order.follows) return record();
    claim(work, record);
  };
  offload<std::string>(self, world->pool, write, written);
}

void publisher_state::resume(const delivery_ptr& work, const store::outbox_row& known) {
  work->commit = known.commit;
  work->text.branch = known.branch;
  work->committed_s = known.payload.value("committedAt", std::int64_t{0});
  // What was decided before anything was sent stays decided.
  work->order.draft = known.payload.value("draft", work->order.draft);
  work->describe();
  switch (known.state) {
    case store::outbox_state::done:
      return deliver(work, {work->publication(), {}, false});
    case store::outbox_state::failed:
      return deliver(work, {std::nullopt, known.detail, false});
    case store::outbox_state::unknown:
      work->unknown = true;
      [[fallthrough]];
    case store::outbox_state::pending:
      // Its push is on record: whoever moved the branch since did so after it.
      if (work->followed && work->followed->commit == work->commit) {
        return on_the_branch(work, "found by reconciliation");
      }
      return reconcile(work, "the process ended before the outcome was known");
  }
}

void publisher_state::push(const delivery_ptr& work) {
  if (work->stopped()) return cancelled(work, "before the push");
  ++work->pushes;
  auto send = [world = world, work]() -> result<git::push_result> {
    if (!work->commit_is_there) SKEIN_CHECK(work->remake_commit(world->config));
    return git::advance_branch(work->order.base.mirror, work->where, work->commit,
                               work->text.branch, work->branch_before(),
                               world->config.git_timeout, work->order.stop);
  };
  offload<git::push_result>(
      self, world->pool, send, [this, work](const result<git::push_result>& sent) {
        if (!sent) return reconcile(work, sent.error().message);
        switch (sent->end) {
          case git::push_end::pushed:
            return pushed(work, {});
          case git::push_end::rejected:
            return give_up(work, sent->detail, "push was rejected: " + sent->detail);
          case git::push_end::unknown:
            return reconcile(work, sent->detail);
        }
      });
}

void publisher_state::pushed(const delivery_ptr& work, const std::string& how) {
  if (work->order.follows) return followed(work, how);
  if (work->place) {
    work->tries = 0;
    // Somebody may have asked the forge before this process: first only look.
    return work->asked_ms != 0 ? look(work) : open(work);
  }
  settle(work, store::outbox_state::done, how, [this, work] {
    deliver(work, {work->publication(), {}, false});
  });
}

void publisher_state::give_up(const delivery_ptr& work, const std::string& detail,
                              const std::string& reason) {
  auto failed = [this, work, detail, reason] {
    settle(work, store::outbox_state::failed, detail, [this, work, reason] {
      deliver(work, {std::nullopt, reason, false});
    });
  };
  if (!work->place || work->order.follows) return failed();
  store::set_pull_request gone;
  gone.run_id = work->order.run.id;
  gone.state = store::pull_request_state::not_opened;
  gone.kind = "pull_request_not_opened";
  gone.payload = {{"reason", detail.substr(0, 500)}};
  // Whether or not the claim could be taken back, the intent's end is what counts.
  self->request(store, store_timeout, commit{gone})
      .then([failed](const store::applied&) { failed(); },
            [failed](const caf::error&) { failed(); });
}

void publisher_state::reconcile(const delivery_ptr& work, const std::string& why) {
  // After a kill nothing is sent any more, but asking is allowed: the question decides the truth.
  auto look = [world = world, work] {
    return git::find_branch(
        work->where, work->text.branch,
        std::min(world->config.git_timeout, std::chrono::milliseconds{std::chrono::minutes{1}}),
        {});
  };
  auto looked = [this, work, why](const result<std::string>& at) {
    if (at && *at == work->commit) {
      // With a forge the branch is not yet what the run was to publish.
      if (work->place && !work->order.follows && work->stopped() && work->asked_ms == 0) {
        return cancelled(work, "when the branch was pushed");
      }
      return pushed(work, "found by reconciliation");
    }
    if (at && work->asked_ms != 0) {
      // People have moved or deleted it since: what the forge says of the pull request counts.
      return this->look(work);
    }
    if (at && *at != work->branch_before()) {
      return give_up(work, "branch is at " + *at,
                     work->order.follows
                         ? "branch " + work->text.branch + " was moved or deleted by somebody"
                         : "branch " + work->text.branch + " exists with another commit");
    }
    if (work->stopped()) return fail(work, {errc::cancelled, "publishing was stopped: " + why, {}});
    if (at && work->pushes < most_pushes) {
      return settle(work, store::outbox_state::pending, {}, [this, work] { push(work); });
    }
    deliver(work, {std::nullopt, "push failed: " + why, !at.has_value()});
  };
  auto ask = [this, look, looked] { offload<std::string>(self, world->pool, look, looked); };
  if (work->unknown) return ask();
  settle(work, store::outbox_state::unknown, why, ask);
}

void publisher_state::settle(const delivery_ptr& work, store::outbox_state state,
                             const std::string& detail, std::function<void()> then) {
  work->unknown = state == store::outbox_state::unknown;
  keep(work, store::set_intent{work->order.run.id, state, detail.substr(0, 500)},
       "record the outcome of the push", std::move(then));
}

publisher_actor::behavior_type publisher(publisher_actor::stateful_pointer<publisher_state> self,
                                         surroundings_ptr world, store_actor store) {
  self->state.world = std::move(world);
  self->state.store = std::move(store);
  if (!self->state.world->forges.all.empty()) {
    // Ends with the publisher, and is there again when that is restarted.
    self->state.open_ones =
        self->spawn<caf::linked>(pull_requests, self->state.world, self->state.store);
  }
  return {
      [self](const publish_run& order) { return self->state.publish(order); },
      [self](const look_at& what) {
        if (self->state.open_ones) self->send(self->state.open_ones, what);
      },
      [](job_done& job) { job.deliver(); },
  };
}

}  // namespace skein::actors
