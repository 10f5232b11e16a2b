#include "actors/publisher.hpp"

#include "actors/offload.hpp"
#include "runtime/forge/pull_request_text.hpp"

#include <algorithm>

namespace skein::actors {

namespace {

constexpr int most_pushes = 3;

}  // namespace

struct publisher_state::delivery {
  publish_run order;
  forge::pull_request_text text;
  git::location where;
  std::string commit;
  bool commit_is_there = false;  ///< in the mirror: this process wrote it
  std::int64_t committed_s = 0;
  int pushes = 0;
  bool unknown = false;  ///< stored as such
  caf::typed_response_promise<publish_outcome> promise;

  [[nodiscard]] schema::publication publication() const {
    schema::publication made;
    made.mode = order.draft ? schema::publish_mode::draft : schema::publish_mode::pr;
    made.branch = text.branch;
    made.commit = commit;
    made.url = where.url + "#" + text.branch;
    made.draft = order.draft;
    made.title = text.title;
    made.body = text.body;
    return made;
  }

  /// The commit that stands for this run: same input, same id, whenever it is made.
  [[nodiscard]] git::commit_spec commit_spec(const schema::config& config) const {
    return {order.run.tree, text.commit_message, config.author_name, config.author_email,
            committed_s};
  }

  /// After a restart the commit may be gone from the mirror; the same input makes the same one.
  result<> remake_commit(const surroundings& world) {
    SKEIN_TRY(made, git::write_commit(order.base, commit_spec(world.config)));
    if (made != commit) {
      return error{errc::corrupt, "the commit of run " + order.run.id + " cannot be remade",
                   "submit the task again"};
    }
    commit_is_there = true;
    return {};
  }
};

void publisher_state::deliver(const delivery_ptr& work, publish_outcome outcome) {
  work->promise.deliver(std::move(outcome));
}

void publisher_state::fail(const delivery_ptr& work, const error& why) {
  work->promise.deliver(to_caf(why));
}

caf::typed_response_promise<publish_outcome> publisher_state::publish(const publish_run& order) {
  auto work = std::make_shared<delivery>();
  work->promise = self->make_response_promise<publish_outcome>();
  work->order = order;
  work->text = forge::describe(order.run, order.how, order.intent, order.draft);
  auto where = git::parse_location(order.run.repo.url);
  if (!where) {
    fail(work, where.error());
    return work->promise;
  }
  work->where = *where;
  self->request(store, store_timeout, get_intent{order.run.id})
      .then(
          [this, work](const intent_answer& answer) {
            if (answer.known) return resume(work, *answer.known);
            begin(work);
          },
          [this, work](const caf::error& failed) {
            fail(work, from_caf(failed, "read the outbox"));
          });
  return work->promise;
}

void publisher_state::begin(const delivery_ptr& work) {
  work->committed_s = world->now_ms() / 1000;
  auto write = [world = world, work] {
    return git::write_commit(work->order.base, work->commit_spec(world->config));
  };
  offload<std::string>(self, world->pool, write, [this, work](const result<std::string>& commit_id) {
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
    self->request(store, store_timeout, commit{intent})
        .then([this, work](const store::applied&) { push(work); },
              [this, work](const caf::error& failed) {
                fail(work, from_caf(failed, "record the intent to publish"));
              });
  });
}

void publisher_state::resume(const delivery_ptr& work, const store::outbox_row& known) {
  work->commit = known.commit;
  work->text.branch = known.branch;
  work->committed_s = known.payload.value("committedAt", std::int64_t{0});
  switch (known.state) {
    case store::outbox_state::done:
      return deliver(work, {work->publication(), {}, false});
    case store::outbox_state::failed:
      return deliver(work, {std::nullopt, known.detail, false});
    case store::outbox_state::unknown:
      work->unknown = true;
      [[fallthrough]];
    case store::outbox_state::pending:
      return reconcile(work, "the process ended before the outcome was known");
  }
}

void publisher_state::push(const delivery_ptr& work) {
  ++work->pushes;
  auto send = [world = world, work]() -> result<git::push_result> {
    if (!work->commit_is_there) SKEIN_CHECK(work->remake_commit(*world));
    return git::push(work->order.base.mirror, work->where, work->commit, work->text.branch,
                     world->config.git_timeout, work->order.stop);
  };
  offload<git::push_result>(
      self, world->pool, send, [this, work](const result<git::push_result>& sent) {
        if (!sent) return reconcile(work, sent.error().message);
        switch (sent->end) {
          case git::push_end::pushed:
            return settle(work, store::outbox_state::done, {}, [this, work] {
              deliver(work, {work->publication(), {}, false});
            });
          case git::push_end::rejected:
            return settle(work, store::outbox_state::failed, sent->detail,
                          [this, work, detail = sent->detail] {
                            deliver(work, {std::nullopt, "push was rejected: " + detail, false});
                          });
          case git::push_end::unknown:
            return reconcile(work, sent->detail);
        }
      });
}

void publisher_state::reconcile(const delivery_ptr& work, const std::string& why) {
  // After a kill nothing is sent any more, but asking is allowed: the question decides the truth.
  const bool stopped = work->order.stop.stop_requested();
  auto look = [world = world, work] {
    return git::find_branch(work->where, work->text.branch,
                            std::min(world->config.git_timeout,
                                     std::chrono::milliseconds{std::chrono::minutes{1}}),
                            {});
  };
  auto looked = [this, work, why, stopped](const result<std::string>& at) {
    if (at && *at == work->commit) {
      return settle(work, store::outbox_state::done, "found by reconciliation", [this, work] {
        deliver(work, {work->publication(), {}, false});
      });
    }
    if (at && !at->empty()) {
      return settle(work, store::outbox_state::failed, "branch is at " + *at, [this, work] {
        deliver(work, {std::nullopt,
                       "branch " + work->text.branch + " exists with another commit", false});
      });
    }
    if (stopped) return fail(work, {errc::cancelled, "publishing was stopped: " + why, {}});
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
  self->request(store, store_timeout,
                commit{store::set_intent{work->order.run.id, state, detail.substr(0, 500)}})
      .then([then](const store::applied&) { then(); },
            [this, work](const caf::error& failed) {
              fail(work, from_caf(failed, "record the outcome of the push"));
            });
}

publisher_actor::behavior_type publisher(publisher_actor::stateful_pointer<publisher_state> self,
                                         surroundings_ptr world, store_actor store) {
  self->state.world = std::move(world);
  self->state.store = std::move(store);
  return {
      [self](const publish_run& order) { return self->state.publish(order); },
      [](job_done& job) { job.deliver(); },
  };
}

}  // namespace skein::actors
