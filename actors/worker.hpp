// The embedded worker: a fixed number of cells. Turns "open this attempt" into a workspace actor of
// its own, at once while a cell is free, otherwise in the order of asking.
#pragma once

#include "actors/parts.hpp"

#include <caf/actor_addr.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <cstdint>
#include <deque>
#include <set>

namespace skein::actors {

struct worker_state {
  static inline const char* name = "worker";

  /// An attempt that has no cell yet. The scheduler bounds how many there are.
  struct waiting_attempt {
    open_attempt ask;
    caf::strong_actor_ptr owner;
    caf::typed_response_promise<workspace_actor> promise;
  };

  worker_actor::stateful_pointer<worker_state> self;
  surroundings_ptr world;
  workspace::strategy how = workspace::strategy::overlay;
  std::uint32_t cells = 1;
  cell::storage where = cell::storage::root;  ///< of the phases of every cell
  std::set<caf::actor_addr> open;  ///< workspaces; each holds one cell
  std::deque<waiting_attempt> waiting;

  explicit worker_state(worker_actor::stateful_pointer<worker_state> self) : self(self) {}

  caf::typed_response_promise<workspace_actor> take(const open_attempt& ask);
  /// A workspace has ended, or whoever waited for one.
  void gone(const caf::actor_addr& who);

 private:
  void fill_cells();
  /// Empty without a grant.
  [[nodiscard]] result<std::shared_ptr<egress::proxy>> open_way_out(
      const open_attempt& ask, const caf::strong_actor_ptr& owner);
  [[nodiscard]] result<workspace_actor> open_workspace(const open_attempt& ask,
                                                       const caf::strong_actor_ptr& owner);
};

worker_actor::behavior_type worker(worker_actor::stateful_pointer<worker_state> self,
                                   surroundings_ptr world, workspace::strategy how,
                                   std::uint32_t cells, cell::storage where);

}  // namespace skein::actors
