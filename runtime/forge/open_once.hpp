// Opening a pull request for a run such that there is never a second one, whatever is lost on the
// way: look, create, and after every end that is not certain look again. Also after a crash.
#pragma once

#include "runtime/forge/forge.hpp"

#include <string>

namespace skein::forge {

enum class opened_as { created, found_open, found_closed, found_merged };
struct opened {
  opened_as how = opened_as::created;
  pull_request pull;
};

/// `wanted.body` holds `marker`. What is found is left as it is; a closed one is never opened
/// again. Ends: `done`; `refused` (also when the branch has a pull request of somebody else);
/// `rate_limited` nothing was made; `unknown` a request is perhaps still on its way: call again
/// later, at first only reconcile().
[[nodiscard]] answer<opened> open_once(forge& at, const repository_name& where,
                                       const new_pull_request& wanted, const std::string& marker,
                                       const call_limits& limits);

/// Looks only: what the forge has for this branch and marker. `refused` with status 404 means that
/// there is none. After an `unknown` end wait `settle_time` before that counts as certain: a
/// request that was cut off may still be carried out.
inline constexpr std::chrono::minutes settle_time{2};
[[nodiscard]] answer<opened> reconcile(forge& at, const repository_name& where,
                                       const std::string& head_branch, const std::string& marker,
                                       const call_limits& limits);

}  // namespace skein::forge
