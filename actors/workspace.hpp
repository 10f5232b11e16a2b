// The workspace actor: one attempt's files, its cell, and the cells of its MCP servers. Lives on the worker's side: it holds no
// credential and decides nothing.
#pragma once

#include "actors/parts.hpp"

#include <caf/actor_addr.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace skein::actors {

struct workspace_state {
  static inline const char* name = "workspace";

  workspace_actor::pointer self;
  surroundings_ptr world;
  cell::cell_spec spec;
  std::shared_ptr<cell::cell> cell;
  std::shared_ptr<egress::proxy> way_out;  ///< empty: none
  std::string way_out_url;                 ///< once somebody asked for it
  struct server_cell {
    std::filesystem::path folder;
    std::shared_ptr<cell::cell> cell;  ///< empty: it is starting, or failed to
  };
  std::map<std::string, server_cell> servers;
  std::string phase;
  bool closing = false;
  /// The request that waits for the cell to start.
  std::function<void(result<>)> when_started;
  std::optional<error> start_failed;

  explicit workspace_state(workspace_actor::pointer self) : self(self) {}

  void start_cell();
  caf::typed_response_promise<phase_entered> enter(const enter_phase& ask);
  caf::typed_response_promise<cell::command_result> run(const execute& ask);
  caf::typed_response_promise<change_collected> collect(const collect_change& ask);
  caf::typed_response_promise<server_started> start(const start_server& ask);
  caf::result<way_out_found> find();
  caf::typed_response_promise<attempt_closed> close();
  void cell_started(cell_ready& ready);

 private:
  [[nodiscard]] workspace::phase_layout layout_of(const std::string& phase_name) const;
  /// Calls `then` now, or when the cell has started or failed to.
  void with_cell(std::function<void(result<>)> then);
};

/// `owner` is the run that asked; the workspace closes itself when it is gone.
workspace_actor::behavior_type workspace_behavior(
    workspace_actor::stateful_pointer<workspace_state> self, surroundings_ptr world,
    cell::cell_spec spec, caf::actor_addr owner, std::shared_ptr<egress::proxy> way_out);

}  // namespace skein::actors
