#include "actors/system/tenant.hpp"

#include "actors/errors.hpp"
#include "actors/parts.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>

namespace skein::actors {

using schedule::amounts;
using schedule::budget_level;

namespace {

constexpr std::int64_t day_ms = 86'400'000;
/// A run at work may end without a pull request.
constexpr std::int64_t look_again_ms = 2'000;

std::int64_t tokens_of(std::uint64_t count) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(count, INT64_MAX));
}

}  // namespace

void tenant_state::start(const store::tenant_usage& so_far) {
  schedule::budget_limits most;
  most.tokens = tokens_of(limits.tokens);
  most.micro_usd = schedule::micro_usd_of(limits.usd);
  most.concurrency = limits.max_concurrency;
  most.pull_requests_per_hour = limits.pull_requests_per_hour;
  most.pull_requests_per_day = limits.pull_requests_per_day;
  ledger.set_limits(budget_level::tenant, tenant, most);
  ledger.rebuild({{budget_level::tenant,
                   tenant,
                   {tokens_of(so_far.tokens), schedule::micro_usd_of(so_far.usd)}}},
                 {});
}

void tenant_state::remember(const past_use& past) {
  std::vector<schedule::spending> rows;
  for (const auto& row : past.campaigns) {
    rows.push_back({budget_level::campaign,
                    row.campaign,
                    {tokens_of(row.tokens), schedule::micro_usd_of(row.usd)}});
  }
  ledger.rebuild(rows, {});
  for (const auto& row : past.opened) {
    ledger.rebuild_pull_request(tenant, row.campaign, row.at_ms);
  }
}

std::string tenant_state::exhausted() const {
  const auto spent = ledger.standing(budget_level::tenant, tenant).spent;
  char text[160];
  if (limits.usd > 0 && spent.micro_usd >= schedule::micro_usd_of(limits.usd)) {
    std::snprintf(text, sizeof text, "%.2f of %.2f USD are spent",
                  static_cast<double>(spent.micro_usd) / 1e6, limits.usd);
    return "tenant " + tenant + ": " + text;
  }
  if (limits.tokens > 0 && spent.tokens >= tokens_of(limits.tokens)) {
    return "tenant " + tenant + ": " + std::to_string(spent.tokens) + " of " +
           std::to_string(limits.tokens) + " tokens are spent";
  }
  return {};
}

lease_answer tenant_state::grant(const request_lease& ask) {
  const schedule::reservation asked{
      ask.run_id, tenant, ask.campaign, {ask.budget_tokens, ask.budget_micro_usd}, {}};
  if (ask.at_work) {
    if (leases.insert(ask.run_id).second) ledger.rebuild({}, {asked});
    return {true, {}};
  }
  if (auto reason = exhausted(); !reason.empty()) return {false, reason};
  if (auto full = no_pull_request_left(ask.campaign)) return *full;
  if (!ask.campaign.empty() && ask.campaign_usd > 0) {
    schedule::budget_limits most;
    most.micro_usd = schedule::micro_usd_of(ask.campaign_usd);
    ledger.set_limits(budget_level::campaign, ask.campaign, most);
  }
  if (auto reserved = ledger.reserve(asked); !reserved) return {false, reserved.error().message};
  leases.insert(ask.run_id);
  return {true, {}};
}

std::optional<lease_answer> tenant_state::no_pull_request_left(const std::string& campaign) const {
  const auto now = now_ms();
  const auto left = ledger.pull_requests_left(tenant, campaign, now);
  // Every run at work may open one yet.
  const auto coming = static_cast<std::uint32_t>(leases.size() - opened.size());
  if (left > coming) return std::nullopt;
  lease_answer out;
  out.reason = "the pull requests that tenant " + tenant + " may open now are opened, or its " +
               std::to_string(coming) + " runs at work may open them";
  out.closed_until_ms =
      left == 0 ? ledger.next_pull_request_ms(tenant, campaign, now) : now + look_again_ms;
  return out;
}

void tenant_state::take_back(const return_lease& ended) {
  // A repeated return finds no lease and adds nothing.
  if (leases.erase(ended.run_id) == 0) return;
  if (const auto counted = opened.find(ended.run_id); counted != opened.end()) {
    if (ended.opened_nothing) {
      ledger.give_back_pull_request(tenant, counted->second.campaign, counted->second.at_ms);
    }
    opened.erase(counted);
  }
  const bool was_exhausted = !exhausted().empty();
  const auto settled =
      ledger.settle(ended.run_id, {tokens_of(ended.used.tokens_in + ended.used.tokens_out),
                                   schedule::micro_usd_of(ended.used.usd)});
  if (!settled) return spdlog::error("{}", settled.error().message);
  if (settled->excess != amounts{}) {
    spdlog::warn("run {} has used more than was reserved for it", ended.run_id);
  }
  if (auto reason = exhausted(); !reason.empty() && !was_exhausted) {
    self->send(fleet, budget_gone{tenant, reason});
  }
}

pull_request_answer tenant_state::take(const take_pull_request& ask) {
  const auto now = now_ms();
  // Asked again for one that is counted.
  if (!ask.run_id.empty() && opened.contains(ask.run_id)) return {true, {}, 0};
  if (auto taken = ledger.take_pull_request(tenant, ask.campaign, now); !taken) {
    return {false, taken.error().message, ledger.next_pull_request_ms(tenant, ask.campaign, now)};
  }
  if (leases.contains(ask.run_id)) opened.emplace(ask.run_id, counted{ask.campaign, now});
  return {true, {}, 0};
}

tenant_actor::behavior_type tenant(tenant_actor::stateful_pointer<tenant_state> self,
                                   std::string name, schema::tenant_config limits,
                                   store::tenant_usage so_far, budget_listener fleet,
                                   store_actor store, std::function<std::int64_t()> now_ms) {
  auto& state = self->state;
  state.tenant = std::move(name);
  state.limits = limits;
  state.fleet = std::move(fleet);
  state.now_ms = std::move(now_ms);
  state.start(so_far);
  // Answered before anything is granted: nothing else is heard until then.
  self->request(store, store_timeout, get_past_use{state.tenant, state.now_ms() - day_ms})
      .await([self](const past_use& past) { self->state.remember(past); },
             [self](const caf::error& failed) {
               // Without it limits would be passed: whoever asks gets no answer, and asks again.
               spdlog::error("tenant {}: {}", self->state.tenant,
                             from_caf(failed, "read what was used").message);
               self->quit(failed);
             });
  return {
      [self](const request_lease& ask) { return self->state.grant(ask); },
      [self](const take_pull_request& ask) { return self->state.take(ask); },
      [self](const return_lease& ended) { self->state.take_back(ended); },
  };
}

}  // namespace skein::actors
