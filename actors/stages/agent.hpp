// The parts of stage agent: who works in the cell. Used by stages/*.cpp only.
#pragma once

#include "actors/stages/stages.hpp"

namespace skein::actors::stages {

/// Whether somebody can work on the change again after this attempt's agent has: it is there, or it can
/// be given a change that was only carried over to a base that moved; and the budget has repairs left.
[[nodiscard]] bool can_repair(const run_state& run);
/// True for agents that can be told what is wrong: a script or a recording does the same again.
[[nodiscard]] bool can_be_told(schema::agent_kind kind);

/// The steps of the contract, one after the other.
void script_agent(run_state& run);
/// A model that calls tools, live or replayed; again with feedback when a repair was asked for.
void model_agent(run_state& run);

/// Somebody else's agent, as one command.
void external_agent(run_state& run);

/// The agent is done: its change is read, made durable, and the run goes on to verify.
void collect(run_state& run);

/// F6: a budget of the agent is used up.
void budget_used_up(run_state& run, const std::string& what, const std::string& log_ref);

}  // namespace skein::actors::stages
