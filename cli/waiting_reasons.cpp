#include "cli/waiting_reasons.hpp"

#include "cli/live_reasons.hpp"
#include "cli/render/run_text.hpp"
#include "cli/render/time_text.hpp"
#include "cli/state_view.hpp"

#include <algorithm>
#include <optional>

namespace skein::cli {

namespace {

using schema::campaign_state;

reason ended(const schema::run& run) {
  const std::string state(schema::to_string(run.state));
  if (run.failed) {
    const auto& failed = *run.failed;
    std::string message = state + " (" + std::string(schema::to_string(failed.cls)) + ", " +
                          failed.component + ", attempt " + std::to_string(failed.attempt) +
                          "): " + failed.reason;
    return {state, std::move(message), failed.suggested_next_action};
  }
  const auto told = branch_or_reason(run);
  return {state, state + (told.empty() ? "" : ": " + told), {}};
}

/// What its campaign says; nothing when the campaign lets it go.
result<std::vector<reason>> campaign_reasons(const store::reader& from, const schema::run& run) {
  std::vector<reason> out;
  if (run.campaign.empty()) return out;
  SKEIN_TRY(campaign, from.campaign(run.campaign));
  const std::string name = "campaign " + run.campaign;
  const std::string because = campaign.reason.empty() ? std::string() : ": " + campaign.reason;
  const std::string resume = "skein campaign resume " + run.campaign;
  switch (campaign.state) {
    case campaign_state::running:
      break;
    case campaign_state::paused:
      out.push_back({"campaign_paused", name + " is paused" + because, resume});
      break;
    case campaign_state::halted:
      out.push_back({"campaign_halted", name + " is halted" + because, resume});
      break;
    case campaign_state::aborted:
    case campaign_state::completed:
      out.push_back({"campaign_over",
                     name + " is " + std::string(schema::to_string(campaign.state)) + because,
                     {}});
      break;
  }
  if (run.wave > campaign.open_wave) {
    out.push_back({"wave_not_open",
                   "it is in wave " + std::to_string(run.wave + 1) + ", and wave " +
                       std::to_string(campaign.open_wave + 1) + " is not over",
                   "skein campaign status " + run.campaign});
  }
  const auto limit = campaign.value.limits.concurrency;
  if (limit > 0) {
    SKEIN_TRY(underway, from.interrupted());
    const auto active = std::count_if(underway.begin(), underway.end(), [&run](const auto& other) {
      return other.campaign == run.campaign &&
             other.state != schema::run_state::waiting_approval;
    });
    if (active >= static_cast<std::ptrdiff_t>(limit)) {
      out.push_back({"campaign_concurrency",
                     name + " is at its limit of " + std::to_string(limit) + " runs at once",
                     {}});
    }
  }
  return out;
}

result<std::vector<reason>> queued_reasons(const global_options& global, const store::reader& from,
                                           const schema::run& run) {
  std::vector<reason> out;
  SKEIN_TRY(switches, from.switches());
  if (const auto* row = covering_switch(switches, run)) {
    out.push_back({"switch", switch_text(*row), lift_command(*row)});
  }
  SKEIN_TRY(by_campaign, campaign_reasons(from, run));
  out.insert(out.end(), by_campaign.begin(), by_campaign.end());
  const bool kept_back = !out.empty();
  SKEIN_TRY(underway, from.interrupted());
  for (const auto& other : underway) {
    if (other.repo.url != run.repo.url) continue;
    if (other.state == schema::run_state::waiting_approval) continue;
    out.push_back(
        {"repository_busy", "run " + other.id + " is at work in the same repository", {}});
    break;
  }
  if (run.crashes > 0) {
    out.push_back({"requeued",
                   "its worker or process was lost " + std::to_string(run.crashes) +
                       (run.crashes == 1 ? " time" : " times") + "; it starts again",
                   {}});
  }
  auto live = live_reason(global, run);
  // The rows say it better; the fleet knows for how long.
  for (auto& each : out) {
    if (!live || each.code != live->code) continue;
    each.position = live->position;
    each.eta_ms = live->eta_ms;
    if (live->eta_ms) each.message += "; about " + duration_text(*live->eta_ms) + " left";
    return out;
  }
  // The place in the queue says nothing about a run that may not start at all.
  if (kept_back) return out;
  if (live) {
    out.push_back(std::move(*live));
    return out;
  }
  SKEIN_TRY(before, from.queue_position(run.id));
  out.push_back({"queue",
                 before == 0   ? "it is the next in the queue"
                 : before == 1 ? "1 run is before it in the queue"
                               : std::to_string(before) + " runs are before it in the queue",
                 {},
                 before});
  return out;
}

/// What people are asked.
result<std::vector<reason>> approval_reasons(const store::reader& from, const schema::run& run) {
  store::approval_filter pending;
  pending.state = schema::approval_state::pending;
  pending.run_id = run.id;
  SKEIN_TRY(found, from.approvals(pending));
  std::vector<reason> out;
  for (const auto& one : found) {
    const auto yes = std::count_if(one.votes.begin(), one.votes.end(),
                                   [](const auto& vote) { return vote.approve; });
    std::string who = one.required == 1 ? "somebody other than " : "people other than ";
    std::string message = "it waits for approval by " + who + one.submitter + " (" +
                          std::to_string(yes) + " of " + std::to_string(one.required) +
                          ", until " + utc_time(one.expires_ms) + ")";
    for (const auto& each : one.why) message += "; " + each;
    out.push_back({"approval", std::move(message),
                   std::string(one.diff_sha256 == run.task_sha256 ? "skein describe run " : "skein diff ") + short_id(run.id) + ", then skein approve " + short_id(run.id)});
  }
  return out;
}

std::optional<reason> nobody_there(const global_options& global, const schema::run& run) {
  if (owner_of(global)) return std::nullopt;
  return reason{"no_fleet", "no fleet works on this state directory",
                run.campaign.empty()
                    ? "submit the same task again (it is taken up), or start `skein serve`"
                    : "skein campaign run -f FILE, or start `skein serve`"};
}

}  // namespace

result<std::vector<reason>> reasons_for(const global_options& global, const store::reader& from,
                                        const schema::run& run) {
  if (schema::is_final(run.state)) return std::vector<reason>{ended(run)};
  std::vector<reason> out;
  if (run.state == schema::run_state::waiting_approval) return approval_reasons(from, run);
  if (auto none = nobody_there(global, run)) out.push_back(std::move(*none));
  if (run.state == schema::run_state::schedule) {
    SKEIN_TRY(queued, queued_reasons(global, from, run));
    out.insert(out.end(), queued.begin(), queued.end());
    return out;
  }
  const std::string state(schema::to_string(run.state));
  if (!out.empty()) {
    out.front().message = "it was left in " + state + ": " + out.front().message;
    return out;
  }
  out.push_back({"at_work",
                 "it is in " + state + " since " + duration_text(now_ms() - run.updated_ms) +
                     ", attempt " + std::to_string(run.attempt),
                 "skein logs -f " + short_id(run.id)});
  return out;
}

}  // namespace skein::cli
