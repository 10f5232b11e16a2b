// One publication under way: what the publisher knows of it between two steps.
#pragma once

#include "actors/change_facts.hpp"
#include "actors/forges.hpp"
#include "actors/parts.hpp"
#include "runtime/forge/pull_request_text.hpp"

#include <caf/typed_response_promise.hpp>

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace skein::actors {

struct delivery {
  publish_run order;
  forge::pull_request_text text;
  git::location where;
  std::string commit;
  bool commit_is_there = false;  ///< in the mirror: this process wrote it
  std::int64_t committed_s = 0;
  int pushes = 0;
  bool unknown = false;  ///< stored as such
  caf::typed_response_promise<publish_outcome> promise;

  // Of a repository that a forge knows.
  forge_place_ptr place;  ///< empty: the branch is all there is
  forge::repository_name repository;
  change_facts facts;
  std::string url;  ///< of the pull request
  std::int64_t number = 0;
  std::int64_t asked_ms = 0;  ///< when a process last asked for it and did not hear the end
  int tries = 0;              ///< of the current step
  std::optional<store::pull_request_row> followed;  ///< that the commit goes on, as recorded
  bool shown_as_draft = false;                      ///< that one, at the forge
  bool in_turn = false;       ///< its repository's decisions wait for it

  // Of a wait.
  std::uint64_t ticket = 0;
  std::optional<std::stop_callback<std::function<void()>>> woken;

  [[nodiscard]] bool stopped() const { return order.stop.stop_requested(); }
  [[nodiscard]] schema::publication publication() const;
  /// The commit that stands for this run: same input, same id, whenever it is made.
  [[nodiscard]] git::commit_spec commit_spec(const schema::config& config) const;
  /// After a restart the commit may be gone from the mirror; the same input makes the same one.
  result<> remake_commit(const schema::config& config);
  /// The words of the run; of a rebase, the body is that of the pull request that it goes on.
  void describe();
  /// Where the branch has to be for the push; empty: nowhere.
  [[nodiscard]] std::string branch_before() const {
    if (!order.follows) return {};
    return order.follows->rebase() ? order.follows->head : order.base.commit;
  }
};

}  // namespace skein::actors
