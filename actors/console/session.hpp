// One operator's session: carries out what the role allows, as long as the token is good and the
// connection lasts.
#pragma once

#include "actors/console/console.hpp"

#include <caf/mailbox_element.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <atomic>

namespace skein::console {

/// An actor that strangers can name: whatever is not `Wanted` or from inside never reaches its
/// mailbox (an exit message would end it), and only so much does at once.
template <class Base, class... Wanted>
class gated : public Base {
 public:
  using Base::Base;
  using Base::enqueue;

  void enqueue(caf::mailbox_element_ptr message, caf::execution_unit* context) override {
    const auto& content = message->content();
    if ((content.template match_elements<Wanted>() || ...)) {
      if (waiting_.fetch_add(1) >= most_waiting) {
        waiting_.fetch_sub(1);
        return;  // its sender's request times out
      }
    } else if (!content.template match_elements<desk_answered>() &&
               !content.template match_elements<caf::down_msg>()) {
      return;
    }
    Base::enqueue(std::move(message), context);
  }

 protected:
  /// To be called for each of `Wanted`, first thing.
  void taken() { waiting_.fetch_sub(1); }

 private:
  static constexpr int most_waiting = 16;
  std::atomic<int> waiting_{0};
};

struct session_terms {
  identity who;
  std::string token_sha256;
  std::string seal;
  caf::strong_actor_ptr client;  ///< the session ends with it
};

[[nodiscard]] wire::session_actor spawn_session(caf::actor_system& system, surroundings_ptr world,
                                                session_terms terms);
void stop_session(const wire::session_actor& which);

}  // namespace skein::console
