// `skein campaign rollback NAME`: takes back what a campaign published. The fleet that is at work on
// the state directory does it; where none is, this process does, on the directory itself.
#include "actors/rollback.hpp"
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/person.hpp"
#include "cli/render/printable.hpp"
#include "cli/settings.hpp"
#include "cli/signals.hpp"
#include "cli/state_view.hpp"
#include "cli/verbs/rollback.hpp"

#include <nlohmann/json.hpp>

namespace skein::cli {

namespace {

result<std::vector<actors::rollback_step>> carry_out(
    const global_options& global, const actors::rollback_order& order,
    const std::function<void(const actors::rollback_step&)>& tell) {
  const store::state_layout layout{global.state_dir};
  SKEIN_TRY(config, load_settings(global));
  SKEIN_TRY(lock, store::state_lock::acquire(layout, "campaign rollback"));
  (void)lock;  // held until the end
  SKEIN_TRY(writer, store::writer::open(layout, &now_ms));
  process::blocking_pool pool{1};
  SKEIN_TRY(forges, actors::open_forges(config, {model::process_environment(), pool, &now_ms,
                                                  layout.forges()}));
  return actors::roll_back(order, {actors::records_of(*writer), forges, config, layout.mirrors(), &now_ms}, tell);
}

/// Tells every step at once when it is done here, else all of them at the end.
result<std::vector<actors::rollback_step>> carry_out_anywhere(
    const global_options& global, const actors::rollback_order& order,
    const std::function<void(const actors::rollback_step&)>& tell) {
  auto fleet = reach_fleet(global, "campaign rollback");
  if (!fleet) {
    if (!global.server.empty() || fleet.error().code != errc::not_found) return fleet.error();
    return carry_out(global, order, tell);
  }
  SKEIN_TRY(done, (*fleet)->roll_back(order));
  for (const auto& step : done.steps) tell(step);
  return std::move(done.steps);
}

}  // namespace

int roll_back_campaign(const global_options& global, const std::string& name, bool dry_run) {
  exit_at_interrupt(2);
  output out(global);
  const auto tell = [&](const actors::rollback_step& step) {
    if (out.structured()) return;
    out.print(step.run_id.substr(0, 8) + "  " + std::string(actors::to_string(step.act)) + "  " +
              printable(step.detail) + "  " + printable(step.repo_url) + "\n");
  };
  const auto steps = carry_out_anywhere(global, {name, current_person(), dry_run}, tell);
  if (!steps) return report(steps.error());
  std::size_t left = 0;
  auto list = nlohmann::json::array();
  for (const auto& step : *steps) {
    if (step.act == actors::rollback_act::person) ++left;
    list.push_back({{"run", step.run_id},
                    {"repo", step.repo_url},
                    {"act", actors::to_string(step.act)},
                    {"detail", step.detail}});
  }
  if (out.structured()) {
    out.print(nlohmann::json{{"name", name}, {"dryRun", dry_run}, {"steps", list}});
  } else if (steps->empty()) {
    out.print("campaign " + name + " published nothing\n");
  }
  if (left > 0) say(global, std::to_string(left) + " of them need a person");
  return out.finish(left > 0 ? exit_failure : exit_ok);
}

}  // namespace skein::cli
