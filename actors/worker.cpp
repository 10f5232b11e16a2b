#include "actors/worker.hpp"

#include "actors/errors.hpp"
#include "actors/workspace.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>

namespace skein::actors {

namespace {

/// A file that the cell may read, made for it alone.
result<> give(cell::cell_spec& spec, const std::string& name, const std::string& text,
              const std::filesystem::path& to) {
  const auto file = spec.root / name;
  std::ofstream out(file, std::ios::binary);
  out << text;
  if (!out.flush()) return errno_error("write " + file.string(), errno);
  spec.mounts.push_back({file, to});
  return {};
}

/// Maven reads its proxy from nowhere else than its settings, and those in the home it is told of.
result<> tell_maven(const std::string& token, cell::cell_spec& spec) {
  spec.environment.push_back(
      "MAVEN_OPTS=-Duser.home=/home/build -Dmaven.repo.local=/tmp/.m2/repository");
  return give(spec, "settings.xml", egress::maven_settings(token), "/home/build/.m2/settings.xml");
}

/// Where those who look for credentials look first: a variable, and a file of somebody's home. (The
/// third is what a model is told.)
result<> plant(const std::string& canary, cell::cell_spec& spec) {
  if (canary.empty()) return {};
  spec.environment.push_back("INTERNAL_DEPLOY_TOKEN=" + canary);
  return give(spec, "credentials",
              "[default]\n# of the deployment; not for builds\ntoken = " + canary + "\n",
              "/home/deploy/.config/deploy/credentials");
}

}  // namespace

caf::typed_response_promise<workspace_actor> worker_state::take(const open_attempt& ask) {
  // Before the promise: that takes the sender.
  const caf::strong_actor_ptr owner = self->current_sender();
  self->monitor(caf::actor_cast<caf::actor_addr>(owner));
  auto promise = self->make_response_promise<workspace_actor>();
  waiting.push_back({ask, owner, promise});
  fill_cells();
  return promise;
}

void worker_state::fill_cells() {
  while (!waiting.empty() && open.size() < cells) {
    auto next = std::move(waiting.front());
    waiting.pop_front();
    self->demonitor(caf::actor_cast<caf::actor_addr>(next.owner));
    if (auto opened = open_workspace(next.ask, next.owner)) {
      next.promise.deliver(*opened);
    } else {
      next.promise.deliver(to_caf(opened.error()));
    }
  }
}

result<workspace_actor> worker_state::open_workspace(const open_attempt& ask,
                                                     const caf::strong_actor_ptr& owner) {
  const auto label = ask.run_id + "." + std::to_string(ask.attempt);
  cell::cell_spec spec;
  spec.name = label;
  spec.base = ask.checkout;
  spec.root = world->layout.workspaces() / label;
  spec.how = how;
  spec.limits.memory_bytes = ask.resources.memory_bytes != 0 ? ask.resources.memory_bytes
                                                             : world->config.cell_memory_bytes;
  spec.limits.cpu_percent = static_cast<std::uint32_t>(std::ceil(ask.resources.cpus * 100));
  spec.limits.processes = world->config.cell_processes;
  spec.limits.disk_bytes = world->config.cell_disk_bytes;
  spec.where = where;
  std::error_code failed;
  if (!std::filesystem::create_directories(world->layout.workspaces(), failed) && failed) {
    return errno_error("create " + world->layout.workspaces().string(), failed.value());
  }
  if (!std::filesystem::create_directory(spec.root, failed)) {
    if (failed) return errno_error("create " + spec.root.string(), failed.value());
    return error{errc::conflict, "attempt " + label + " is open already", {}};
  }
  SKEIN_TRY(way_out, open_way_out(ask, owner));
  if (way_out) {
    spec.ports = {{egress::loopback_port, way_out->listener()}};
    spec.environment = egress::environment(way_out->token());
    SKEIN_CHECK(tell_maven(way_out->token(), spec));
  }
  spec.mounts.insert(spec.mounts.end(), ask.mounts.begin(), ask.mounts.end());
  spec.ports.insert(spec.ports.end(), ask.ports.begin(), ask.ports.end());
  SKEIN_CHECK(plant(ask.canary, spec));
  auto opened =
      self->spawn<caf::monitored>(workspace_behavior, world, std::move(spec),
                                  caf::actor_cast<caf::actor_addr>(owner), std::move(way_out));
  open.insert(opened.address());
  return opened;
}

result<std::shared_ptr<egress::proxy>> worker_state::open_way_out(
    const open_attempt& ask, const caf::strong_actor_ptr& owner) {
  if (ask.capabilities.network == schema::network_grant::none) {
    return std::shared_ptr<egress::proxy>();
  }
  SKEIN_TRY(allowed, egress::granted(ask.capabilities, world->rules.registries));
  egress::options wanted;
  wanted.run = ask.run_id;
  wanted.allowed = std::move(allowed);
  wanted.parent = world->rules.way_out;
  // A weak reference: the proxy must not keep the run alive.
  wanted.on_event = [to = caf::actor_cast<caf::weak_actor_ptr>(owner)](const egress::event& what) {
    if (auto run = to.lock()) {
      caf::anon_send(caf::actor_cast<way_out_listener>(run), way_out_tried{what});
    }
  };
  wanted.leaks = [secrets = ask.secrets](std::string_view text) {
    return secrets && !secrets->scan(text, "").empty();
  };
  SKEIN_TRY(started, egress::proxy::start(world->loop, std::move(wanted)));
  return std::shared_ptr<egress::proxy>(std::move(started));
}

void worker_state::gone(const caf::actor_addr& who) {
  open.erase(who);
  std::erase_if(waiting, [&who](const waiting_attempt& one) { return one.owner == who; });
  fill_cells();
}

worker_actor::behavior_type worker(worker_actor::stateful_pointer<worker_state> self,
                                   surroundings_ptr world, workspace::strategy how,
                                   std::uint32_t cells, cell::storage where) {
  self->state.world = std::move(world);
  self->state.how = how;
  self->state.cells = cells;
  self->state.where = where;
  self->set_down_handler([self](const caf::down_msg& down) { self->state.gone(down.source); });
  return {
      [self](const open_attempt& ask) { return self->state.take(ask); },
  };
}

}  // namespace skein::actors
