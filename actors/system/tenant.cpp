#include "actors/system/tenant.hpp"

#include <cstdio>

namespace skein::actors {

std::string tenant_state::exhausted() const {
  char text[160];
  if (limits.usd > 0 && usd >= limits.usd) {
    std::snprintf(text, sizeof text, "%.2f of %.2f USD are spent", usd, limits.usd);
    return "tenant " + tenant + ": " + text;
  }
  if (limits.tokens > 0 && tokens >= limits.tokens) {
    return "tenant " + tenant + ": " + std::to_string(tokens) + " of " +
           std::to_string(limits.tokens) + " tokens are spent";
  }
  return {};
}

lease_answer tenant_state::grant(const std::string& run_id) {
  if (auto reason = exhausted(); !reason.empty()) return {false, reason};
  if (limits.max_concurrency > 0 && leases.size() >= limits.max_concurrency &&
      !leases.contains(run_id)) {
    return {false, "tenant " + tenant + " has " + std::to_string(leases.size()) +
                       " runs at work, its limit"};
  }
  leases.insert(run_id);
  return {true, {}};
}

void tenant_state::take_back(const return_lease& ended) {
  // A repeated return finds no lease and adds nothing.
  if (leases.erase(ended.run_id) == 0) return;
  const bool was_exhausted = !exhausted().empty();
  usd += ended.used.usd;
  tokens += ended.used.tokens_in + ended.used.tokens_out;
  if (auto reason = exhausted(); !reason.empty() && !was_exhausted) {
    self->send(fleet, budget_gone{tenant, reason});
  }
}

tenant_actor::behavior_type tenant(tenant_actor::stateful_pointer<tenant_state> self,
                                   std::string name, schema::tenant_config limits,
                                   store::tenant_usage so_far, budget_listener fleet) {
  auto& state = self->state;
  state.tenant = std::move(name);
  state.limits = limits;
  state.usd = so_far.usd;
  state.tokens = so_far.tokens;
  state.fleet = std::move(fleet);
  return {
      [self](const request_lease& ask) { return self->state.grant(ask.run_id); },
      [self](const return_lease& ended) { self->state.take_back(ended); },
  };
}

}  // namespace skein::actors
