// Takes what forges deliver: remembers the delivery, records what it says of our pull requests, and
// has those looked at. The signature was checked before (embedded_fleet). Ends with the store.
#pragma once

#include "actors/parts.hpp"
#include "actors/webhooks.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace skein::actors {

/// An event whose signature was right. A lost one is made good when the pull request is looked at
/// the next time; a repeated one is answered `first` false and changes nothing.
struct take_event {
  std::string forge;
  std::string id;  ///< of the delivery
  std::shared_ptr<const forge::webhook_event> event;
};
struct event_taken {
  bool first = true;
  std::uint32_t concerned = 0;  ///< pull requests of ours
};
/// Who the publisher is from now on. Sender: the composition root, whenever it makes one.
struct publisher_is {
  publisher_actor who;
};

using webhook_desk_actor =
    caf::typed_actor<caf::replies_to<take_event>::with<event_taken>, caf::reacts_to<publisher_is>>;

struct webhook_desk_state {
  static inline const char* name = "webhook_desk";

  webhook_desk_actor::pointer self;
  surroundings_ptr world;
  store_actor store;
  publisher_actor publisher;

  explicit webhook_desk_state(webhook_desk_actor::pointer self) : self(self) {}
  caf::typed_response_promise<event_taken> take(const take_event& what);

 private:
  using promise = caf::typed_response_promise<event_taken>;
  /// Reads the rows that it may be about; `everywhere`: the names may differ in their letters.
  void find(promise answer, const take_event& what, bool everywhere);
  void record(promise answer, std::shared_ptr<webhook_effect> effect, std::size_t next);
};

webhook_desk_actor::behavior_type webhook_desk(
    webhook_desk_actor::stateful_pointer<webhook_desk_state> self, surroundings_ptr world,
    store_actor store);

}  // namespace skein::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::take_event)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::event_taken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(skein::actors::publisher_is)
