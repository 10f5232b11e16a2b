// The chooser's inside. Entries hang in sorted sets, blocked ones are taken out of the order until
// what blocks them changes, so that a choice looks at the first of the first tenant and hardly ever
// at more:
//
//   order_      tenants that may go on, by use over weight
//   tenant      its groups, by their first entry           (a group: same campaign, labels, needs)
//   group       its heads, by rank                         (a head: the first of the group for a
//   repository) chain_      all waiting entries by (group, repository, rank): who becomes head next
//
// A blocked group waits in its campaign's, its label's or the capacity's list, a blocked head in
// its repository's or its tenant's list; a blocked tenant is not in order_.
#pragma once

#include "runtime/schedule/chooser_terms.hpp"
#include "runtime/schedule/roster.hpp"

#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

namespace skein::schedule::detail {

using number = std::uint32_t;
constexpr number nobody = ~number{0};

/// Rank, seq, slot.
using order_key = std::tuple<std::int64_t, std::int64_t, number>;
using chain_key = std::tuple<number, number, order_key>;  ///< group, repository, place

enum class standing_place : std::uint8_t { free, later, chained, set_aside, admitted };
enum class head_block : std::uint8_t { not_head, none, repo, quota };
enum class group_block : std::uint8_t { none, campaign, label, room };

struct entry {
  std::string run_id;
  std::int64_t rank = 0, seq = 0, enqueued_ms = 0, not_before_ms = 0, started_ms = 0;
  std::int64_t reserve_micro_usd = 0;
  number group = nobody, repo = nobody;
  std::uint32_t expected_seconds = 0;
  std::uint32_t attempt = 0;
  std::int16_t priority = 0;
  standing_place at = standing_place::free;
  head_block head = head_block::not_head;
  bool preempted = false, stopping = false, past_cell = false, has_victim = false;
  double charged_seconds = 0, charge_rate = 0;  ///< taken back in part or added to when it ends
};

struct lane {
  number tenant = nobody, campaign = nobody;
  std::set<order_key> rows;
  std::uint32_t groups = 0;
  std::uint64_t on_disk = 0;
  std::uint64_t disk_adds = 0;  ///< rows ever left on disk
  /// With on_disk: those on disk are greater than this.
  std::int64_t edge_rank = INT64_MIN, edge_seq = INT64_MIN;
};

struct group {
  number tenant = nobody, campaign = nobody;
  std::vector<number> labels;
  run_needs needs;
  std::uint64_t lane = 0;
  std::uint32_t entries = 0;
  std::set<order_key> heads;
  group_block blocked = group_block::none;
  number blocking_label = nobody;
  std::int64_t short_since_ms = -1;  ///< refused for want of room since; -1: it is not
  bool listed = false;
  order_key listed_as;
};

struct tenant_entry {
  std::string name;
  tenant_terms terms;
  double use = 0;  ///< cell seconds in units of the decay's epoch
  double mean_seconds = 60;
  std::uint32_t active = 0, waiting = 0;
  std::uint64_t on_disk = 0;
  bool held = false, removed = false;
  std::set<std::pair<order_key, number>> ready;
  std::set<std::pair<std::int64_t, number>> short_of_quota;  ///< heads, by what they need
  bool listed = false;
  double listed_as = 0;
};

struct campaign_entry {
  std::string name;
  campaign_terms terms;
  std::uint32_t active = 0, lanes = 0;
  bool held = false;
  std::set<number> blocked;  ///< groups
};

struct label_entry {
  std::string name;
  std::uint32_t most = 0, active = 0, groups = 0;
  std::set<number> blocked;  ///< groups
};

struct repo_entry {
  std::string name;
  std::uint32_t leases = 0;  ///< more than one only after adopting what should not have been
  bool held = false;
  std::uint32_t entries = 0;
  std::set<number> blocked;  ///< heads
};

struct chooser_state {
  chooser_limits limits;
  worker_capacity all;
  run_needs in_use{0, 0, 0};

  roster<tenant_entry> tenants;
  roster<campaign_entry> campaigns;
  roster<label_entry> labels;
  roster<repo_entry> repos;

  std::deque<entry> entries;
  std::vector<number> free_entries;
  std::unordered_map<std::string_view, number> by_run;  ///< views into entries
  std::deque<group> groups;
  std::vector<number> free_groups;
  std::map<std::vector<number>, number> group_numbers;
  std::unordered_map<std::uint64_t, lane> lanes;
  std::set<std::uint64_t> hungry;  ///< lanes that are half empty and have more on disk

  std::set<chain_key> chain;
  std::set<std::pair<double, number>> order;
  std::set<std::pair<std::int64_t, number>> later;  ///< entries by not_before
  std::set<std::pair<std::int64_t, number>>
      openings;                    ///< campaigns by the end of their closed time
  std::set<number> short_of_room;  ///< groups
  std::vector<number> to_wake;     ///< groups that were short of room
  std::set<number> admitted;
  std::uint32_t past_cell = 0;
  number reserved_for = nobody;  ///< group
  bool held_all = false;
  std::set<std::string> held_runs;
  std::uint64_t in_memory = 0, on_disk = 0;
  std::int64_t epoch_ms = 0, latest_ms = 0;
  bool started = false;
  double finished_lately = 0;  ///< runs in the last minutes, decaying
  std::int64_t finished_at_ms = 0;
  std::deque<std::int64_t> preempted_at;

  // chooser_order.cpp: keeping the order
  [[nodiscard]] order_key key_of(number slot) const;
  void relist_group(number g);
  void relist_tenant(number t);
  [[nodiscard]] bool tenant_open(const tenant_entry& tenant) const;
  [[nodiscard]] static bool has_quota(const tenant_entry& tenant, std::int64_t micro_usd);
  void block(number g, group_block why, number label = nobody);
  void unblock(number g);
  void unblock_all(std::set<number>& blocked);
  void block_head(number slot, head_block why);
  void unblock_heads(std::set<number>& blocked);
  void quota_changed(number t);
  void chain_in(number slot);
  void chain_out(number slot);
  void room_changed();
  void advance(std::int64_t now_ms, std::uint32_t& work_left);

  // chooser_share.cpp: use and its decay
  void observe(std::int64_t now_ms);
  [[nodiscard]] double rate_now() const;
  [[nodiscard]] double cell_equivalents(const run_needs& needs) const;
  void charge(number slot);
  void correct(number slot, double seconds);
  [[nodiscard]] double ratio_of(const tenant_entry& tenant) const;

  // chooser_rows.cpp: rows in and out
  /// The row waits nowhere yet: call `insert`.
  number make_entry(const queue_entry& row, number tenant, number campaign);
  number group_for(const queue_entry& row, number tenant, number campaign);
  lane& lane_for(number tenant, number campaign);
  void drop_entry(number slot);
  void drop_lane_if_unused(std::uint64_t key);
  void drop_campaign_if_unused(number c);
  void drop_label_if_unused(number l);
  void drop_repo_if_unused(number r);
  void drop_tenant_if_unused(number t);
  void insert(number slot, std::int64_t now_ms);
  void take_out(number slot);
  void leave_on_disk(lane& in, std::uint64_t rows);
  void evict_last(lane& from);
  void weigh_hunger(std::uint64_t key);

  // chooser_next.cpp: choosing
  [[nodiscard]] number find(std::int64_t now_ms, std::uint32_t& work_left);
  [[nodiscard]] bool head_may_go(number g, number slot, std::int64_t now_ms);
  [[nodiscard]] bool fits(const run_needs& needs, const run_needs& freed = {0, 0, 0}) const;
  [[nodiscard]] bool ever_fits(const run_needs& needs) const;
  /// What `used` leaves too little of: cells, memory or processors; empty: the needs fit.
  [[nodiscard]] std::string_view short_of(const run_needs& needs, const run_needs& used) const;
  [[nodiscard]] bool campaign_open(const campaign_entry& campaign, std::int64_t now_ms) const;
  [[nodiscard]] number full_label(const group& of) const;
  void occupy(number slot, std::int64_t now_ms);
  void vacate(number slot);
  void free_room(number slot);
};

/// Far from where sums overflow.
constexpr std::int64_t most_micro_usd = std::int64_t{1} << 60;

[[nodiscard]] inline std::uint64_t lane_number(number tenant, number campaign) {
  return (static_cast<std::uint64_t>(tenant) << 32U) | campaign;
}

}  // namespace skein::schedule::detail
