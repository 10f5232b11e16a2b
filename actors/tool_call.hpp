// The tool call actor: one invocation of one tool: schema → policy → cell or MCP server → scan →
// trace → reply.
#pragma once

#include "actors/parts.hpp"
#include "runtime/agent/tool_answer.hpp"
#include "runtime/agent/tool_command.hpp"
#include "runtime/mcp/session.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <nlohmann/json.hpp>

namespace skein::actors {

/// An MCP server as one call needs it.
struct served_tool {
  std::string server;
  std::string version;                    ///< as approved, and as it says itself
  std::shared_ptr<mcp::session> session;  ///< none: see `gone`
  std::string gone;
  std::chrono::milliseconds timeout{std::chrono::minutes{1}};  ///< without an answer or progress
};

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
  /// The tools as the run sees them; none: as the platform's files say.
  std::shared_ptr<const tools::registry> tools;
  std::optional<served_tool> served;  ///< for a tool of an MCP server that the task names
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
  ~tool_call_state();
  caf::typed_response_promise<call_outcome> perform();

 private:
  /// What the cell is to do; nothing for a tool that acts elsewhere. An error is the agent's: it is
  /// told, and nothing happens.
  [[nodiscard]] result<std::optional<cell::command>> what_to_do() const;
  void denied(policy::decision said);
  void not_possible(const error& why);
  void execute_it(cell::command what);
  void finished(cell::command_result& result);
  [[nodiscard]] const tools::registry& registry() const;
  [[nodiscard]] bool is_served() const;
  void keep(std::shared_ptr<call_outcome> outcome, std::string text);

  // tool_call_served.cpp
  void call_server();
  void server_answered(const result<mcp::tool_outcome>& answered);

  [[nodiscard]] nlohmann::json trace_of(const call_outcome& outcome) const;
  /// The arguments as the trace keeps them: bounded, without secrets.
  [[nodiscard]] std::string shown() const;
  /// Notes the event, then answers with `outcome`.
  void answer(const std::string& kind, nlohmann::json payload, call_outcome outcome);
  void give_up(const caf::error& why);

  caf::typed_response_promise<call_outcome> promise_;
  std::optional<std::int64_t> asked_;  ///< of the server, until it answers
  std::int64_t asked_at_ms_ = 0;
};

tool_call_actor::behavior_type tool_call(tool_call_actor::stateful_pointer<tool_call_state> self,
                                         surroundings_ptr world, store_actor store,
                                         repository_actor repository,
                                         workspace_actor workspace, tool_call_spec spec);

}  // namespace skein::actors
