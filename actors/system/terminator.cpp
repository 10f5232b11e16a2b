#include "actors/system/terminator.hpp"

#include <caf/typed_response_promise.hpp>

namespace skein::actors {

terminator_actor::behavior_type terminator(
    terminator_actor::stateful_pointer<terminator_state> self, fleet_actor fleet,
    std::chrono::milliseconds deadline) {
  return {
      [self, fleet, deadline](const stop_fleet& order) {
        auto promise = self->make_response_promise<fleet_stopped>();
        self->request(fleet, deadline, order)
            .then(
                [self, promise](const fleet_stopped& done) mutable {
                  promise.deliver(done);
                  self->quit();
                },
                [self, promise](const caf::error& failed) mutable {
                  promise.deliver(failed);
                  self->quit();
                });
        return promise;
      },
  };
}

}  // namespace skein::actors
