// Keeps the chooser's sets in step: who is listed where, who is blocked by what.
#include "runtime/schedule/chooser_state.hpp"

#include <algorithm>

namespace skein::schedule::detail {

order_key chooser_state::key_of(number slot) const {
  return {entries[slot].rank, entries[slot].seq, slot};
}

bool chooser_state::tenant_open(const tenant_entry& tenant) const {
  return !tenant.held && !tenant.removed &&
         (tenant.terms.max_concurrency == 0 || tenant.active < tenant.terms.max_concurrency);
}

/// With nothing left even what costs nothing waits.
bool chooser_state::has_quota(const tenant_entry& tenant, std::int64_t micro_usd) {
  const auto& left = tenant.terms.quota_micro_usd;
  return !left || (*left > 0 && micro_usd <= *left);
}

void chooser_state::relist_tenant(number t) {
  auto& tenant = tenants[t];
  const bool wanted = !tenant.ready.empty() && tenant_open(tenant) && has_quota(tenant, 0);
  const double ratio = ratio_of(tenant);
  if (tenant.listed && (!wanted || tenant.listed_as != ratio)) {
    order.erase({tenant.listed_as, t});
    tenant.listed = false;
  }
  if (wanted && !tenant.listed) {
    order.insert({ratio, t});
    tenant.listed = true;
    tenant.listed_as = ratio;
  }
}

void chooser_state::relist_group(number g) {
  auto& of = groups[g];
  const bool wanted = of.blocked == group_block::none && !of.heads.empty();
  auto& ready = tenants[of.tenant].ready;
  if (of.listed && (!wanted || of.listed_as != *of.heads.begin())) {
    ready.erase({of.listed_as, g});
    of.listed = false;
  }
  if (wanted && !of.listed) {
    of.listed_as = *of.heads.begin();
    of.listed = true;
    ready.insert({of.listed_as, g});
  }
  relist_tenant(of.tenant);
}

void chooser_state::block(number g, group_block why, number label) {
  auto& of = groups[g];
  of.blocked = why;
  of.blocking_label = label;
  if (why == group_block::campaign) campaigns[of.campaign].blocked.insert(g);
  if (why == group_block::label) labels[label].blocked.insert(g);
  if (why == group_block::room) short_of_room.insert(g);
  relist_group(g);
}

void chooser_state::unblock(number g) {
  auto& of = groups[g];
  if (of.blocked == group_block::campaign) campaigns[of.campaign].blocked.erase(g);
  if (of.blocked == group_block::label) labels[of.blocking_label].blocked.erase(g);
  if (of.blocked == group_block::room) short_of_room.erase(g);
  of.blocked = group_block::none;
  of.blocking_label = nobody;
  relist_group(g);
}

void chooser_state::unblock_all(std::set<number>& blocked) {
  while (!blocked.empty()) unblock(*blocked.begin());
}

void chooser_state::block_head(number slot, head_block why) {
  auto& row = entries[slot];
  groups[row.group].heads.erase(key_of(slot));
  row.head = why;
  if (why == head_block::repo) repos[row.repo].blocked.insert(slot);
  if (why == head_block::quota) {
    tenants[groups[row.group].tenant].short_of_quota.insert({row.reserve_micro_usd, slot});
  }
  relist_group(row.group);
}

void chooser_state::unblock_heads(std::set<number>& blocked) {
  for (const number slot : blocked) {
    auto& row = entries[slot];
    row.head = head_block::none;
    groups[row.group].heads.insert(key_of(slot));
    relist_group(row.group);
  }
  blocked.clear();
}

void chooser_state::quota_changed(number t) {
  auto& tenant = tenants[t];
  auto& blocked = tenant.short_of_quota;
  while (!blocked.empty() && has_quota(tenant, blocked.begin()->first)) {
    const number slot = blocked.begin()->second;
    blocked.erase(blocked.begin());
    auto& row = entries[slot];
    row.head = head_block::none;
    groups[row.group].heads.insert(key_of(slot));
    relist_group(row.group);
  }
  relist_tenant(t);
}

namespace {

/// Takes a head out of wherever heads are.
void unhead(chooser_state& in, number slot) {
  auto& row = in.entries[slot];
  if (row.head == head_block::none) in.groups[row.group].heads.erase(in.key_of(slot));
  if (row.head == head_block::repo) in.repos[row.repo].blocked.erase(slot);
  if (row.head == head_block::quota) {
    in.tenants[in.groups[row.group].tenant].short_of_quota.erase({row.reserve_micro_usd, slot});
  }
  row.head = head_block::not_head;
}

void make_head(chooser_state& in, number slot) {
  auto& row = in.entries[slot];
  row.head = head_block::none;
  in.groups[row.group].heads.insert(in.key_of(slot));
}

/// The first of the chain that begins at or after `from`, if it is of the same group and
/// repository.
number first_of(const chooser_state& in, number g, number repo) {
  const auto found = in.chain.lower_bound({g, repo, {INT64_MIN, INT64_MIN, 0}});
  if (found == in.chain.end() || std::get<0>(*found) != g || std::get<1>(*found) != repo) {
    return nobody;
  }
  return std::get<2>(std::get<2>(*found));
}

}  // namespace

void chooser_state::chain_in(number slot) {
  auto& row = entries[slot];
  const number before = first_of(*this, row.group, row.repo);
  chain.insert({row.group, row.repo, key_of(slot)});
  row.at = standing_place::chained;
  row.head = head_block::not_head;
  if (before == nobody || key_of(slot) < key_of(before)) {
    if (before != nobody) unhead(*this, before);
    make_head(*this, slot);
  }
  relist_group(row.group);
}

void chooser_state::chain_out(number slot) {
  auto& row = entries[slot];
  const bool was_head = row.head != head_block::not_head;
  unhead(*this, slot);
  chain.erase({row.group, row.repo, key_of(slot)});
  if (was_head) {
    if (const number after = first_of(*this, row.group, row.repo); after != nobody) {
      make_head(*this, after);
    }
  }
  relist_group(row.group);
}

void chooser_state::room_changed() {
  for (const number g : short_of_room) to_wake.push_back(g);
  short_of_room.clear();
}

void chooser_state::advance(std::int64_t now_ms, std::uint32_t& work_left) {
  observe(now_ms);
  while (work_left > 0 && !later.empty() && later.begin()->first <= now_ms) {
    const number slot = later.begin()->second;
    later.erase(later.begin());
    chain_in(slot);
    --work_left;
  }
  while (work_left > 0 && !openings.empty() && openings.begin()->first <= now_ms) {
    const number c = openings.begin()->second;
    openings.erase(openings.begin());
    unblock_all(campaigns[c].blocked);
    --work_left;
  }
  while (work_left > 0 && !to_wake.empty()) {
    const number g = to_wake.back();
    to_wake.pop_back();
    // It may have been dropped, or dropped and used again, meanwhile.
    if (groups[g].blocked == group_block::room && !short_of_room.contains(g)) unblock(g);
    --work_left;
  }
}

}  // namespace skein::schedule::detail
