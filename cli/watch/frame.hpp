// One picture of live progress as lines of text. Pure: facts in, lines out; live_block puts them on
// the terminal.
#pragma once

#include "cli/output.hpp"
#include "cli/render/campaign_text.hpp"
#include "cli/render/style.hpp"
#include "schema/run.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace skein::cli {

/// A run that is at work.
struct active_line {
  std::string repo;
  schema::run_state state = schema::run_state::prepare;
  std::int64_t age_ms = 0;
};

struct campaign_frame {
  campaign_progress campaign;
  std::vector<active_line> active;  ///< the oldest first
  std::size_t active_total = 0;     ///< more than `active` when some are not shown
  std::string held;                 ///< the switch that keeps its queued runs back; empty: none
  std::optional<double> per_minute;
  std::optional<std::int64_t> left_ms;
};

/// No line is wider than the terminal, and there are fewer lines than it has rows.
[[nodiscard]] std::vector<std::string> frame_lines(const campaign_frame& frame,
                                                   const terminal_size& size, const style& look,
                                                   bool utf8);

/// The one line of `run`: the stages of a single run, or the count of several. `held`: the switch
/// that keeps back those that are queued; empty: none.
[[nodiscard]] std::string run_line(const std::vector<schema::run>& runs, const std::string& held,
                                   std::size_t width, const style& look, bool utf8,
                                   std::int64_t now_ms);

}  // namespace skein::cli
