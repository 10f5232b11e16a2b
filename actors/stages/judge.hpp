// The judges' part of stage gate: the rules always, a model when there is another than the author's.
// Used by stages/gate.cpp only.
#pragma once

#include "actors/stages/stages.hpp"
#include "runtime/judge/judge.hpp"

#include <functional>

namespace skein::actors::stages {

/// The steps of a script are the contract's own words: people answer for them, so judges look at what
/// agents made, and at scripts only when the configuration says `always`.
[[nodiscard]] bool needs_judges(const run_state& run);

using judged_fn = std::function<void(run_state&, const judge::opinion&)>;

/// Calls `then` with what the judges say together. A model that fails, or that the change talked
/// into something, counts as block.
void ask_judges(run_state& run, judged_fn then);

/// A veto goes back to the agent, once, while the budget has a repair left. True: the run went back
/// to stage agent.
[[nodiscard]] bool veto_sent_back(run_state& run, const judge::opinion& said);

}  // namespace skein::actors::stages
