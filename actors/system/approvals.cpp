#include "actors/system/approvals.hpp"

#include "actors/errors.hpp"

#include <spdlog/spdlog.h>

namespace skein::actors {

namespace {

constexpr std::chrono::seconds look_period{10};

schema::failure ended(const std::string& run_id, const std::string& reason, std::int64_t at_ms) {
  schema::failure why;
  why.state = schema::run_state::approval_denied;
  why.cls = schema::failure_class::f8;
  why.reason = reason;
  why.safe_summary = "approval_denied: " + reason;
  why.component = "approvals";
  why.retryable = false;
  why.suggested_next_action =
      "read `skein diff " + run_id + "`, change the task or the scope, submit it again";
  why.at_ms = at_ms;
  return why;
}

}  // namespace

caf::typed_response_promise<run_decided> approvals_state::decide(const decide_run& order) {
  auto promise = self->make_response_promise<run_decided>();
  auto answer = order.value;
  const std::string said = answer.reason.empty() ? "" : ": " + answer.reason;
  answer.denied = ended(answer.run_id, "denied by " + answer.by + said, world->now_ms());
  self->request(store, store_timeout, commit{std::move(answer)})
      .then(
          [promise](const store::applied& done) mutable {
            promise.deliver(run_decided{done.state});
          },
          [promise](const caf::error& failed) mutable { promise.deliver(failed); });
  return promise;
}

void approvals_state::look() {
  store::approval_filter pending;
  pending.state = schema::approval_state::pending;
  pending.limit = 0;
  self->request(store, store_timeout, get_approvals{pending})
      .then(
          [this](const approval_list& all) {
            const auto now = world->now_ms();
            const auto overdue = world->config.approvals.escalate_after.count();
            for (const auto& waiting : all) {
              if (now >= waiting.expires_ms) {
                expire(waiting);
              } else if (waiting.escalated_ms == 0 && now >= waiting.created_ms + overdue) {
                escalate(waiting);
              }
            }
          },
          [](const caf::error& failed) {
            spdlog::error("approvals: {}", from_caf(failed, "read").message);
          });
}

void approvals_state::expire(const schema::approval& waiting) {
  store::expire_approval end;
  end.run_id = waiting.run_id;
  end.failed = ended(waiting.run_id, "nobody approved it in time", world->now_ms());
  self->request(store, store_timeout, commit{std::move(end)})
      .then(
          [this, waiting](const store::applied& done) {
            self->send(fleet, run_finished{waiting.run_id, waiting.tenant, waiting.campaign,
                                           done.state, {}});
          },
          [id = waiting.run_id](const caf::error& failed) {
            // Decided a moment ago, or the store cannot commit: the next look tells.
            spdlog::info("approval of run {}: {}", id, from_caf(failed, "end").message);
          });
}

void approvals_state::escalate(const schema::approval& waiting) {
  spdlog::warn("approval of run {} ({}) is overdue: {}", waiting.run_id, waiting.repo_url,
               waiting.why.empty() ? "" : waiting.why.front());
  self->request(store, store_timeout, commit{store::escalate_approval{waiting.run_id}})
      .then([](const store::applied&) {},
            [id = waiting.run_id](const caf::error& failed) {
              spdlog::info("approval of run {}: {}", id, from_caf(failed, "escalate").message);
            });
}

approvals_actor::behavior_type approvals(approvals_actor::stateful_pointer<approvals_state> self,
                                         surroundings_ptr world, store_actor store,
                                         run_listener fleet) {
  auto& state = self->state;
  state.world = std::move(world);
  state.store = std::move(store);
  state.fleet = std::move(fleet);
  self->send(self, idle_tick{});
  return {
      [self](const decide_run& order) { return self->state.decide(order); },
      [self](idle_tick) {
        self->state.look();
        self->delayed_send(self, look_period, idle_tick{});
      },
  };
}

}  // namespace skein::actors
