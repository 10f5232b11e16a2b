// A chooser as one would write it without any structure: lists and loops. The real one must agree.
#pragma once

#include "runtime/schedule/chooser.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace skein::schedule::test {

struct plain_model {
  struct row {
    queue_entry what;
    bool admitted = false;
    bool past_cell = false;
  };
  worker_capacity all;
  std::map<std::string, tenant_terms> tenants;
  std::map<std::string, campaign_terms> campaigns;
  std::map<std::string, std::uint32_t> labels;
  std::set<std::pair<switch_scope, std::string>> holds;
  std::vector<row> rows;
  std::int64_t ageing_ms = 0;

  template <class Test>
  [[nodiscard]] std::uint32_t count(const Test& test) const {
    return static_cast<std::uint32_t>(std::count_if(
        rows.begin(), rows.end(), [&](const row& r) { return r.admitted && test(r); }));
  }
  [[nodiscard]] run_needs in_use() const {
    run_needs sum{0, 0, 0};
    for (const auto& r : rows) {
      if (!r.admitted || r.past_cell) continue;
      sum.cells += std::max(1U, r.what.needs.cells);
      sum.memory_mib += r.what.needs.memory_mib;
      sum.cpu_millis += r.what.needs.cpu_millis;
    }
    return sum;
  }
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> place(const row& r) const {
    return {rank_of(r.what.enqueued_ms, r.what.priority, ageing_ms), r.what.seq};
  }
  [[nodiscard]] static auto lane_and_repo(const row& r) {
    return std::tuple(r.what.tenant, r.what.campaign,
                      std::set<std::string>(r.what.labels.begin(), r.what.labels.end()),
                      std::max(1U, r.what.needs.cells), r.what.needs.memory_mib,
                      r.what.needs.cpu_millis, r.what.repo);
  }
  [[nodiscard]] bool held(const row& r) const {
    return holds.contains({switch_scope::all, ""}) ||
           holds.contains({switch_scope::tenant, r.what.tenant}) ||
           holds.contains({switch_scope::campaign, r.what.campaign}) ||
           holds.contains({switch_scope::repo, r.what.repo}) ||
           holds.contains({switch_scope::run, r.what.run_id});
  }
  [[nodiscard]] bool fits(const row& r) const {
    const auto used = in_use();
    return used.cells + std::max(1U, r.what.needs.cells) <= all.cells &&
           used.memory_mib + r.what.needs.memory_mib <= all.memory_mib &&
           used.cpu_millis + r.what.needs.cpu_millis <= all.cpu_millis;
  }

  /// The same order of reasons as documented.
  [[nodiscard]] waits_for why(const row& r, std::int64_t now_ms) const {
    if (r.admitted) return waits_for::nothing;
    if (held(r)) return waits_for::held;
    const auto campaign =
        campaigns.contains(r.what.campaign) ? campaigns.at(r.what.campaign) : campaign_terms{};
    if (campaign.paused) return waits_for::campaign_paused;
    if (r.what.not_before_ms > now_ms) return waits_for::not_before;
    if (campaign.closed_until_ms > now_ms) return waits_for::window;
    if (all.cells > 0 &&
        (std::max(1U, r.what.needs.cells) > all.cells || r.what.needs.memory_mib > all.memory_mib ||
         r.what.needs.cpu_millis > all.cpu_millis)) {
      return waits_for::never_fits;
    }
    if (campaign.concurrency > 0 && count([&](const row& o) {
                                      return o.what.campaign == r.what.campaign;
                                    }) >= campaign.concurrency) {
      return waits_for::campaign_concurrency;
    }
    for (const auto& label : r.what.labels) {
      const auto most = labels.contains(label) ? labels.at(label) : 0;
      const auto active = count([&](const row& o) {
        return std::find(o.what.labels.begin(), o.what.labels.end(), label) != o.what.labels.end();
      });
      if (most > 0 && active >= most) return waits_for::label_concurrency;
    }
    if (count([&](const row& o) { return o.what.repo == r.what.repo; }) > 0) {
      return waits_for::repository_busy;
    }
    for (const auto& o : rows) {
      // One that is set aside or not yet due is in nobody's way.
      if (o.admitted || holds.contains({switch_scope::run, o.what.run_id}) ||
          o.what.not_before_ms > now_ms || &o == &r) {
        continue;
      }
      if (lane_and_repo(o) == lane_and_repo(r) && place(o) < place(r)) {
        return waits_for::repository_queue;
      }
    }
    const auto terms = tenants.contains(r.what.tenant) ? tenants.at(r.what.tenant) : tenant_terms{};
    if (terms.max_concurrency > 0 && count([&](const row& o) {
                                       return o.what.tenant == r.what.tenant;
                                     }) >= terms.max_concurrency) {
      return waits_for::tenant_concurrency;
    }
    if (terms.quota_micro_usd &&
        (*terms.quota_micro_usd <= 0 || r.what.reserve_micro_usd > *terms.quota_micro_usd)) {
      return waits_for::tenant_quota;
    }
    if (all.past_cell > 0 && count([](const row& o) { return o.past_cell; }) >= all.past_cell) {
      return waits_for::outbox;
    }
    return fits(r) ? waits_for::turn : waits_for::room;
  }
};

}  // namespace skein::schedule::test
