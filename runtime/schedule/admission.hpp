// From a task as written to a run as stored: the frozen contract, its identities, and F1.
#pragma once

#include "runtime/judge/rules.hpp"
#include "runtime/schedule/chooser_terms.hpp"
#include "runtime/store/operation.hpp"
#include "runtime/verify/verifier_set.hpp"
#include "schema/identity.hpp"
#include "schema/task.hpp"

#include <string>

namespace skein::schedule {

/// Where a run comes from.
struct origin {
  std::string by;
  std::string campaign;
  std::uint32_t wave = 0;
  bool eligible = true;
  bool dry_run = false;
  std::int64_t at_ms = 0;
  std::int64_t ageing_ms = 600'000;  ///< of waiting are worth one step of priority
};

struct candidate {
  schema::frozen_task frozen;
  store::add_run row;  ///< state schedule; rejected or analysis_only with a failure record (F1)
};

/// Pure but for the random run id. A task that needs more than `room` has is rejected. `judging` asks about tasks that an agent is to be given; the steps
/// of a script say themselves what they do.
[[nodiscard]] candidate new_run(const schema::task& task, const origin& from,
                                const verify::catalogue& verifiers, const judge::rules& judging,
                                const worker_capacity& room);

}  // namespace skein::schedule
