// What a judge gets to see of a change after the deterministic gates. It owns nothing.
#pragma once

#include "runtime/diff/change.hpp"
#include "schema/run.hpp"
#include "schema/task.hpp"
#include "schema/verdict.hpp"

#include <string>
#include <vector>

namespace skein::judge {

/// Task and change must outlive it.
struct judged_case {
  const schema::task& task;
  const diff::change& change;  ///< diff::read_patch() of the run's patch
  std::vector<schema::verdict> verdicts;
  std::vector<schema::finding> findings;  ///< examination::records()
  // The agent's own words. They prove nothing, and may only make an opinion tighter; an explanation
  // of a behaviour change has to exist (T7.9), which is all that it is asked for.
  std::string agent_summary;
  std::string behaviour_change;
};

}  // namespace skein::judge
