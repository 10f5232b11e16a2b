// The verifier actor: one verifier of one run, on the base and on the change.
#pragma once

#include "actors/parts.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

namespace skein::actors {

struct verifier_spec {
  std::string run_id;
  std::string campaign;
  std::string tenant;
  std::uint32_t attempt = 0;
  std::uint32_t ordinal = 0;
  std::string repo_url;
  std::string base_commit;
  verify::verifier which;
  std::uint64_t output_limit = 1U << 20;
  bool once = false;  ///< a failure is what is looked for: it is not tried again
  std::shared_ptr<const scan::secret_scanner> secrets;
};

struct verifier_state {
  static inline const char* name = "verifier";

  verifier_actor::pointer self;
  store_actor store;
  repository_actor repository;
  workspace_actor workspace;
  verifier_spec spec;
  schema::verdict verdict;
  std::shared_ptr<const workspace::change_set> change;
  caf::typed_response_promise<schema::verdict> promise;

  explicit verifier_state(verifier_actor::pointer self) : self(self) {}

  caf::typed_response_promise<schema::verdict> perform(const perform_verification& ask);

 private:
  void baseline_known(const schema::verdict& baseline, bool cached);
  void verify_change(bool again);
  void change_verified(const schema::verdict& on_change, bool again);
  /// Runs the command in a fresh workspace; `then` gets a verdict with status, time and log.
  void check(const std::string& phase, std::shared_ptr<const workspace::change_set> with,
             std::function<void(schema::verdict&)> then);
  void deliver();
  void give_up(const caf::error& failed);
};

verifier_actor::behavior_type verifier(verifier_actor::stateful_pointer<verifier_state> self,
                                       store_actor store, repository_actor repository,
                                       workspace_actor workspace, verifier_spec spec);

}  // namespace skein::actors
