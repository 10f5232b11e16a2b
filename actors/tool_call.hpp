// The tool call actor: one invocation of one tool: schema → policy → cell → scan → trace → reply.
#pragma once

#include "actors/parts.hpp"
#include "runtime/agent/tool_answer.hpp"
#include "runtime/agent/tool_command.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <nlohmann/json.hpp>

namespace skein::actors {

struct tool_call_spec {
  std::string run_id;
  std::string campaign;
  std::string tenant;
  std::uint32_t attempt = 0;
  std::uint32_t ordinal = 0;
  std::string tool;  ///< as policies and traces name it
  nlohmann::json arguments = nlohmann::json::object();
  /// A step of the contract: executed as it is. Else the registry says what the tool takes, and the
  /// arguments say what to do.
  std::optional<cell::command> step;
  agent::call_limits limits;
  std::string malformed;  ///< why the arguments could not even be read; empty: they could
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
  /// What the cell is to do; nothing for a tool that acts elsewhere. An error is the agent's: it is
  /// told, and nothing happens.
  [[nodiscard]] result<std::optional<cell::command>> what_to_do() const;
  void denied(policy::decision said);
  void not_possible(const error& why);
  void execute_it(cell::command what);
  void finished(cell::command_result& result);
  [[nodiscard]] nlohmann::json trace_of(const call_outcome& outcome) const;
  /// The arguments as the trace keeps them: bounded, without secrets.
  [[nodiscard]] std::string shown() const;
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
