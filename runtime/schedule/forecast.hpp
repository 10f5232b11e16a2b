// What a campaign may cost at most, wave by wave, and where it would end. Pure.
#pragma once

#include "runtime/schedule/ledger.hpp"

#include <optional>

namespace skein::schedule {

struct wave_forecast {
  std::uint32_t runs = 0;
  amounts most;        ///< every run uses all it has
  amounts cumulative;  ///< with the waves before
};

/// What stands in the way first; `runs` of the campaign can be admitted before.
struct forecast_stop {
  budget_level level = budget_level::platform;
  std::string name;
  bool tokens = false;  ///< of tokens; else of money
  std::uint32_t wave = 0;
  std::uint64_t runs = 0;
};

struct campaign_forecast {
  std::vector<wave_forecast> waves;
  amounts total;
  std::optional<forecast_stop> stops;
};

/// `campaign_limits` are those of the file, because a campaign that has not begun has no account.
[[nodiscard]] campaign_forecast forecast(const ledger& accounts, const std::string& tenant,
                                         const std::string& campaign,
                                         const budget_limits& campaign_limits,
                                         const std::vector<std::uint32_t>& wave_sizes,
                                         const amounts& most_per_run);

}  // namespace skein::schedule
