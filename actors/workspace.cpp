#include "actors/workspace.hpp"

#include "actors/offload.hpp"
#include "runtime/mcp/cell_program.hpp"

#include <atomic>

namespace skein::actors {

namespace {

/// A server keeps notes at most.
constexpr std::uint64_t most_server_disk = 1ULL << 30;

}  // namespace

workspace::phase_layout workspace_state::layout_of(const std::string& phase_name) const {
  // Memory of the cell's own is there as long as the cell is.
  return {cell && spec.where == cell::storage::own_memory ? cell->workspaces() : spec.root,
          phase_name, spec.how};
}

void workspace_state::start_cell() {
  const auto handle = caf::actor_cast<workspace_actor>(self);
  cell::cell::start(world->loop, spec, [handle](result<std::shared_ptr<cell::cell>> started) {
    if (started) {
      caf::anon_send(handle, cell_ready{*started, std::nullopt});
    } else {
      caf::anon_send(handle, cell_ready{nullptr, started.error()});
    }
  });
}

void workspace_state::cell_started(cell_ready& ready) {
  cell = std::move(ready.value);
  start_failed = std::move(ready.failed);
  if (auto then = std::exchange(when_started, nullptr)) {
    then(start_failed ? result<>{*start_failed} : result<>{});
  }
}

void workspace_state::with_cell(std::function<void(result<>)> then) {
  if (closing) {
    then(error{errc::cancelled, "workspace " + spec.name + " is closing", {}});
  } else if (cell) {
    then({});
  } else if (start_failed) {
    then(*start_failed);
  } else {
    when_started = std::move(then);
  }
}

caf::typed_response_promise<phase_entered> workspace_state::enter(const enter_phase& ask) {
  auto promise = self->make_response_promise<phase_entered>();
  auto fail = [promise](const error& failed) mutable { promise.deliver(to_caf(failed)); };
  auto prepare = [base = spec.base, change = ask.change,
                  pinned = world->rules.toolchain](
                     const workspace::phase_layout& layout) -> result<phase_entered> {
    if (pinned) {
      if (auto same = pinned->check(); !same) {
        // No other attempt would find another program.
        return error{errc::unsupported, same.error().message, same.error().remedy};
      }
    }
    SKEIN_CHECK(workspace::prepare(layout, base));
    if (change) SKEIN_CHECK(workspace::apply(layout, base, *change));
    return phase_entered{};
  };
  auto enter_cell = [this, promise, fail, name = ask.phase](const result<>& ready) mutable {
    if (!ready) return fail(ready.error());
    const auto handle = caf::actor_cast<workspace_actor>(self);
    cell->enter_phase(name, [this, handle, promise, fail, name](const result<>& entered) {
      come_back(handle, [this, promise, fail, name, entered]() mutable {
        if (!entered) return fail(entered.error());
        phase = name;
        promise.deliver(phase_entered{});
      });
    });
  };
  auto begin = [this, fail, enter_cell, prepare, name = ask.phase]() mutable {
    offload<phase_entered>(
        self, world->pool,
        [prepare, layout = layout_of(name), held = cell] { return prepare(layout); },
        [this, fail, enter_cell](const result<phase_entered>& prepared) mutable {
          if (!prepared) return fail(prepared.error());
          with_cell(enter_cell);
        });
  };
  if (spec.where == cell::storage::root) {
    begin();  // while the cell starts
  } else {
    with_cell([fail, begin](const result<>& ready) mutable {
      if (!ready) return fail(ready.error());
      begin();
    });
  }
  return promise;
}

caf::typed_response_promise<cell::command_result> workspace_state::run(const execute& ask) {
  auto promise = self->make_response_promise<cell::command_result>();
  if (!cell || phase.empty() || closing) {
    promise.deliver(to_caf({errc::cancelled, "workspace " + spec.name + " has no open phase", {}}));
    return promise;
  }
  const auto handle = caf::actor_cast<workspace_actor>(self);
  cell->execute(ask.what, [handle, promise](const result<cell::command_result>& done) {
    come_back(handle, [promise, done]() mutable {
      if (done) {
        promise.deliver(*done);
      } else {
        promise.deliver(to_caf(done.error()));
      }
    });
  });
  return promise;
}

caf::typed_response_promise<change_collected> workspace_state::collect(const collect_change& ask) {
  return answer_from_pool<change_collected>(
      self, world->pool,
      [layout = layout_of(phase), base = spec.base, held = cell, ask]() -> result<change_collected> {
        SKEIN_TRY(found, workspace::collect(layout, base, ask.limits, ask.ignored));
        return change_collected{
            std::make_shared<const workspace::change_set>(std::move(found.change)),
            std::move(found.oddities)};
      });
}

caf::typed_response_promise<server_started> workspace_state::start(const start_server& ask) {
  auto promise = self->make_response_promise<server_started>();
  auto fail = [promise](const error& failed) mutable { promise.deliver(to_caf(failed)); };
  const auto name = spec.name + "-" + ask.name;
  if (closing || servers.contains(ask.name)) {
    fail({errc::conflict, "start server " + name + ": it runs, or its attempt ends", {}});
    return promise;
  }
  const auto folder = spec.root.parent_path() / name;
  servers[ask.name].folder = folder;
  mcp::cell_program_spec wanted;
  wanted.argv = ask.command;
  wanted.time = ask.time;
  wanted.cell.name = name;
  wanted.cell.base = ask.reads_repository ? spec.base : folder / "nothing";
  wanted.cell.root = folder / "cell";
  wanted.cell.how = spec.how;
  wanted.cell.limits = spec.limits;
  wanted.cell.limits.disk_bytes = most_server_disk;
  wanted.cell.mounts = ask.mounts;
  if (ask.network && way_out) {
    wanted.cell.ports = {{egress::loopback_port, way_out->listener()}};
    wanted.cell.environment = egress::environment(way_out->token());
  }
  auto prepare = [folder, in = wanted.cell]() -> result<phase_entered> {
    std::error_code failed;
    std::filesystem::create_directories(folder / "nothing", failed);
    if (!failed) std::filesystem::create_directories(in.root, failed);
    if (failed) return errno_error("create " + folder.string(), failed.value());
    SKEIN_CHECK(workspace::prepare({in.root, mcp::server_phase, in.how}, in.base));
    return phase_entered{};
  };
  auto started = [this, promise, fail,
                  key = ask.name](const result<mcp::program_in_cell>& program) mutable {
    if (!program) return fail(program.error());
    if (closing) return fail({errc::cancelled, "workspace " + spec.name + " is closing", {}});
    servers[key].cell = program->cell;
    promise.deliver(server_started{program->server});
  };
  auto launch = [this, fail, started, wanted](const result<phase_entered>& prepared) mutable {
    if (!prepared) return fail(prepared.error());
    mcp::start_in_cell(
        world->loop, wanted,
        [handle = caf::actor_cast<workspace_actor>(self),
         started](const result<mcp::program_in_cell>& program) mutable {
          come_back(handle, [started, program]() mutable { started(program); });
        });
  };
  offload<phase_entered>(self, world->pool, std::move(prepare), std::move(launch));
  return promise;
}

caf::result<way_out_found> workspace_state::find() {
  if (!way_out || closing) {
    return to_caf({errc::unsupported, "the task has no network grant",
                   "grant the server's host in the task's capabilities"});
  }
  if (way_out_url.empty()) {
    auto url = way_out->open_to_platform();
    if (!url) return to_caf(url.error());
    way_out_url = *url;
  }
  return way_out_found{way_out_url};
}

caf::typed_response_promise<attempt_closed> workspace_state::close() {
  auto promise = self->make_response_promise<attempt_closed>();
  closing = true;
  if (way_out) way_out->stop();
  if (auto then = std::exchange(when_started, nullptr)) {
    then(error{errc::cancelled, "workspace " + spec.name + " is closing", {}});
  }
  const auto handle = caf::actor_cast<workspace_actor>(self);
  auto finish = [this, handle, promise] {
    come_back(handle, [this, promise]() mutable {
      promise.deliver(attempt_closed{});
      world->pool.post([root = spec.root, beside = servers] {
        (void)workspace::remove_tree(root);
        for (const auto& [name, server] : beside) (void)workspace::remove_tree(server.folder);
      });
      self->quit();
    });
  };
  std::vector<std::shared_ptr<cell::cell>> cells;
  if (cell) cells.push_back(cell);
  for (const auto& [name, server] : servers)
    if (server.cell) cells.push_back(server.cell);
  if (cells.empty()) finish();
  auto left = std::make_shared<std::atomic<std::size_t>>(cells.size());
  for (const auto& each : cells) {
    each->kill([left, finish] {
      if (--*left == 0) finish();
    });
  }
  return promise;
}

workspace_actor::behavior_type workspace_behavior(
    workspace_actor::stateful_pointer<workspace_state> self, surroundings_ptr world,
    cell::cell_spec spec, caf::actor_addr owner, std::shared_ptr<egress::proxy> way_out) {
  auto& state = self->state;
  state.world = std::move(world);
  state.spec = std::move(spec);
  state.way_out = std::move(way_out);
  self->monitor(owner);
  self->set_down_handler([self](const caf::down_msg&) {
    if (!self->state.closing) self->state.close();
  });
  state.start_cell();
  return {
      [self](const enter_phase& ask) { return self->state.enter(ask); },
      [self](const execute& ask) { return self->state.run(ask); },
      [self](const collect_change& ask) { return self->state.collect(ask); },
      [self](const start_server& ask) { return self->state.start(ask); },
      [self](const find_way_out&) { return self->state.find(); },
      [self](const close_attempt&) { return self->state.close(); },
      [self](cell_ready& ready) { self->state.cell_started(ready); },
      [](job_done& job) { job.deliver(); },
  };
}

}  // namespace skein::actors
