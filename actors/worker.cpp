#include "actors/worker.hpp"

#include "actors/errors.hpp"
#include "actors/workspace.hpp"

#include <algorithm>

namespace skein::actors {

caf::typed_response_promise<workspace_actor> worker_state::take(const open_attempt& ask) {
  // Before the promise: that takes the sender.
  const auto owner = caf::actor_cast<caf::actor_addr>(self->current_sender());
  self->monitor(owner);
  auto promise = self->make_response_promise<workspace_actor>();
  waiting.push_back({ask, owner, promise});
  fill_cells();
  return promise;
}

void worker_state::fill_cells() {
  while (!waiting.empty() && open.size() < cells) {
    auto next = std::move(waiting.front());
    waiting.pop_front();
    self->demonitor(next.owner);
    if (auto opened = open_workspace(next.ask, next.owner)) {
      next.promise.deliver(*opened);
    } else {
      next.promise.deliver(to_caf(opened.error()));
    }
  }
}

result<workspace_actor> worker_state::open_workspace(const open_attempt& ask,
                                                     const caf::actor_addr& owner) {
  const auto label = ask.run_id + "." + std::to_string(ask.attempt);
  cell::cell_spec spec;
  spec.name = label;
  spec.base = ask.checkout;
  spec.root = world->layout.workspaces() / label;
  spec.how = how;
  spec.limits.memory_bytes = world->config.cell_memory_bytes;
  spec.limits.processes = world->config.cell_processes;
  std::error_code failed;
  if (!std::filesystem::create_directories(world->layout.workspaces(), failed) && failed) {
    return errno_error("create " + world->layout.workspaces().string(), failed.value());
  }
  if (!std::filesystem::create_directory(spec.root, failed)) {
    if (failed) return errno_error("create " + spec.root.string(), failed.value());
    return error{errc::conflict, "attempt " + label + " is open already", {}};
  }
  auto opened = self->spawn<caf::monitored>(workspace_behavior, world, std::move(spec), owner);
  open.insert(opened.address());
  return opened;
}

void worker_state::gone(const caf::actor_addr& who) {
  open.erase(who);
  std::erase_if(waiting, [&who](const waiting_attempt& one) { return one.owner == who; });
  fill_cells();
}

worker_actor::behavior_type worker(worker_actor::stateful_pointer<worker_state> self,
                                   surroundings_ptr world, workspace::strategy how,
                                   std::uint32_t cells) {
  self->state.world = std::move(world);
  self->state.how = how;
  self->state.cells = cells;
  self->set_down_handler([self](const caf::down_msg& down) { self->state.gone(down.source); });
  return {
      [self](const open_attempt& ask) { return self->state.take(ask); },
  };
}

}  // namespace skein::actors
