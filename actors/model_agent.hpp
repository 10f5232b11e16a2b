// The agent of kind model (and replay): asks a model what to do, has tools do it, and tells the
// model what came of it, until it finishes, a budget ends or it goes in circles. It decides nothing
// about permission and nothing about the result: calls go through policy, the change is read from
// the workspace.
//
//   perform ─▶ reserve ─▶ book ─▶ ask ─▶ settle ─▶ calls, one tool_call actor each ─┐
//                 ▲                                                                 │
//                 └──────────────────── replies, scanned and framed ◀───────────────┘
#pragma once

#include "actors/parts.hpp"
#include "actors/tool_call.hpp"
#include "actors/tool_servers.hpp"
#include "runtime/agent/repetition.hpp"
#include "runtime/agent/spending.hpp"
#include "runtime/model/provider.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <optional>
#include <string>
#include <vector>

namespace skein::actors {

struct model_agent_spec {
  schema::run run;
  schema::task task;
  git::base base;
  std::filesystem::path checkout;
  workspace::ignored_fn ignored;
  std::vector<verify::verifier> verifiers;
  policy::circumstances around;
  std::shared_ptr<const scan::secret_scanner> secrets;
  std::string canary;
  std::vector<tools::chosen_server> servers;  ///< of the tools that the task names
  std::string replays;  ///< reference of a transcript; empty: the provider is asked
};

/// Who books what the agent uses: the run.
using usage_book = caf::typed_actor<caf::replies_to<book_usage>::with<usage_booked>>;

struct model_agent_state {
  static inline const char* name = "agent";

  agent_actor::pointer self;
  run_parts parts;
  workspace_actor workspace;
  usage_book run;
  model_agent_spec spec;
  std::shared_ptr<model::provider> provider;
  model::conversation said;
  std::optional<agent::spending> spending;
  std::unique_ptr<tool_servers> servers;  ///< none: only built-in tools
  agent::repetition repeats;
  std::shared_ptr<model::pending> pending;
  std::int64_t deadline_ms = 0;

  explicit model_agent_state(agent_actor::pointer self) : self(self) {}
  ~model_agent_state();

  caf::typed_response_promise<agent_done> perform(const perform_agent& ask);

 private:
  void open();
  void connect_servers();
  void next_turn();
  void ask_model(std::uint32_t room);
  void answered(model::outcome& outcome);
  void keep_exchange(const model::answer& given);
  void no_answer(const model::failure& why);
  /// True when an argument of a call or the text holds the canary or a secret that the platform
  /// holds: that is the end.
  [[nodiscard]] bool leaks(const model::answer& given);
  void without_calls(const model::answer& given);

  // model_agent_calls.cpp
  void next_call();
  void call_ended(const model::tool_request& call, call_outcome& outcome);
  void reply(const model::tool_request& call, bool failed, std::string text);
  void calls_done();
  void finish_called(const model::tool_request& call);
  void verify_now(const model::tool_request& call);
  void verify_next(std::shared_ptr<const workspace::change_set> change,
                   std::vector<verify::verifier> left, std::vector<schema::verdict> so_far);
  void verified(const std::shared_ptr<const workspace::change_set>& change,
                const std::vector<schema::verdict>& verdicts);

  void end(agent_end how, std::string reason);
  void end_when_kept();
  void note(const std::string& kind, nlohmann::json payload);
  void incident(const std::string& kind, const std::string& summary, nlohmann::json facts);
  void give_up(const caf::error& why);
  [[nodiscard]] std::string redacted(const std::string& text, std::size_t most) const;

  caf::typed_response_promise<agent_done> promise_;
  std::vector<model::tool_request> calls_;  ///< of the current turn
  std::size_t at_call_ = 0;
  std::vector<model::tool_reply> replies_;
  std::string warning_;  ///< what the platform adds to the next turn
  std::uint32_t ordinal_ = 0;
  std::uint32_t checks_ = 0;  ///< early verifications, for the names of phases
  std::string last_request_;
  std::size_t marked_turns_ = 0;  ///< turns that the exchanges so far have marks of
  std::vector<std::string> exchanges_;
  std::size_t unkept_ = 0;  ///< exchanges that are being written
  std::vector<std::string> approval_wanted_;
  std::string summary_;
  std::string behaviour_change_;
  std::optional<agent_done> done_;
};

agent_actor::behavior_type model_agent(agent_actor::stateful_pointer<model_agent_state> self,
                                       run_parts parts, workspace_actor workspace, usage_book run,
                                       std::shared_ptr<model::provider> provider,
                                       model_agent_spec spec);

}  // namespace skein::actors
