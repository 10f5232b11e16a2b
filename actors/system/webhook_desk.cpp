#include "actors/system/webhook_desk.hpp"

#include "actors/errors.hpp"

#include <spdlog/spdlog.h>

namespace skein::actors {

caf::typed_response_promise<event_taken> webhook_desk_state::take(const take_event& what) {
  auto answer = self->make_response_promise<event_taken>();
  self->request(store, store_timeout, commit{store::take_delivery{what.forge, what.id}})
      .then(
          [this, answer, what](const store::applied& done) mutable {
            if (done.affected == 0) {
              answer.deliver(event_taken{false, 0});
            } else if (repository_of(*what.event).empty()) {
              answer.deliver(event_taken{});
            } else {
              find(answer, what, false);
            }
          },
          [answer](const caf::error& failed) mutable { answer.deliver(failed); });
  return answer;
}

void webhook_desk_state::find(promise answer, const take_event& what, bool everywhere) {
  store::pull_request_filter mine;
  mine.forge = what.forge;
  mine.repository = everywhere ? "" : repository_of(*what.event);
  mine.cared_for = everywhere;
  self->request(store, store_timeout, get_pull_requests{mine})
      .then(
          [this, answer, what, everywhere](const pull_request_list& rows) {
            if (rows.empty() && !everywhere) return find(answer, what, true);
            auto effect = std::make_shared<webhook_effect>(
                effect_of(what.forge, *what.event, rows, world->now_ms()));
            record(answer, std::move(effect), 0);
          },
          [answer](const caf::error& failed) mutable { answer.deliver(failed); });
}

void webhook_desk_state::record(promise answer, std::shared_ptr<webhook_effect> effect,
                                std::size_t next) {
  if (next < effect->changes.size()) {
    self->request(store, store_timeout, commit{effect->changes[next]})
        .then([this, answer, effect,
               next](const store::applied&) { record(answer, effect, next + 1); },
              [this, answer, effect, next](const caf::error& failed) {
                // Somebody was quicker; the look that follows finds out.
                spdlog::info("webhook: {}", from_caf(failed, "record").message);
                record(answer, effect, next + 1);
              });
    return;
  }
  const event_taken taken{true, static_cast<std::uint32_t>(effect->runs.size())};
  if (publisher && !effect->runs.empty()) self->send(publisher, look_at{effect->runs});
  answer.deliver(taken);
}

webhook_desk_actor::behavior_type webhook_desk(
    webhook_desk_actor::stateful_pointer<webhook_desk_state> self, surroundings_ptr world,
    store_actor store) {
  self->state.world = std::move(world);
  self->state.store = std::move(store);
  self->link_to(self->state.store);
  return {
      [self](const take_event& what) { return self->state.take(what); },
      [self](const publisher_is& now) { self->state.publisher = now.who; },
  };
}

}  // namespace skein::actors
