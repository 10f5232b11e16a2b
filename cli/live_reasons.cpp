#include "cli/live_reasons.hpp"

#include "cli/fleet_access.hpp"
#include "cli/render/time_text.hpp"
#include "cli/state_view.hpp"

#include <array>
#include <string_view>

namespace skein::cli {

namespace {

struct wording {
  std::string_view code;
  std::string_view before;  ///< the detail goes between
  std::string_view after;
  std::string_view remedy;
};

constexpr std::array wordings{
    wording{"not_before", "it is tried again later", "", ""},
    wording{"window_closed", "the window of campaign ", " is closed", ""},
    wording{"never_fits", "the worker can never give it enough ", "",
            "ask for less under spec.resources, or raise workerMemory or workerCpus in skein.yaml"},
    wording{"campaign_concurrency", "campaign ", " has as many runs at work as it may", ""},
    wording{"label_concurrency", "as many runs with label ", " are at work as may be", ""},
    wording{"tenant_concurrency", "tenant ", " has as many runs at work as it may", ""},
    wording{"repository_busy", "another run is at work in ", "", ""},
    wording{"repository_queue", "another run goes first in ", "", ""},
    wording{"tenant_quota", "the budget has not enough left: ", "",
            "raise the tenant's or the scheduler's budget in skein.yaml"},
    wording{"pull_request_limit", "", "", "raise the tenant's pullRequestsPerHour or PerDay"},
    wording{"open_pull_requests", "campaign ", " has as many pull requests open as it may",
            "review them, or raise limits.maxOpenPullRequests"},
    wording{"no_room", "the worker has not enough free ", "", ""},
    wording{"outbox_full", "as many changes wait to be published as may", "", ""},
};

std::string place_of(std::uint64_t position) {
  if (position == 0) return "it is the next in the queue";
  if (position == 1) return "1 run is before it in the queue";
  return std::to_string(position) + " runs are before it in the queue";
}

}  // namespace

std::optional<reason> reason_of(const actors::why_answer& said) {
  // Whoever holds it back, and why, is known better from the rows.
  if (!said.waiting || said.code == "switch" || said.code == "campaign_paused") return std::nullopt;
  reason out;
  out.code = said.code;
  out.position = said.position;
  out.eta_ms = said.eta_ms;
  if (said.code == "queue") {
    out.message = place_of(said.position);
  } else {
    for (const auto& each : wordings) {
      if (each.code != said.code) continue;
      out.message.append(each.before).append(said.detail).append(each.after);
      out.remedy = each.remedy;
    }
    if (out.message.empty()) return std::nullopt;
    if (said.position > 0) out.message += "; " + place_of(said.position);
  }
  if (said.eta_ms) out.message += "; about " + duration_text(*said.eta_ms) + " left";
  return out;
}

std::optional<reason> live_reason(const global_options& global, const schema::run& run) {
  const auto fleet = reach_fleet(global, "why");
  if (!fleet) return std::nullopt;
  const auto said = (*fleet)->why(run.id);
  return said ? reason_of(*said) : std::nullopt;
}

}  // namespace skein::cli
