// The choice itself: the first run of the first tenant that nothing blocks and that fits.
#include "runtime/schedule/chooser.hpp"
#include "runtime/schedule/chooser_state.hpp"

#include <algorithm>

namespace skein::schedule {

namespace detail {

std::string_view chooser_state::short_of(const run_needs& needs, const run_needs& used) const {
  const auto lacks = [](std::uint64_t taken, std::uint64_t need, std::uint64_t of) {
    return taken + need > of;
  };
  if (lacks(used.cells, needs.cells, all.cells)) return "cells";
  if (all.memory_mib != 0 && lacks(used.memory_mib, needs.memory_mib, all.memory_mib))
    return "memory";
  if (all.cpu_millis != 0 && lacks(used.cpu_millis, needs.cpu_millis, all.cpu_millis))
    return "processors";
  return {};
}

bool chooser_state::fits(const run_needs& needs, const run_needs& freed) const {
  const auto without = [](std::uint32_t used, std::uint32_t less) {
    return used - std::min(used, less);
  };
  return short_of(needs, {without(in_use.cells, freed.cells),
                          without(in_use.memory_mib, freed.memory_mib),
                          without(in_use.cpu_millis, freed.cpu_millis)})
      .empty();
}

bool chooser_state::ever_fits(const run_needs& needs) const {
  return short_of(needs, {0, 0, 0}).empty();
}

bool chooser_state::campaign_open(const campaign_entry& campaign, std::int64_t now_ms) const {
  return !campaign.held && !campaign.terms.paused && campaign.terms.closed_until_ms <= now_ms &&
         (campaign.terms.concurrency == 0 || campaign.active < campaign.terms.concurrency);
}

number chooser_state::full_label(const group& of) const {
  for (const number l : of.labels) {
    if (labels[l].most > 0 && labels[l].active >= labels[l].most) return l;
  }
  return nobody;
}

bool chooser_state::head_may_go(number g, number slot, std::int64_t now_ms) {
  const auto& of = groups[g];
  const auto& row = entries[slot];
  if (!campaign_open(campaigns[of.campaign], now_ms)) {
    const auto until = campaigns[of.campaign].terms.closed_until_ms;
    if (until > now_ms) openings.insert({until, of.campaign});
    block(g, group_block::campaign);
    return false;
  }
  if (const number l = full_label(of); l != nobody) {
    block(g, group_block::label, l);
    return false;
  }
  if (repos[row.repo].leases > 0 || repos[row.repo].held) {
    block_head(slot, head_block::repo);
    return false;
  }
  if (!has_quota(tenants[of.tenant], row.reserve_micro_usd)) {
    block_head(slot, head_block::quota);
    return false;
  }
  return true;
}

/// What blocks is taken out of the order, so the next call does not see it again.
number chooser_state::find(std::int64_t now_ms, std::uint32_t& work_left) {
  while (work_left > 0 && !order.empty()) {
    --work_left;
    const auto& [key, g] = *tenants[order.begin()->second].ready.begin();
    const number slot = std::get<2>(key);
    if (head_may_go(g, slot, now_ms)) return slot;
  }
  return nobody;
}

void chooser_state::occupy(number slot, std::int64_t now_ms) {
  auto& row = entries[slot];
  auto& of = groups[row.group];
  auto& tenant = tenants[of.tenant];
  row.at = standing_place::admitted;
  row.started_ms = now_ms;
  row.has_victim = row.stopping = row.past_cell = false;
  of.short_since_ms = -1;
  if (reserved_for == row.group) reserved_for = nobody;
  ++tenant.active;
  ++campaigns[of.campaign].active;
  for (const number l : of.labels) ++labels[l].active;
  ++repos[row.repo].leases;
  in_use.cells += of.needs.cells;
  in_use.memory_mib += of.needs.memory_mib;
  in_use.cpu_millis += of.needs.cpu_millis;
  if (auto& quota = tenant.terms.quota_micro_usd) {
    *quota = std::max(*quota - row.reserve_micro_usd, -most_micro_usd);
  }
  admitted.insert(slot);
  charge(slot);
}

void chooser_state::free_room(number slot) {
  const auto& needs = groups[entries[slot].group].needs;
  in_use.cells -= needs.cells;
  in_use.memory_mib -= needs.memory_mib;
  in_use.cpu_millis -= needs.cpu_millis;
  room_changed();
}

void chooser_state::vacate(number slot) {
  auto& row = entries[slot];
  auto& of = groups[row.group];
  admitted.erase(slot);
  if (row.past_cell) {
    --past_cell;
  } else {
    free_room(slot);
  }
  --tenants[of.tenant].active;
  --campaigns[of.campaign].active;
  unblock_all(campaigns[of.campaign].blocked);
  for (const number l : of.labels) {
    --labels[l].active;
    unblock_all(labels[l].blocked);
  }
  auto& repo = repos[row.repo];
  if (--repo.leases == 0 && !repo.held) unblock_heads(repo.blocked);
  relist_tenant(of.tenant);
}

namespace {

/// Bounds one call whatever is queued.
constexpr std::uint32_t most_work = 1000;

choice admit(chooser_state& in, number slot, std::int64_t now_ms) {
  in.take_out(slot);
  in.occupy(slot, now_ms);
  const auto& row = in.entries[slot];
  return {row.run_id, in.tenants[in.groups[row.group].tenant].name, in.repos[row.repo].name,
          row.attempt};
}

enum class reserved_turn { none, waits, fits };

/// Looks at the group that room is kept for; gives the room up when it may not go for another
/// reason.
reserved_turn try_reserved(chooser_state& in, std::int64_t now_ms) {
  const number g = in.reserved_for;
  if (g == nobody) return reserved_turn::none;
  auto& of = in.groups[g];
  if (of.blocked == group_block::room) in.unblock(g);
  const bool may_go = of.blocked == group_block::none && !of.heads.empty() &&
                      in.tenant_open(in.tenants[of.tenant]) && in.ever_fits(of.needs) &&
                      in.head_may_go(g, std::get<2>(*of.heads.begin()), now_ms);
  if (!may_go) {
    in.reserved_for = nobody;
    return reserved_turn::none;
  }
  if (in.fits(of.needs)) return reserved_turn::fits;
  in.block(g, group_block::room);
  return reserved_turn::waits;
}

}  // namespace

}  // namespace detail

decision chooser::next(std::int64_t now_ms) {
  using namespace detail;
  auto& in = *state_;
  std::uint32_t work_left = most_work;
  in.advance(now_ms, work_left);
  const bool full =
      in.in_use.cells >= in.all.cells || (in.all.past_cell > 0 && in.past_cell >= in.all.past_cell);
  if (in.held_all || full) return {{}, work_left == 0};
  const auto turn = try_reserved(in, now_ms);
  if (turn == reserved_turn::waits) return {{}, work_left == 0};
  if (turn == reserved_turn::fits) {
    const auto& heads = in.groups[in.reserved_for].heads;
    return {admit(in, std::get<2>(*heads.begin()), now_ms), false};
  }
  for (;;) {
    const number slot = in.find(now_ms, work_left);
    if (slot == nobody) return {{}, work_left == 0};
    const number g = in.entries[slot].group;
    auto& of = in.groups[g];
    if (in.fits(of.needs)) return {admit(in, slot, now_ms), false};
    in.block(g, group_block::room);
    if (of.short_since_ms < 0) of.short_since_ms = now_ms;
    if (in.ever_fits(of.needs) && now_ms - of.short_since_ms >= in.limits.reserve_after_ms) {
      in.reserved_for = g;
      return {};
    }
  }
}

}  // namespace skein::schedule
