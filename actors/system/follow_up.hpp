// The run that goes on where checks of an open pull request failed: the same task, on its branch.
// Pure: who queues it is pull_requests.
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

}  // namespace skein::actors
