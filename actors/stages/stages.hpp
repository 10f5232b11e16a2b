// One function per stage: what a run does there. Each ends in advance, fail_attempt, fail or finish.
#pragma once

#include "actors/run.hpp"

namespace skein::actors::stages {

/// Continues with the stage that the run's state names.
void enter(run_state& run);

/// Mirror, base checkout, workspace with its cell.
void prepare(run_state& run);
/// The agent works in the cell; the workspace's change is the result.
void agent(run_state& run);
/// Every verifier on the untouched base and on a fresh workspace with the change.
void verify(run_state& run);
/// Deterministic rules over the change and the verdicts decide: publish, as a draft, or not at all.
void gate(run_state& run);
/// The outbox.
void publish(run_state& run);

}  // namespace skein::actors::stages
