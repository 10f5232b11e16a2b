// The tenant actor: one tenant's quota. Grants leases, takes them back, and says when nothing is left.
#pragma once

#include "actors/protocol.hpp"
#include "schema/config.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

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
  std::set<std::string> leases;  ///< run ids
  double usd = 0;
  std::uint64_t tokens = 0;

  explicit tenant_state(tenant_actor::pointer self) : self(self) {}
  [[nodiscard]] lease_answer grant(const std::string& run_id);
  void take_back(const return_lease& ended);
  /// Empty while there is something left to spend.
  [[nodiscard]] std::string exhausted() const;
};

/// `so_far`: what the tenant's runs have used, from the store.
tenant_actor::behavior_type tenant(tenant_actor::stateful_pointer<tenant_state> self,
                                   std::string name, schema::tenant_config limits,
                                   store::tenant_usage so_far, budget_listener fleet);

}  // namespace skein::actors
