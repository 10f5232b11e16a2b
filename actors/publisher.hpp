// The publisher: a durable outbox. The intent is committed before anything leaves; an outcome that is
// not known is settled by asking the remote, never by sending again blindly.
//
//   intent committed (pending) ─▶ push ─┬▶ pushed ─▶ done
//                                       ├▶ rejected ─▶ failed
//                                       └▶ unknown ─▶ ask the remote ─┬▶ at our commit ─▶ done
//                                                                     ├▶ absent ─▶ pending ─▶ push again
//                                                                     └▶ no answer ─▶ stays unknown
#pragma once

#include "actors/parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

namespace skein::actors {

struct publisher_state {
  static inline const char* name = "publisher";

  publisher_actor::pointer self;
  surroundings_ptr world;
  store_actor store;

  explicit publisher_state(publisher_actor::pointer self) : self(self) {}
  caf::typed_response_promise<publish_outcome> publish(const publish_run& order);

 private:
  struct delivery;
  using delivery_ptr = std::shared_ptr<delivery>;

  void resume(const delivery_ptr& work, const store::outbox_row& known);
  void begin(const delivery_ptr& work);
  void push(const delivery_ptr& work);
  void reconcile(const delivery_ptr& work, const std::string& why);
  void settle(const delivery_ptr& work, store::outbox_state state, const std::string& detail,
              std::function<void()> then);
  void deliver(const delivery_ptr& work, publish_outcome outcome);
  void fail(const delivery_ptr& work, const error& why);
};

publisher_actor::behavior_type publisher(publisher_actor::stateful_pointer<publisher_state> self,
                                         surroundings_ptr world, store_actor store);

}  // namespace skein::actors
