#include "cli/campaign_forecast.hpp"

#include "cli/settings.hpp"

#include <algorithm>
#include <cstdio>

namespace skein::cli {

namespace {

using schedule::budget_level;

std::int64_t tokens_of(std::uint64_t count) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(count, INT64_MAX));
}

double usd_of(std::int64_t micro) {
  return static_cast<double>(micro) / 1e6;
}

std::string cost_text(const schedule::amounts& most) {
  char text[96];
  std::snprintf(text, sizeof text, "%.2f USD, %lld tokens", usd_of(most.micro_usd),
                static_cast<long long>(most.tokens));
  return text;
}

/// Accounts of the tenant and of the fleet, with what was spent so far.
result<schedule::ledger> accounts_of(const global_options& global, const store::reader& from,
                                     const std::string& tenant) {
  schedule::ledger out;
  if (!global.server.empty()) return out;
  SKEIN_TRY(settings, load_settings(global));
  schedule::budget_limits all;
  all.micro_usd = schedule::micro_usd_of(settings.scheduler.usd);
  all.tokens = tokens_of(settings.scheduler.tokens);
  out.set_limits(budget_level::platform, "", all);
  if (const auto known = settings.tenants.find(tenant); known != settings.tenants.end()) {
    schedule::budget_limits own;
    own.micro_usd = schedule::micro_usd_of(known->second.usd);
    own.tokens = tokens_of(known->second.tokens);
    out.set_limits(budget_level::tenant, tenant, own);
  }
  SKEIN_TRY(used, from.tenants());
  std::vector<schedule::spending> past;
  for (const auto& row : used) {
    const schedule::amounts spent{tokens_of(row.tokens), schedule::micro_usd_of(row.usd)};
    past.push_back({budget_level::platform, "", spent});
    past.push_back({budget_level::tenant, row.tenant, spent});
  }
  out.rebuild(past, {});
  return out;
}

}  // namespace

result<schedule::campaign_forecast> forecast_of(const global_options& global,
                                                const store::reader& from,
                                                const schema::campaign& campaign,
                                                const std::vector<std::uint32_t>& wave_sizes) {
  SKEIN_TRY(accounts, accounts_of(global, from, campaign.tenant));
  schedule::budget_limits own;
  own.micro_usd = schedule::micro_usd_of(campaign.limits.usd);
  schedule::amounts each;
  const auto kind = campaign.task.agent.kind;
  const bool spends = kind == schema::agent_kind::model || kind == schema::agent_kind::external ||
                      !campaign.task.agent_given;
  if (spends) {
    each = {tokens_of(campaign.task.budget.tokens),
            schedule::micro_usd_of(campaign.task.budget.usd)};
  }
  return schedule::forecast(accounts, campaign.tenant, campaign.name, own, wave_sizes, each);
}

std::vector<std::string> forecast_lines(const schedule::campaign_forecast& of) {
  if (of.total == schedule::amounts{})
    return {"forecast: it costs nothing, its steps ask no model"};
  std::vector<std::string> out{"forecast: at most " + cost_text(of.total)};
  if (of.waves.size() > 1) {
    for (std::size_t i = 0; i < of.waves.size(); ++i) {
      out.push_back("  wave " + std::to_string(i + 1) + ": " + std::to_string(of.waves[i].runs) +
                    " runs, at most " + cost_text(of.waves[i].most));
    }
  }
  if (of.stops) {
    const auto& stop = *of.stops;
    out.push_back("  the budget of the " + std::string(schedule::to_string(stop.level)) +
                  (stop.name.empty() ? "" : " " + stop.name) + " admits only " +
                  std::to_string(stop.runs) + " of them at once if each uses all of its " +
                  (stop.tokens ? "tokens" : "money") + "; wave " + std::to_string(stop.wave + 1) +
                  " waits for what the others leave");
  }
  return out;
}

nlohmann::json to_json(const schedule::campaign_forecast& of) {
  const auto cost = [](const schedule::amounts& most) {
    return nlohmann::json{{"usd", usd_of(most.micro_usd)}, {"tokens", most.tokens}};
  };
  auto waves = nlohmann::json::array();
  for (const auto& wave : of.waves) {
    auto one = cost(wave.most);
    one["runs"] = wave.runs;
    waves.push_back(std::move(one));
  }
  nlohmann::json out = {{"most", cost(of.total)}, {"waves", std::move(waves)}, {"stops", nullptr}};
  if (of.stops) {
    out["stops"] = {{"level", schedule::to_string(of.stops->level)},
                    {"name", of.stops->name},
                    {"by", of.stops->tokens ? "tokens" : "usd"},
                    {"wave", of.stops->wave},
                    {"runs", of.stops->runs}};
  }
  return out;
}

}  // namespace skein::cli
