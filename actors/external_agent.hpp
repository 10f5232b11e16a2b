// The agent of kind external: somebody else's coding agent, run as one command in the cell. Its
// model is behind the gateway, its tool use is contained by the cell, and its word counts nothing.
#pragma once

#include "actors/parts.hpp"
#include "actors/tool_call.hpp"
#include "runtime/agent/adapter.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <string>

namespace skein::actors {

struct external_agent_spec {
  schema::run run;
  schema::task task;
  schema::agent_file adapter;
  agent::adapter_values values;
  policy::circumstances around;
  std::shared_ptr<const scan::secret_scanner> secrets;
};

struct external_agent_state {
  static inline const char* name = "agent";

  agent_actor::pointer self;
  run_parts parts;
  workspace_actor workspace;
  external_agent_spec spec;

  explicit external_agent_state(agent_actor::pointer self) : self(self) {}
  caf::typed_response_promise<agent_done> perform(const perform_agent& ask);

 private:
  void prepare(std::shared_ptr<std::vector<cell::command>> commands, std::size_t index);
  void check();
  void work();
  void worked(const call_outcome& outcome);
  /// One tool call actor for it: policy, trace and log are those of every command.
  void run(const std::string& tool, cell::command what, std::function<void(call_outcome&)> then);
  void end(agent_end how, std::string reason);
  void give_up(const caf::error& why);

  caf::typed_response_promise<agent_done> promise_;
  std::int64_t deadline_ms_ = 0;
  std::uint32_t ordinal_ = 0;
  schema::usage added_;  ///< tool calls and bytes; tokens are the gateway's
  artifact::ref log_ref_;
};

agent_actor::behavior_type external_agent(agent_actor::stateful_pointer<external_agent_state> self,
                                          run_parts parts, workspace_actor workspace,
                                          external_agent_spec spec, caf::actor_addr run);

}  // namespace skein::actors
