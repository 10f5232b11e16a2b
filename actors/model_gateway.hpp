// The gateway of one run: how an external agent in the cell reaches its model, counted against the
// run's budget. Opened with the cell, revoked with it.
#pragma once

#include "actors/parts.hpp"
#include "runtime/gateway/gateway.hpp"

#include <functional>

namespace skein::actors {

struct gateway_spec {
  std::string run_id;
  schema::budget_spec budget;
  schema::usage used;
  std::string provider;  ///< empty: the first with a key that speaks `wire`
  std::string model;     ///< empty: the provider's first
  std::string wire;
  std::shared_ptr<const scan::secret_scanner> secrets;
};

struct opened_gateway {
  std::shared_ptr<gateway::gateway> door;
  std::string model;
  /// Takes from the same budget what somebody else spends in the run's name. Any thread.
  std::function<void(const model::spending& spent, std::uint64_t tokens_out)> charge;
};

/// Who hears what the gateway did: the run.
using gateway_listener =
    caf::typed_actor<caf::reacts_to<gateway_used>, caf::reacts_to<gateway_request>>;

/// `unsupported` when there is no provider for it.
[[nodiscard]] result<opened_gateway> open_gateway(const surroundings& world, gateway_spec spec,
                                                  caf::weak_actor_ptr run);

}  // namespace skein::actors
