// The tool call actor: one invocation of one tool, from the request to its trace.
#pragma once

#include "actors/parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

namespace skein::actors {

struct tool_call_spec {
  std::string run_id;
  std::string campaign;
  std::string tenant;
  std::uint32_t attempt = 0;
  std::uint32_t ordinal = 0;
  std::string tool;
  cell::command what;
};

struct tool_call_state {
  static inline const char* name = "tool_call";

  tool_call_actor::pointer self;
  store_actor store;
  repository_actor repository;
  workspace_actor workspace;
  tool_call_spec spec;

  explicit tool_call_state(tool_call_actor::pointer self) : self(self) {}
  caf::typed_response_promise<call_outcome> perform();
};

tool_call_actor::behavior_type tool_call(tool_call_actor::stateful_pointer<tool_call_state> self,
                                         store_actor store, repository_actor repository,
                                         workspace_actor workspace, tool_call_spec spec);

}  // namespace skein::actors
