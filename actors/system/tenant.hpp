// The tenant actor: one tenant's budget. Grants leases, takes them back, and says when nothing is
// left. What a run may use is reserved before it is admitted; after a crash the ledger is built
// again from the rows.
#pragma once

#include "actors/protocol.hpp"
#include "runtime/schedule/ledger.hpp"
#include "schema/config.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <set>
#include <string>

namespace skein::actors {

using budget_listener = caf::typed_actor<caf::reacts_to<budget_gone>>;

struct tenant_state {
  static inline const char* name = "tenant";

  tenant_actor::pointer self;
  std::string tenant;
  schema::tenant_config limits;
  budget_listener fleet;
  std::function<std::int64_t()> now_ms;
  schedule::ledger ledger;
  std::set<std::string> leases;  ///< run ids
  struct counted {
    std::string campaign;
    std::int64_t at_ms = 0;
  };
  std::map<std::string, counted> opened;  ///< of them, those whose pull request is counted

  explicit tenant_state(tenant_actor::pointer self) : self(self) {}
  void start(const store::tenant_usage& so_far);
  void remember(const past_use& past);
  [[nodiscard]] lease_answer grant(const request_lease& ask);
  [[nodiscard]] pull_request_answer take(const take_pull_request& ask);
  void take_back(const return_lease& ended);
  /// The answer for a run that could not open a pull request when it is done; none: it could.
  [[nodiscard]] std::optional<lease_answer> no_pull_request_left(const std::string& campaign) const;
  /// Empty while there is something left to spend.
  [[nodiscard]] std::string exhausted() const;
};

/// `so_far`: what the tenant's runs have used, from the store.
tenant_actor::behavior_type tenant(tenant_actor::stateful_pointer<tenant_state> self,
                                   std::string name, schema::tenant_config limits,
                                   store::tenant_usage so_far, budget_listener fleet,
                                   store_actor store, std::function<std::int64_t()> now_ms);

}  // namespace skein::actors
