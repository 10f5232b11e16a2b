#include "runtime/schedule/forecast.hpp"

#include <algorithm>
#include <limits>

namespace skein::schedule {

namespace {

constexpr std::int64_t most_amount = std::numeric_limits<std::int64_t>::max() / 4;

std::int64_t times(std::int64_t amount, std::uint64_t runs) {
  std::int64_t product = 0;
  if (amount <= 0 || runs == 0) return 0;
  if (runs > static_cast<std::uint64_t>(most_amount) ||
      __builtin_mul_overflow(amount, static_cast<std::int64_t>(runs), &product)) {
    return most_amount;
  }
  return std::min(product, most_amount);
}

amounts times(const amounts& each, std::uint64_t runs) {
  return {times(each.tokens, runs), times(each.micro_usd, runs)};
}

}  // namespace

campaign_forecast forecast(const ledger& accounts, const std::string& tenant,
                           const std::string& campaign, const budget_limits& campaign_limits,
                           const std::vector<std::uint32_t>& wave_sizes,
                           const amounts& most_per_run) {
  campaign_forecast out;
  std::uint64_t runs = 0;
  for (const auto size : wave_sizes) {
    runs += size;
    out.waves.push_back({size, times(most_per_run, size), times(most_per_run, runs)});
  }
  out.total = times(most_per_run, runs);
  amounts own = accounts.left(budget_level::campaign, campaign);
  if (campaign_limits.tokens > 0) own.tokens = std::min(own.tokens, campaign_limits.tokens);
  if (campaign_limits.micro_usd > 0) {
    own.micro_usd = std::min(own.micro_usd, campaign_limits.micro_usd);
  }
  const std::pair<std::pair<budget_level, std::string>, amounts> levels[] = {
      {{budget_level::campaign, campaign}, own},
      {{budget_level::tenant, tenant}, accounts.left(budget_level::tenant, tenant)},
      {{budget_level::platform, ""}, accounts.left(budget_level::platform, "")}};
  const auto consider = [&](const auto& level, bool tokens, std::int64_t left, std::int64_t each) {
    if (each <= 0) return;
    const auto fits = static_cast<std::uint64_t>(left / each);
    if (fits >= runs || (out.stops && out.stops->runs <= fits)) return;
    out.stops = forecast_stop{level.first, level.second, tokens, 0, fits};
  };
  for (const auto& [level, left] : levels) {
    consider(level, true, left.tokens, most_per_run.tokens);
    consider(level, false, left.micro_usd, most_per_run.micro_usd);
  }
  if (out.stops) {
    std::uint64_t before = 0;
    for (const auto size : wave_sizes) {
      before += size;
      if (before > out.stops->runs) break;
      ++out.stops->wave;
    }
  }
  return out;
}

}  // namespace skein::schedule
