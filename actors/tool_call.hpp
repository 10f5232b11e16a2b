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
  std::string tool;  ///< as policies and traces name it
  cell::command what;
  policy::circumstances around;
  std::shared_ptr<const scan::secret_scanner> secrets;
};

struct tool_call_state {
  static inline const char* name = "tool_call";

  tool_call_actor::pointer self;
  surroundings_ptr world;
  store_actor store;
  repository_actor repository;
  workspace_actor workspace;
  tool_call_spec spec;

  explicit tool_call_state(tool_call_actor::pointer self) : self(self) {}
  caf::typed_response_promise<call_outcome> perform();

 private:
  void execute_allowed();
  void finished(cell::command_result& result);
  /// Notes the event, then answers with `outcome`.
  void answer(const std::string& kind, nlohmann::json payload, call_outcome outcome);
  void give_up(const caf::error& why);

  caf::typed_response_promise<call_outcome> promise_;
};

tool_call_actor::behavior_type tool_call(tool_call_actor::stateful_pointer<tool_call_state> self,
                                         surroundings_ptr world, store_actor store,
                                         repository_actor repository,
                                         workspace_actor workspace, tool_call_spec spec);

}  // namespace skein::actors
