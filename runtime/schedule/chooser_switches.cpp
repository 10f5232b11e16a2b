// Holding back and letting go: everything, a tenant, a campaign, a repository, a run.
#include "runtime/schedule/chooser.hpp"
#include "runtime/schedule/chooser_state.hpp"

namespace skein::schedule {

using namespace detail;

void chooser::hold(switch_scope scope, const std::string& target) {
  auto& in = *state_;
  switch (scope) {
    case switch_scope::all:
      in.held_all = true;
      return;
    case switch_scope::tenant: {
      const number t = in.tenants.take(target);
      in.tenants[t].held = true;
      return in.relist_tenant(t);
    }
    case switch_scope::campaign:
      in.campaigns[in.campaigns.take(target)].held = true;
      return;
    case switch_scope::repo:
      in.repos[in.repos.take(target)].held = true;
      return;
    case switch_scope::run: {
      in.held_runs.insert(target);
      const auto found = in.by_run.find(target);
      if (found == in.by_run.end()) return;
      auto& row = in.entries[found->second];
      if (row.at == standing_place::chained) in.chain_out(found->second);
      if (row.at == standing_place::later) in.later.erase({row.not_before_ms, found->second});
      if (row.at != standing_place::admitted) row.at = standing_place::set_aside;
      return;
    }
  }
}

void chooser::lift(switch_scope scope, const std::string& target, std::int64_t now_ms) {
  auto& in = *state_;
  in.observe(now_ms);
  switch (scope) {
    case switch_scope::all:
      in.held_all = false;
      return;
    case switch_scope::tenant:
      if (const auto t = in.tenants.find(target)) {
        in.tenants[*t].held = false;
        in.relist_tenant(*t);
      }
      return;
    case switch_scope::campaign:
      if (const auto c = in.campaigns.find(target)) {
        in.campaigns[*c].held = false;
        in.unblock_all(in.campaigns[*c].blocked);
        in.drop_campaign_if_unused(*c);
      }
      return;
    case switch_scope::repo:
      if (const auto r = in.repos.find(target)) {
        in.repos[*r].held = false;
        if (in.repos[*r].leases == 0) in.unblock_heads(in.repos[*r].blocked);
        in.drop_repo_if_unused(*r);
      }
      return;
    case switch_scope::run: {
      in.held_runs.erase(target);
      const auto found = in.by_run.find(target);
      if (found == in.by_run.end()) return;
      auto& row = in.entries[found->second];
      if (row.at != standing_place::set_aside) return;
      if (row.not_before_ms > now_ms) {
        row.at = standing_place::later;
        in.later.insert({row.not_before_ms, found->second});
      } else {
        in.chain_in(found->second);
      }
      return;
    }
  }
}

}  // namespace skein::schedule
