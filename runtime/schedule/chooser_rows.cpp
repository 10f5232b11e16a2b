// Rows coming into the chooser and leaving it, and the names, groups and lanes they need.
#include "runtime/schedule/chooser_state.hpp"

#include "runtime/schedule/chooser.hpp"

#include <algorithm>

namespace skein::schedule::detail {

number chooser_state::group_for(const queue_entry& row, number tenant, number campaign) {
  const run_needs needs{std::max(1U, row.needs.cells), row.needs.memory_mib, row.needs.cpu_millis};
  std::vector<number> named;
  for (const auto& label : row.labels) named.push_back(labels.take(label));
  std::sort(named.begin(), named.end());
  named.erase(std::unique(named.begin(), named.end()), named.end());
  std::vector<number> identity{tenant, campaign, needs.cells, needs.memory_mib, needs.cpu_millis};
  identity.insert(identity.end(), named.begin(), named.end());
  const auto [found, fresh] = group_numbers.try_emplace(std::move(identity), nobody);
  if (!fresh) return found->second;
  number g = 0;
  if (free_groups.empty()) {
    g = static_cast<number>(groups.size());
    groups.emplace_back();
  } else {
    g = free_groups.back();
    free_groups.pop_back();
  }
  found->second = g;
  for (const number l : named) ++labels[l].groups;
  ++lane_for(tenant, campaign).groups;
  auto& made = groups[g];
  made = {};
  made.tenant = tenant;
  made.campaign = campaign;
  made.labels = std::move(named);
  made.needs = needs;
  made.lane = lane_number(tenant, campaign);
  return g;
}

lane& chooser_state::lane_for(number tenant, number campaign) {
  const auto [found, fresh] = lanes.try_emplace(lane_number(tenant, campaign));
  if (fresh) {
    found->second.tenant = tenant;
    found->second.campaign = campaign;
    ++campaigns[campaign].lanes;
  }
  return found->second;
}

number chooser_state::make_entry(const queue_entry& row, number tenant, number campaign) {
  number slot = 0;
  if (free_entries.empty()) {
    slot = static_cast<number>(entries.size());
    entries.emplace_back();
  } else {
    slot = free_entries.back();
    free_entries.pop_back();
  }
  auto& made = entries[slot];
  made = {};
  made.run_id = row.run_id;
  made.rank = rank_of(row.enqueued_ms, row.priority, limits.ageing_ms);
  made.seq = row.seq;
  made.enqueued_ms = row.enqueued_ms;
  made.not_before_ms = row.not_before_ms;
  made.reserve_micro_usd = std::clamp<std::int64_t>(row.reserve_micro_usd, 0, most_micro_usd);
  made.expected_seconds = row.expected_seconds;
  made.priority =
      static_cast<std::int16_t>(std::clamp(row.priority, -highest_priority, highest_priority));
  made.preempted = row.preempted;
  made.attempt = row.attempt;
  made.group = group_for(row, tenant, campaign);
  made.repo = repos.take(row.repo);
  ++groups[made.group].entries;
  ++repos[made.repo].entries;
  by_run.emplace(made.run_id, slot);
  return slot;
}

void chooser_state::drop_entry(number slot) {
  auto& row = entries[slot];
  const number g = row.group;
  by_run.erase(row.run_id);
  --repos[row.repo].entries;
  drop_repo_if_unused(row.repo);
  row = {};
  free_entries.push_back(slot);
  auto& of = groups[g];
  if (--of.entries > 0) return;
  if (of.blocked != group_block::none) unblock(g);
  if (reserved_for == g) reserved_for = nobody;
  std::vector<number> identity{of.tenant, of.campaign, of.needs.cells, of.needs.memory_mib,
                               of.needs.cpu_millis};
  identity.insert(identity.end(), of.labels.begin(), of.labels.end());
  group_numbers.erase(identity);
  for (const number l : of.labels) {
    --labels[l].groups;
    drop_label_if_unused(l);
  }
  const auto key = of.lane;
  of = {};
  free_groups.push_back(g);
  --lanes.at(key).groups;
  drop_lane_if_unused(key);
}

void chooser_state::drop_lane_if_unused(std::uint64_t key) {
  const auto found = lanes.find(key);
  if (found == lanes.end() || found->second.groups > 0 || found->second.on_disk > 0) return;
  const number t = found->second.tenant;
  const number c = found->second.campaign;
  hungry.erase(key);
  lanes.erase(found);
  --campaigns[c].lanes;
  drop_campaign_if_unused(c);
  drop_tenant_if_unused(t);
}

void chooser_state::drop_campaign_if_unused(number c) {
  const auto& campaign = campaigns[c];
  if (campaign.lanes > 0 || campaign.held || campaign.terms.paused ||
      campaign.terms.concurrency > 0 || campaign.terms.closed_until_ms > latest_ms) {
    return;
  }
  openings.erase({campaign.terms.closed_until_ms, c});
  campaigns.drop(c);
}

void chooser_state::drop_label_if_unused(number l) {
  if (labels[l].groups == 0 && labels[l].most == 0) labels.drop(l);
}

void chooser_state::drop_repo_if_unused(number r) {
  if (repos[r].entries == 0 && !repos[r].held) repos.drop(r);
}

void chooser_state::drop_tenant_if_unused(number t) {
  const auto& tenant = tenants[t];
  if (tenant.removed && tenant.active == 0 && tenant.waiting == 0 && tenant.on_disk == 0) {
    tenants.drop(t);
  }
}

void chooser_state::insert(number slot, std::int64_t now_ms) {
  auto& row = entries[slot];
  const auto key = groups[row.group].lane;
  lanes.at(key).rows.insert(key_of(slot));
  ++tenants[groups[row.group].tenant].waiting;
  ++in_memory;
  weigh_hunger(key);
  if (!held_runs.empty() && held_runs.contains(row.run_id)) {
    row.at = standing_place::set_aside;
  } else if (row.not_before_ms > now_ms) {
    row.at = standing_place::later;
    later.insert({row.not_before_ms, slot});
  } else {
    chain_in(slot);
  }
}

void chooser_state::take_out(number slot) {
  auto& row = entries[slot];
  if (row.at == standing_place::chained) chain_out(slot);
  if (row.at == standing_place::later) later.erase({row.not_before_ms, slot});
  row.at = standing_place::free;
  const auto key = groups[row.group].lane;
  lanes.at(key).rows.erase(key_of(slot));
  --tenants[groups[row.group].tenant].waiting;
  --in_memory;
  weigh_hunger(key);
}

void chooser_state::weigh_hunger(std::uint64_t key) {
  const auto& of = lanes.at(key);
  if (of.on_disk > 0 && of.rows.size() <= limits.lane_window / 2) {
    hungry.insert(key);
  } else {
    hungry.erase(key);
  }
}

void chooser_state::leave_on_disk(lane& in, std::uint64_t rows) {
  on_disk += rows - in.on_disk;
  tenants[in.tenant].on_disk += rows - in.on_disk;
  in.on_disk = rows;
  weigh_hunger(lane_number(in.tenant, in.campaign));
}

void chooser_state::evict_last(lane& from) {
  const number slot = std::get<2>(*from.rows.rbegin());
  // The lane stays: the row that pushed this one out is in it.
  take_out(slot);
  drop_entry(slot);
  // Rows that came back after a preemption may lie behind the edge: it must not jump over the disk.
  const auto& last = *from.rows.rbegin();
  const std::pair behind{std::get<0>(last), std::get<1>(last)};
  if (from.on_disk == 0 || behind < std::pair{from.edge_rank, from.edge_seq}) {
    std::tie(from.edge_rank, from.edge_seq) = behind;
  }
  ++from.disk_adds;
  leave_on_disk(from, from.on_disk + 1);
}

}  // namespace skein::schedule::detail
