// What a campaign is at: its waves and totals as one value, that value as JSON and as text, and the
// exit code that it means.
#pragma once

#include "cli/render/style.hpp"
#include "runtime/store/reader.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skein::cli {

struct wave_progress {
  std::uint32_t total = 0;
  std::uint32_t done = 0;  ///< final
  std::uint32_t succeeded = 0;
  double require_success = 0;  ///< 0 … 1
  std::string_view state;      ///< pending | running | done | halted
};

struct campaign_progress {
  std::string name;
  std::string tenant;
  schema::campaign_state state = schema::campaign_state::running;
  std::string reason;
  std::uint32_t open_wave = 0;
  std::uint32_t total = 0;
  std::uint32_t done = 0;
  std::uint32_t succeeded = 0;
  std::vector<wave_progress> waves;
  std::vector<std::pair<schema::run_state, std::uint32_t>> states;  ///< in order of the enum
};

[[nodiscard]] campaign_progress progress_of(const store::campaign_row& row,
                                            const std::vector<store::wave_totals>& totals);

/// 0 when it is completed and every run succeeded; 7 aborted; 8 running or paused; otherwise the
/// code that all failed runs share, or 1.
[[nodiscard]] int exit_code_of(const campaign_progress& campaign);

/// {name, state, tenant, reason, waves[], totals{state: n}}; the caller adds `runs`.
[[nodiscard]] nlohmann::json to_json(const campaign_progress& campaign);

/// Head line, waves and totals.
[[nodiscard]] std::string progress_text(const campaign_progress& campaign, std::size_t width,
                                        const style& look);

/// `published 12 · no_change 3`: the states that occur, as many as `width` columns hold (0: all).
[[nodiscard]] std::string states_text(const campaign_progress& campaign, const style& look,
                                      std::size_t width = 0);

/// `80%`, `62.5%`.
[[nodiscard]] std::string percent_text(double share);

}  // namespace skein::cli
