// Watches a campaign until it is over: a live block on a terminal, otherwise a line when a run ends
// and one when a wave is over.
#pragma once

#include "cli/render/campaign_text.hpp"
#include "cli/watch/watch_end.hpp"
#include "runtime/store/reader.hpp"

#include <string>

namespace skein::cli {

struct watched_campaign {
  watch_end end = watch_end::over;
  campaign_progress progress;
};

/// Blocking. Over: completed, halted, aborted or paused, and nothing is at work any more. Lines
/// tell of runs that ended after the event `since`. The error says that the fleet or its state was
/// lost.
[[nodiscard]] result<watched_campaign> watch_campaign(const global_options& global,
                                                      fleet_access& access,
                                                      const store::reader& state,
                                                      const std::string& name, std::int64_t since);

}  // namespace skein::cli
