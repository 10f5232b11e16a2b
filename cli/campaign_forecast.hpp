// What a campaign may cost at most, said before it begins.
#pragma once

#include "cli/invocation.hpp"
#include "runtime/schedule/forecast.hpp"
#include "runtime/store/reader.hpp"
#include "schema/campaign.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace skein::cli {

/// Every run using all of its budget, against what campaign, tenant and fleet have left. The limits
/// are those of skein.yaml; of a fleet behind --server only the campaign's own are known. Blocking.
[[nodiscard]] result<schedule::campaign_forecast> forecast_of(
    const global_options& global, const store::reader& from, const schema::campaign& campaign,
    const std::vector<std::uint32_t>& wave_sizes);

/// A line for the whole, one a wave when there are several, one for what stands in the way.
[[nodiscard]] std::vector<std::string> forecast_lines(const schedule::campaign_forecast& of);
[[nodiscard]] nlohmann::json to_json(const schedule::campaign_forecast& of);

}  // namespace skein::cli
