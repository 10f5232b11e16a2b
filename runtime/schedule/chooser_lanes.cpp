// Lanes as a whole: what waits in them, and reading one again.
#include "runtime/schedule/chooser.hpp"
#include "runtime/schedule/chooser_state.hpp"

namespace skein::schedule {

using namespace detail;

void chooser::reload(const std::string& tenant, const std::string& campaign, std::uint64_t rows) {
  auto& in = *state_;
  const number t = in.tenants.take(tenant);
  const number c = in.campaigns.take(campaign);
  const auto key = lane_number(t, c);
  auto& lane = in.lane_for(t, c);
  // Held by this until the end, so that it outlives its rows.
  ++lane.groups;
  std::vector<number> slots;
  for (const auto& place : lane.rows) slots.push_back(std::get<2>(place));
  for (const number slot : slots) {
    in.take_out(slot);
    in.drop_entry(slot);
  }
  lane.edge_rank = lane.edge_seq = INT64_MIN;
  ++lane.disk_adds;
  in.leave_on_disk(lane, rows);
  --lane.groups;
  in.drop_lane_if_unused(key);
}

std::vector<lane_figures> chooser::lanes() const {
  const auto& in = *state_;
  std::vector<lane_figures> out;
  for (const auto& [key, lane] : in.lanes) {
    const auto waiting = lane.rows.size() + lane.on_disk;
    if (waiting == 0) continue;
    out.push_back({in.tenants[lane.tenant].name, in.campaigns[lane.campaign].name, waiting});
  }
  return out;
}

}  // namespace skein::schedule
