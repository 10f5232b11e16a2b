#include "actors/system/store.hpp"

#include "actors/errors.hpp"

namespace skein::actors {

namespace {

/// More than this in one transaction only makes the first ones wait.
constexpr std::size_t largest_batch = 1024;

template <class Answer, class T, class Make>
caf::result<Answer> answer(result<T> outcome, Make make) {
  if (!outcome) return to_caf(outcome.error());
  return make(std::move(*outcome));
}

template <class T>
caf::result<T> answer(result<T> outcome) {
  if (!outcome) return to_caf(outcome.error());
  return std::move(*outcome);
}

/// Not one operation of a transaction was refused: the transaction could not be written.
std::optional<error> unwritable(const std::vector<result<store::applied>>& answers) {
  for (const auto& each : answers) {
    if (each || each.error().code != errc::io) return std::nullopt;
  }
  return answers.front().error();
}

}  // namespace

caf::typed_response_promise<store::applied> store_state::gather(store::operation what) {
  auto promise = self->make_response_promise<store::applied>();
  gathered.push_back(std::move(what));
  promises.push_back(promise);
  if (gathered.size() >= largest_batch) {
    flush();
  } else if (!flush_due) {
    // Goes behind everything that is in the mailbox already: those commits join this transaction.
    flush_due = true;
    self->send(self, flush_tick{});
  }
  return promise;
}

void store_state::flush() {
  flush_due = false;
  if (gathered.empty()) return;
  const auto batch = std::exchange(gathered, {});
  auto waiting = std::exchange(promises, {});
  auto answers = writer->commit(batch);
  // What cannot be kept must not be done: the store ends, the fleet with it, and the next start goes
  // on from what is durable. To go on in half would leave runs whose state nobody knows.
  if (const auto failed = unwritable(answers)) self->quit(to_caf(*failed));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i]) {
      waiting[i].deliver(*answers[i]);
    } else {
      waiting[i].deliver(to_caf(answers[i].error()));
    }
  }
  if (committed) committed();
}

store_actor::behavior_type store_behavior(store_actor::stateful_pointer<store_state> self,
                                          std::shared_ptr<std::unique_ptr<store::writer>> writer,
                                          std::function<void()> committed) {
  self->state.writer = std::move(*writer);
  self->state.committed = std::move(committed);
  auto view = [self]() -> const store::reader& { return self->state.writer->view(); };
  return {
      [self](commit& request) { return self->state.gather(std::move(request.what)); },
      [view](const get_run& ask) { return answer(view().run(ask.id)); },
      [view](const get_task& ask) { return answer(view().task_json(ask.sha256)); },
      [view](const get_queued& ask) { return answer(view().queued(ask.filter)); },
      [view](const get_lane& ask) { return answer(view().lane(ask.filter)); },
      [view](const count_queue& ask) { return answer(view().count_queue(ask.campaign)); },
      [view](const get_interrupted&) { return answer(view().interrupted()); },
      [view](const get_switches&) { return answer(view().switches()); },
      [view](const get_runs& ask) { return answer(view().runs(ask.filter)); },
      [view](const get_campaign& ask) { return answer(view().campaign(ask.name)); },
      [view](const get_campaigns&) { return answer(view().campaigns()); },
      [view](const get_totals& ask) { return answer(view().totals(ask.campaign)); },
      [view](const get_baseline& ask) {
        return answer<baseline_answer>(view().baseline(ask.repo_url, ask.commit, ask.digest),
                                       [](auto known) { return baseline_answer{known}; });
      },
      [view](const get_intent& ask) {
        return answer<intent_answer>(view().intent(ask.run_id),
                                     [](auto known) { return intent_answer{known}; });
      },
      [view](const get_timetables&) { return answer(view().timetables()); },
      [view](const get_past_use& ask) -> caf::result<past_use> {
        auto campaigns = view().campaign_use(ask.tenant);
        if (!campaigns) return to_caf(campaigns.error());
        auto opened = view().opened_since(ask.tenant, ask.pull_requests_since_ms);
        if (!opened) return to_caf(opened.error());
        return past_use{std::move(*campaigns), std::move(*opened)};
      },
      [view](const get_tenants&) { return answer(view().tenants()); },
      [view](const get_pull_requests& ask) { return answer(view().pull_requests(ask.filter)); },
      [view](const get_pull_request_figures& ask) {
        return answer(view().pull_request_figures(ask.campaign));
      },
      [view](const get_approvals& ask) { return answer(view().approvals(ask.filter)); },
      [self](flush_tick) { self->state.flush(); },
  };
}

}  // namespace skein::actors
