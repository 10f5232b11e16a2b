// Past use of tenants and its decay. Instead of making every tenant's use smaller as time goes by,
// new use counts for more (forward decay: Cormode, Shkapenyuk, Srivastava, Xu, ICDE 2009), so the
// order of tenants changes only where something happened.
#include "runtime/schedule/chooser_state.hpp"

#include <algorithm>
#include <cmath>

namespace skein::schedule::detail {

namespace {

/// Half-lives after which everything is rescaled; doubles hold 1,023 of them.
constexpr double longest_epoch = 400;
constexpr double longest_run_seconds = 30 * 86'400.0;

double half_lives(const chooser_state& in) {
  if (in.limits.half_life_ms <= 0) return 0;
  return (static_cast<double>(in.latest_ms) - static_cast<double>(in.epoch_ms)) /
         static_cast<double>(in.limits.half_life_ms);
}

}  // namespace

void chooser_state::observe(std::int64_t now_ms) {
  if (!started) {
    started = true;
    epoch_ms = latest_ms = finished_at_ms = now_ms;
  }
  // A clock that runs backwards stands still here.
  latest_ms = std::max(latest_ms, now_ms);
  const double past = half_lives(*this);
  if (past < longest_epoch) return;
  const double factor = std::exp2(-past);
  epoch_ms = latest_ms;
  for (const number slot : admitted) entries[slot].charge_rate *= factor;
  for (const auto& [name, t] : tenants.numbers()) {
    tenants[t].use *= factor;
    relist_tenant(t);
  }
}

double chooser_state::rate_now() const {
  return std::exp2(half_lives(*this));
}

double chooser_state::ratio_of(const tenant_entry& tenant) const {
  return tenant.use / tenant.terms.weight;
}

/// The largest share of the workers that the run takes of anything, in cells (dominant resource
/// fairness: Ghodsi and others, NSDI 2011).
double chooser_state::cell_equivalents(const run_needs& needs) const {
  const auto share = [](std::uint32_t need, std::uint32_t of) {
    return of == 0 ? 0.0 : static_cast<double>(need) / of;
  };
  if (all.cells == 0) return needs.cells;
  return std::max({share(needs.cells, all.cells), share(needs.memory_mib, all.memory_mib),
                   share(needs.cpu_millis, all.cpu_millis)}) *
         all.cells;
}

void chooser_state::charge(number slot) {
  auto& row = entries[slot];
  auto& tenant = tenants[groups[row.group].tenant];
  const double expected =
      row.expected_seconds > 0 ? row.expected_seconds : std::max(1.0, tenant.mean_seconds);
  row.charge_rate = rate_now() * cell_equivalents(groups[row.group].needs);
  row.charged_seconds = std::min(expected, longest_run_seconds);
  tenant.use += row.charged_seconds * row.charge_rate;
  relist_tenant(groups[row.group].tenant);
}

void chooser_state::correct(number slot, double seconds) {
  auto& row = entries[slot];
  auto& tenant = tenants[groups[row.group].tenant];
  // `!(x > 0)` also takes what is not a number. Nothing is free: else a tenant whose runs end at
  // once would be first for ever.
  const double used = !(seconds > 0.01) ? 0.01 : std::min(seconds, longest_run_seconds);
  tenant.use = std::max(0.0, tenant.use + (used - row.charged_seconds) * row.charge_rate);
  tenant.mean_seconds += (used - tenant.mean_seconds) / 8;
  relist_tenant(groups[row.group].tenant);
}

}  // namespace skein::schedule::detail
