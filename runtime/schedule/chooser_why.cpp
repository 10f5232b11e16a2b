// Why a run waits: looked up from the facts themselves, not from where the chooser has put it.
#include "runtime/schedule/chooser.hpp"
#include "runtime/schedule/chooser_state.hpp"

#include <algorithm>
#include <cmath>

namespace skein::schedule {

using namespace detail;

std::string_view to_string(waits_for value) noexcept {
  switch (value) {
    case waits_for::nothing:
      return "at_work";
    case waits_for::unknown:
      return "not_in_memory";
    case waits_for::held:
      return "switch";
    case waits_for::not_before:
      return "not_before";
    case waits_for::campaign_paused:
      return "campaign_paused";
    case waits_for::window:
      return "window_closed";
    case waits_for::campaign_concurrency:
      return "campaign_concurrency";
    case waits_for::label_concurrency:
      return "label_concurrency";
    case waits_for::repository_busy:
      return "repository_busy";
    case waits_for::repository_queue:
      return "repository_queue";
    case waits_for::tenant_concurrency:
      return "tenant_concurrency";
    case waits_for::tenant_quota:
      return "tenant_quota";
    case waits_for::never_fits:
      return "never_fits";
    case waits_for::room:
      return "no_room";
    case waits_for::outbox:
      return "outbox_full";
    case waits_for::turn:
      return "queue";
  }
  return "queue";
}

namespace {

/// The switch that holds the run; empty: none.
std::string switch_on(const chooser_state& in, const entry& row, const group& of) {
  if (in.held_all) return "all";
  if (in.tenants[of.tenant].held || in.tenants[of.tenant].removed) return "tenant";
  if (in.campaigns[of.campaign].held) return "campaign";
  if (in.repos[row.repo].held) return "repo";
  return row.at == standing_place::set_aside ? "run" : "";
}

explanation blocked_by(const chooser_state& in, number slot, std::int64_t now_ms) {
  const auto& row = in.entries[slot];
  const auto& of = in.groups[row.group];
  const auto& tenant = in.tenants[of.tenant];
  const auto& campaign = in.campaigns[of.campaign];
  if (row.at == standing_place::admitted) return {waits_for::nothing, {}, 0, {}};
  if (auto scope = switch_on(in, row, of); !scope.empty()) {
    return {waits_for::held, std::move(scope), 0, {}};
  }
  if (campaign.terms.paused) return {waits_for::campaign_paused, campaign.name, 0, {}};
  if (row.not_before_ms > now_ms && row.at == standing_place::later) {
    return {waits_for::not_before, {}, 0, row.not_before_ms - now_ms};
  }
  if (campaign.terms.closed_until_ms > now_ms) {
    return {waits_for::window, campaign.name, 0, campaign.terms.closed_until_ms - now_ms};
  }
  // Without any worker nothing is too large yet.
  if (in.all.cells > 0 && !in.ever_fits(of.needs)) {
    return {waits_for::never_fits, std::string(in.short_of(of.needs, {0, 0, 0})), 0, {}};
  }
  if (!in.campaign_open(campaign, now_ms)) {
    return {waits_for::campaign_concurrency, campaign.name, 0, {}};
  }
  if (const number l = in.full_label(of); l != nobody) {
    return {waits_for::label_concurrency, in.labels[l].name, 0, {}};
  }
  if (in.repos[row.repo].leases > 0) {
    return {waits_for::repository_busy, in.repos[row.repo].name, 0, {}};
  }
  if (row.at == standing_place::chained && row.head == head_block::not_head) {
    return {waits_for::repository_queue, in.repos[row.repo].name, 0, {}};
  }
  if (!in.tenant_open(tenant)) return {waits_for::tenant_concurrency, tenant.name, 0, {}};
  if (!in.has_quota(tenant, row.reserve_micro_usd)) {
    return {waits_for::tenant_quota, tenant.name, 0, {}};
  }
  if (in.all.past_cell > 0 && in.past_cell >= in.all.past_cell)
    return {waits_for::outbox, {}, 0, {}};
  if (const auto lacks = in.short_of(of.needs, in.in_use); !lacks.empty()) {
    return {waits_for::room, std::string(lacks), 0, {}};
  }
  // What is free is kept for a run that needs much and has waited long.
  if (in.reserved_for != nobody && in.reserved_for != row.group) {
    const auto& kept_for = in.groups[in.reserved_for].needs;
    return {waits_for::room, std::string(in.short_of(kept_for, in.in_use)), 0, {}};
  }
  return {waits_for::turn, {}, 0, {}};
}

/// In the tenant's own queue exactly; beyond it, how many the others would be given until this
/// tenant has been given that many, were all runs alike.
std::uint64_t position_of(const chooser_state& in, number slot) {
  const auto& of = in.groups[in.entries[slot].group];
  const auto& mine = in.tenants[of.tenant];
  std::uint64_t before = 0;
  for (const auto& [key, lane] : in.lanes) {
    if (lane.tenant != of.tenant) continue;
    before += static_cast<std::uint64_t>(
        std::distance(lane.rows.begin(), lane.rows.lower_bound(in.key_of(slot))));
  }
  const double rate = in.rate_now();
  const double target = in.ratio_of(mine) + static_cast<double>(before) *
                                                std::max(1.0, mine.mean_seconds) * rate /
                                                mine.terms.weight;
  double others = 0;
  for (const auto& [name, t] : in.tenants.numbers()) {
    const auto& other = in.tenants[t];
    if (t == of.tenant || other.waiting == 0 || !in.tenant_open(other)) continue;
    const double ahead = (target - in.ratio_of(other)) * other.terms.weight /
                         (std::max(1.0, other.mean_seconds) * rate);
    others += std::clamp(std::ceil(ahead), 0.0, static_cast<double>(other.waiting + other.on_disk));
  }
  return before + static_cast<std::uint64_t>(others);
}

/// Runs ended per millisecond: lately, or what the cells can do in theory.
double pace(const chooser_state& in, const tenant_entry& tenant) {
  constexpr double half_life_ms = 300'000;
  const auto past = static_cast<double>(in.latest_ms - in.finished_at_ms);
  const double lately = in.finished_lately * std::exp2(-past / half_life_ms);
  if (lately >= 1) return lately * 0.6931 / half_life_ms;
  return in.all.cells / (std::max(1.0, tenant.mean_seconds) * 1000);
}

}  // namespace

explanation chooser::why(const std::string& run_id, std::int64_t now_ms) const {
  const auto& in = *state_;
  const auto found = in.by_run.find(run_id);
  if (found == in.by_run.end()) {
    if (in.held_runs.contains(run_id)) return {waits_for::held, "run", 0, {}};
    return {};
  }
  auto out = blocked_by(in, found->second, now_ms);
  if (out.what == waits_for::nothing) return out;
  out.position = position_of(in, found->second);
  const auto& tenant = in.tenants[in.groups[in.entries[found->second].group].tenant];
  out.tenant = tenant.name;
  // Nobody knows when a person acts or a budget is raised.
  switch (out.what) {
    case waits_for::held:
    case waits_for::campaign_paused:
    case waits_for::tenant_quota:
    case waits_for::never_fits:
      return out;
    default:
      break;
  }
  const double per_ms = pace(in, tenant);
  if (per_ms <= 0) return out;
  const bool at_once = out.what == waits_for::turn && out.position == 0;
  const double queue_ms = at_once ? 0 : (static_cast<double>(out.position) + 1) / per_ms;
  constexpr double longest = 365.0 * 86'400'000;
  out.eta_ms =
      std::max(out.eta_ms.value_or(0), static_cast<std::int64_t>(std::min(queue_ms, longest)));
  return out;
}

}  // namespace skein::schedule
