// The runs that go on with an open pull request: where its checks failed, the same task on its branch;
// where its base moved, the same task on the base as it is now. Pure: who queues it is pull_requests.
#pragma once

#include "runtime/forge/forge.hpp"
#include "runtime/store/pull_request.hpp"
#include "schema/run.hpp"
#include "schema/task.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace skein::actors {

/// `task` is that of `run`, whose pull request is `row`. Nothing when nobody can do better with it:
/// an agent that is a script or a recording does the same again; a budget that is used up stays so.
/// What is left of the budget is the new one.
[[nodiscard]] std::optional<schema::task> follow_up_task(const schema::task& task,
                                                         const schema::run& run,
                                                         const store::pull_request_row& row,
                                                         const forge::check_summary& checks,
                                                         std::uint32_t round);

/// The same for the same round, so that a crash cannot make two of them.
[[nodiscard]] std::string follow_up_id(const std::string& run, std::uint32_t round);

/// The task of the run that makes the change of `row` anew on its base branch. Its budget is the
/// task's own: when the change does not apply, all of the work is done again.
[[nodiscard]] schema::task rebase_task(const schema::task& task,
                                       const store::pull_request_row& row, std::uint32_t round);
[[nodiscard]] std::string rebase_id(const std::string& run, std::uint32_t round);

}  // namespace skein::actors
