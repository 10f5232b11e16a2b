#include "actors/worker.hpp"

#include "actors/errors.hpp"
#include "actors/workspace.hpp"

namespace skein::actors {

worker_actor::behavior_type worker(worker_actor::stateful_pointer<worker_state> self,
                                   surroundings_ptr world, workspace::strategy how) {
  self->state.how = how;
  return {
      [self, world](const open_attempt& ask) -> caf::result<workspace_actor> {
        const auto label = ask.run_id + "." + std::to_string(ask.attempt);
        cell::cell_spec spec;
        spec.name = label;
        spec.base = ask.checkout;
        spec.root = world->layout.workspaces() / label;
        spec.how = self->state.how;
        spec.limits.memory_bytes = world->config.cell_memory_bytes;
        spec.limits.processes = world->config.cell_processes;
        std::error_code failed;
        if (!std::filesystem::create_directories(world->layout.workspaces(), failed) && failed) {
          return to_caf(errno_error("create " + world->layout.workspaces().string(),
                                    failed.value()));
        }
        if (!std::filesystem::create_directory(spec.root, failed)) {
          if (failed) return to_caf(errno_error("create " + spec.root.string(), failed.value()));
          return to_caf({errc::conflict, "attempt " + label + " is open already", {}});
        }
        const auto owner = caf::actor_cast<caf::actor_addr>(self->current_sender());
        return self->spawn(workspace_behavior, world, std::move(spec), owner);
      },
  };
}

}  // namespace skein::actors
