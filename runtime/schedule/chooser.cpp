// What the chooser is told: terms, rows and facts.
#include "runtime/schedule/chooser.hpp"

#include "runtime/schedule/chooser_state.hpp"

#include <algorithm>
#include <cmath>

namespace skein::schedule {

using namespace detail;

std::int64_t rank_of(std::int64_t enqueued_ms, int priority, std::int64_t ageing_ms) {
  constexpr std::int64_t far = std::int64_t{1} << 53;
  constexpr std::int64_t longest_step = std::int64_t{1} << 44;
  const auto steps = std::clamp(priority, -highest_priority, highest_priority);
  return std::clamp(enqueued_ms, -far, far) -
         steps * std::clamp<std::int64_t>(ageing_ms, 0, longest_step);
}

chooser::chooser(chooser_limits limits) : state_(std::make_unique<chooser_state>()) {
  state_->limits = limits;
}
chooser::chooser(chooser&&) noexcept = default;
chooser::~chooser() = default;

void chooser::set_capacity(const worker_capacity& all) {
  state_->all = all;
  state_->room_changed();
}

void chooser::set_tenant(const std::string& name, const tenant_terms& terms) {
  auto& in = *state_;
  const number t = in.tenants.take(name);
  auto& tenant = in.tenants[t];
  tenant.terms = terms;
  if (!std::isfinite(terms.weight)) tenant.terms.weight = 1;
  tenant.terms.weight = std::clamp(tenant.terms.weight, 0.001, 1e6);
  if (auto& quota = tenant.terms.quota_micro_usd) {
    *quota = std::clamp(*quota, -most_micro_usd, most_micro_usd);
  }
  tenant.removed = false;
  in.quota_changed(t);
}

void chooser::remove_tenant(const std::string& name) {
  auto& in = *state_;
  const auto t = in.tenants.find(name);
  if (!t) return;
  in.tenants[*t].removed = true;
  in.relist_tenant(*t);
  in.drop_tenant_if_unused(*t);
}

void chooser::set_campaign(const std::string& name, const campaign_terms& terms,
                           std::int64_t now_ms) {
  auto& in = *state_;
  in.observe(now_ms);
  const number c = in.campaigns.take(name);
  auto& campaign = in.campaigns[c];
  in.openings.erase({campaign.terms.closed_until_ms, c});
  campaign.terms = terms;
  if (terms.closed_until_ms > now_ms) in.openings.insert({terms.closed_until_ms, c});
  in.unblock_all(campaign.blocked);
  in.drop_campaign_if_unused(c);
}

void chooser::set_label_limit(const std::string& label, std::uint32_t most) {
  auto& in = *state_;
  const number l = in.labels.take(label);
  in.labels[l].most = most;
  in.unblock_all(in.labels[l].blocked);
  in.drop_label_if_unused(l);
}

add_answer chooser::add(const queue_entry& row, std::int64_t now_ms) {
  auto& in = *state_;
  in.observe(now_ms);
  const number t = in.tenants.take(row.tenant);
  auto& tenant = in.tenants[t];
  const std::uint64_t before = tenant.waiting + tenant.on_disk;
  if (in.by_run.contains(row.run_id)) return {intake::known, before};
  if (tenant.removed) return {intake::closed, before};
  if (in.in_memory + in.on_disk >= in.limits.max_queued) return {intake::full, before};
  const number c = in.campaigns.take(row.campaign);
  auto& lane = in.lane_for(t, c);
  const std::pair place{rank_of(row.enqueued_ms, row.priority, in.limits.ageing_ms), row.seq};
  const auto window = in.limits.lane_window;
  bool to_disk = lane.on_disk > 0 && place > std::pair{lane.edge_rank, lane.edge_seq};
  if (window > 0 && lane.on_disk == 0 && lane.rows.size() >= window) {
    const auto& last = *lane.rows.rbegin();
    const std::pair edge{std::get<0>(last), std::get<1>(last)};
    if (place > edge) {
      std::tie(lane.edge_rank, lane.edge_seq) = edge;
      to_disk = true;
    }
  }
  if (to_disk) {
    ++lane.disk_adds;
    in.leave_on_disk(lane, lane.on_disk + 1);
    return {intake::on_disk, before};
  }
  in.insert(in.make_entry(row, t, c), now_ms);
  if (window > 0 && lane.rows.size() > window) in.evict_last(lane);
  return {intake::queued, before};
}

bool chooser::remove(const std::string& run_id) {
  auto& in = *state_;
  const auto found = in.by_run.find(run_id);
  if (found == in.by_run.end()) return false;
  const number slot = found->second;
  if (in.entries[slot].at == standing_place::admitted) return false;
  const number t = in.groups[in.entries[slot].group].tenant;
  in.take_out(slot);
  in.drop_entry(slot);
  in.held_runs.erase(run_id);
  in.drop_tenant_if_unused(t);
  return true;
}

void chooser::set_on_disk(const std::string& tenant, const std::string& campaign,
                          std::uint64_t rows) {
  auto& in = *state_;
  const number t = in.tenants.take(tenant);
  const number c = in.campaigns.take(campaign);
  auto& lane = in.lane_for(t, c);
  in.leave_on_disk(lane, rows);
  in.drop_lane_if_unused(lane_number(t, c));
}

void chooser::forget_on_disk(const std::string& tenant, const std::string& campaign) {
  auto& in = *state_;
  const auto t = in.tenants.find(tenant);
  const auto c = in.campaigns.find(campaign);
  if (!t || !c) return;
  const auto found = in.lanes.find(lane_number(*t, *c));
  if (found == in.lanes.end() || found->second.on_disk == 0) return;
  in.leave_on_disk(found->second, found->second.on_disk - 1);
  in.drop_lane_if_unused(found->first);
}

std::vector<refill> chooser::refills(std::size_t most) const {
  const auto& in = *state_;
  std::vector<refill> out;
  for (const auto key : in.hungry) {
    if (out.size() == most) break;
    const auto& lane = in.lanes.at(key);
    const auto room =
        in.limits.lane_window - std::min<std::uint64_t>(in.limits.lane_window, lane.rows.size());
    out.push_back({in.tenants[lane.tenant].name, in.campaigns[lane.campaign].name, lane.edge_rank,
                   lane.edge_seq, std::max<std::uint32_t>(1, static_cast<std::uint32_t>(room)),
                   lane.disk_adds});
  }
  return out;
}

void chooser::refilled(const refill& asked, const std::vector<queue_entry>& rows,
                       std::int64_t now_ms) {
  auto& in = *state_;
  in.observe(now_ms);
  const auto t = in.tenants.find(asked.tenant);
  const auto c = in.campaigns.find(asked.campaign);
  if (!t || !c) return;
  const auto key = lane_number(*t, *c);
  const auto found = in.lanes.find(key);
  if (found == in.lanes.end()) return;
  auto& lane = found->second;
  // A row was pushed out meanwhile: it is not among these, and comes before them.
  if (lane.edge_rank != asked.after_rank || lane.edge_seq != asked.after_seq) return;
  // Held by this until the end, so that the lane outlives the rows that go in.
  ++lane.groups;
  std::uint64_t taken = 0;
  for (const auto& row : rows) {
    const std::pair place{rank_of(row.enqueued_ms, row.priority, in.limits.ageing_ms), row.seq};
    if (row.tenant != asked.tenant || row.campaign != asked.campaign) continue;
    std::pair edge{lane.edge_rank, lane.edge_seq};
    std::tie(lane.edge_rank, lane.edge_seq) = std::max(edge, place);
    // One that came back after a preemption is here already.
    if (in.by_run.contains(row.run_id)) continue;
    ++taken;
    in.insert(in.make_entry(row, *t, *c), now_ms);
  }
  const bool last = rows.size() < asked.room;
  in.leave_on_disk(lane,
                   last ? lane.disk_adds - asked.mark
                        : std::max<std::uint64_t>(1, lane.on_disk - std::min(taken, lane.on_disk)));
  --lane.groups;
  in.drop_lane_if_unused(key);
}

bool chooser::adopt(const queue_entry& row, bool past_cell, std::int64_t now_ms) {
  auto& in = *state_;
  in.observe(now_ms);
  if (in.by_run.contains(row.run_id)) return false;
  const number t = in.tenants.take(row.tenant);
  const number slot = in.make_entry(row, t, in.campaigns.take(row.campaign));
  in.occupy(slot, now_ms);
  if (past_cell) cell_free(row.run_id);
  in.relist_tenant(t);
  return true;
}

namespace {

number admitted_slot(const chooser_state& in, const std::string& run_id) {
  const auto found = in.by_run.find(run_id);
  if (found == in.by_run.end()) return nobody;
  return in.entries[found->second].at == standing_place::admitted ? found->second : nobody;
}

/// Gives the tenant back what was reserved and not used.
void settle(chooser_state& in, number slot, std::int64_t used_micro_usd) {
  auto& row = in.entries[slot];
  auto& tenant = in.tenants[in.groups[row.group].tenant];
  auto& quota = tenant.terms.quota_micro_usd;
  if (!quota) return;
  const auto used = std::clamp<std::int64_t>(used_micro_usd, 0, most_micro_usd);
  *quota = std::clamp(*quota + row.reserve_micro_usd - used, -most_micro_usd, most_micro_usd);
  in.quota_changed(in.groups[row.group].tenant);
}

void count_finished(chooser_state& in) {
  constexpr double half_life_ms = 300'000;
  const auto past = static_cast<double>(in.latest_ms - in.finished_at_ms);
  in.finished_lately = in.finished_lately * std::exp2(-past / half_life_ms) + 1;
  in.finished_at_ms = in.latest_ms;
}

}  // namespace

void chooser::cell_free(const std::string& run_id) {
  auto& in = *state_;
  const number slot = admitted_slot(in, run_id);
  if (slot == nobody || in.entries[slot].past_cell) return;
  in.entries[slot].past_cell = true;
  ++in.past_cell;
  in.free_room(slot);
}

void chooser::give_back(const std::string& run_id) {
  auto& in = *state_;
  const number slot = admitted_slot(in, run_id);
  if (slot == nobody) return;
  auto& row = in.entries[slot];
  const number t = in.groups[row.group].tenant;
  auto& tenant = in.tenants[t];
  tenant.use = std::max(0.0, tenant.use - row.charged_seconds * row.charge_rate);
  settle(in, slot, 0);
  in.vacate(slot);
  in.drop_entry(slot);
  in.drop_tenant_if_unused(t);
}

void chooser::finished(const std::string& run_id, const run_use& used) {
  auto& in = *state_;
  const number slot = admitted_slot(in, run_id);
  if (slot == nobody) return;
  const number t = in.groups[in.entries[slot].group].tenant;
  in.correct(slot, used.seconds);
  settle(in, slot, used.micro_usd);
  in.vacate(slot);
  in.drop_entry(slot);
  in.held_runs.erase(run_id);
  in.drop_tenant_if_unused(t);
  count_finished(in);
}

void chooser::requeue(const std::string& run_id, const run_use& used, std::int64_t now_ms) {
  auto& in = *state_;
  in.observe(now_ms);
  const number slot = admitted_slot(in, run_id);
  if (slot == nobody) return;
  auto& row = in.entries[slot];
  in.correct(slot, used.seconds);
  settle(in, slot, used.micro_usd);
  in.vacate(slot);
  row.preempted = row.preempted || row.stopping;
  row.stopping = row.past_cell = false;
  in.insert(slot, now_ms);
}

chooser_figures chooser::figures() const {
  const auto& in = *state_;
  return {in.in_memory, in.on_disk, static_cast<std::uint32_t>(in.admitted.size()), in.past_cell,
          in.in_use};
}

double chooser::standing(const std::string& tenant) const {
  const auto t = state_->tenants.find(tenant);
  return t ? state_->ratio_of(state_->tenants[*t]) / state_->rate_now() : 0;
}

}  // namespace skein::schedule
