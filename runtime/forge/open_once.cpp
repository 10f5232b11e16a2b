// See open_once.hpp.
#include "runtime/forge/open_once.hpp"

#include <utility>

namespace skein::forge {
namespace {

constexpr int none_there = 404;

opened as_found(pull_request pull) {
  const opened_as how = pull.open     ? opened_as::found_open
                        : pull.merged ? opened_as::found_merged
                                      : opened_as::found_closed;
  return {how, std::move(pull)};
}

}  // namespace

answer<opened> reconcile(forge& at, const repository_name& where, const std::string& head_branch,
                         const std::string& marker, const call_limits& limits) {
  auto found = at.find_pull_request(where, head_branch, marker, limits);
  if (!found.done()) {
    auto out = answer<opened>::as(found);
    // The forge that hides the repository is not the forge that has no such pull request.
    if (out.status == none_there) out.status = 0;
    return out;
  }
  if (*found.value) return answer<opened>::of(as_found(std::move(**found.value)), found.status);
  return answer<opened>::no("there is no pull request for branch " + head_branch, none_there);
}

answer<opened> open_once(forge& at, const repository_name& where, const new_pull_request& wanted,
                         const std::string& marker, const call_limits& limits) {
  if (marker.empty() || wanted.body.find(marker) == std::string::npos) {
    return answer<opened>::no("the body does not hold the run's marker");
  }
  auto before = reconcile(at, where, wanted.head_branch, marker, limits);
  if (before.end == outcome::unknown) {
    // Only asked: nothing of ours is on its way.
    before.end = outcome::rate_limited;
    before.wait_ms = 1000;
    return before;
  }
  if (before.end != outcome::refused || before.status != none_there) return before;
  auto made = at.create_pull_request(where, wanted, limits);
  if (made.done()) {
    return answer<opened>::of({opened_as::created, std::move(*made.value)}, made.status);
  }
  if (made.end == outcome::rate_limited) return answer<opened>::as(made);
  if (made.end == outcome::refused && !made.exists_already) return answer<opened>::as(made);
  auto after = reconcile(at, where, wanted.head_branch, marker, limits);
  if (after.done()) return after;
  if (made.end == outcome::refused) {
    // It exists, but not with our marker; or we cannot see it now: then nothing of ours was made.
    if (after.end != outcome::refused) return after;
    return answer<opened>::no(
        "branch " + wanted.head_branch + " has a pull request that is not of this run",
        made.status);
  }
  // Not there now does not mean that it will not be.
  auto out = answer<opened>::as(made);
  out.end = outcome::unknown;
  return out;
}

}  // namespace skein::forge
