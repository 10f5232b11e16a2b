// Which admitted run makes room for a more important one. Bounded three times: so many a minute,
// each run is a victim once at most, and each waiting run gets one victim at most.
#include "runtime/schedule/chooser.hpp"
#include "runtime/schedule/chooser_state.hpp"

#include <algorithm>

namespace skein::schedule {

using namespace detail;

namespace {

constexpr std::size_t most_tenants_looked_at = 64;
constexpr std::int64_t minute_ms = 60'000;

/// Has more cells than its weight gives it among the tenants that want any.
class entitlement {
 public:
  explicit entitlement(const chooser_state& in) : in_(in) {
    for (const auto& [name, t] : in.tenants.numbers()) {
      const auto& tenant = in.tenants[t];
      if (tenant.active > 0 || tenant.waiting > 0) weights_ += tenant.terms.weight;
    }
    for (const number slot : in.admitted) {
      const auto& of = in.groups[in.entries[slot].group];
      if (!in.entries[slot].past_cell) held_[of.tenant] += in.cell_equivalents(of.needs);
    }
  }

  [[nodiscard]] double of(number t) const {
    return weights_ > 0 ? in_.all.cells * in_.tenants[t].terms.weight / weights_ : 0;
  }
  [[nodiscard]] double held(number t) const {
    const auto found = held_.find(t);
    return found == held_.end() ? 0 : found->second;
  }

 private:
  const chooser_state& in_;
  double weights_ = 0;
  std::unordered_map<number, double> held_;
};

bool may_stop_for(const chooser_state& in, const entitlement& due, number victim, number wanting) {
  const auto& from = in.groups[in.entries[victim].group];
  const auto& to = in.groups[in.entries[wanting].group];
  if (in.entries[victim].priority >= in.entries[wanting].priority) return false;
  if (!in.fits(to.needs, from.needs)) return false;
  if (from.tenant == to.tenant) return true;
  // Between tenants only what was borrowed is taken back, by one that lacks it.
  const double need = in.cell_equivalents(to.needs);
  return due.held(from.tenant) > due.of(from.tenant) &&
         due.held(to.tenant) + need <= due.of(to.tenant) + 1e-9;
}

/// Stoppable ones, the least important and least worked on first.
std::vector<number> victims(const chooser_state& in) {
  std::vector<number> out;
  for (const number slot : in.admitted) {
    const auto& row = in.entries[slot];
    if (!row.past_cell && !row.stopping && !row.preempted) out.push_back(slot);
  }
  std::sort(out.begin(), out.end(), [&in](number a, number b) {
    const auto& x = in.entries[a];
    const auto& y = in.entries[b];
    return std::tuple(x.priority, -x.started_ms, a) < std::tuple(y.priority, -y.started_ms, b);
  });
  return out;
}

/// First the groups that were refused for want of room, then the first of each tenant in order.
std::vector<number> wanting(chooser_state& in, std::int64_t now_ms) {
  std::vector<number> out;
  const auto look = [&](number g) {
    const auto& of = in.groups[g];
    if (of.heads.empty() || !in.tenant_open(in.tenants[of.tenant])) return;
    const number slot = std::get<2>(*of.heads.begin());
    const auto& row = in.entries[slot];
    if (row.has_victim || now_ms - row.enqueued_ms < in.limits.preempt_after_ms) return;
    if (in.fits(of.needs) || !in.ever_fits(of.needs)) return;
    out.push_back(slot);
  };
  for (const number g : in.short_of_room) {
    if (out.size() == most_tenants_looked_at) break;
    look(g);
  }
  std::size_t looked = 0;
  for (const auto& [ratio, t] : in.order) {
    if (++looked > most_tenants_looked_at) break;
    look(in.tenants[t].ready.begin()->second);
  }
  return out;
}

/// As head_may_go, without moving anything.
bool nothing_else_blocks(const chooser_state& in, number slot, std::int64_t now_ms) {
  const auto& row = in.entries[slot];
  const auto& of = in.groups[row.group];
  return in.campaign_open(in.campaigns[of.campaign], now_ms) && in.full_label(of) == nobody &&
         in.repos[row.repo].leases == 0 && !in.repos[row.repo].held &&
         in.has_quota(in.tenants[of.tenant], row.reserve_micro_usd);
}

}  // namespace

std::optional<preemption> chooser::preempt(std::int64_t now_ms) {
  auto& in = *state_;
  in.observe(now_ms);
  auto& past = in.preempted_at;
  while (!past.empty() && past.front() <= in.latest_ms - minute_ms) past.pop_front();
  if (past.size() >= in.limits.preemptions_per_minute || in.held_all) return std::nullopt;
  const auto stoppable = victims(in);
  if (stoppable.empty()) return std::nullopt;
  const entitlement due(in);
  for (const number slot : wanting(in, now_ms)) {
    if (!nothing_else_blocks(in, slot, now_ms)) continue;
    for (const number victim : stoppable) {
      if (!may_stop_for(in, due, victim, slot)) continue;
      in.entries[victim].stopping = true;
      in.entries[slot].has_victim = true;
      past.push_back(in.latest_ms);
      return preemption{in.entries[victim].run_id, in.entries[slot].run_id};
    }
  }
  return std::nullopt;
}

}  // namespace skein::schedule
