// `skein why ID`: why a run waits, or why it ended as it did.
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/render/printable.hpp"
#include "cli/signals.hpp"
#include "cli/state_view.hpp"
#include "cli/verbs/verbs.hpp"
#include "cli/waiting_reasons.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>

namespace skein::cli {

namespace {

struct answer {
  schema::run run;
  schema::run_state shown = schema::run_state::schedule;
  std::vector<reason> reasons;
};

result<answer> ask(const global_options& global, const std::string& prefix) {
  SKEIN_TRY(from, open_reader(global));
  SKEIN_TRY(run, find_run(*from, prefix));
  SKEIN_TRY(reasons, reasons_for(global, *from, run));
  SKEIN_TRY(switches, from->switches());
  const auto shown = shown_state(switches, run);
  return answer{std::move(run), shown, std::move(reasons)};
}

nlohmann::json document(const answer& found) {
  auto reasons = nlohmann::json::array();
  for (const auto& each : found.reasons) {
    reasons.push_back({{"code", each.code}, {"message", each.message}, {"remedy", each.remedy}});
    if (each.position) reasons.back()["position"] = *each.position;
    if (each.eta_ms) reasons.back()["etaMs"] = *each.eta_ms;
  }
  return {{"runId", found.run.id},
          {"state", schema::to_string(found.shown)},
          {"failure",
           found.run.failed ? schema::to_json(*found.run.failed, found.run.id) : nlohmann::json()},
          {"reasons", std::move(reasons)}};
}

std::string text(const answer& found, const style& look) {
  std::string out = "run " + found.run.id + " is " +
                    look.paint(tone_of(found.shown), schema::to_string(found.shown)) + "\n";
  for (const auto& each : found.reasons) {
    out += "  " + printable(each.message) + "\n";
    if (!each.remedy.empty()) {
      out += "    " + look.paint(tone::dim, "next: ") + printable(each.remedy) + "\n";
    }
  }
  return out;
}

int why(const global_options& global, const std::string& prefix) {
  exit_at_interrupt(1);
  const auto found = ask(global, prefix);
  if (!found) return report(found.error());
  output out(global);
  if (out.structured()) {
    out.print(document(*found));
  } else {
    out.print(text(*found, out.look()));
  }
  return out.finish(exit_ok);
}

}  // namespace

void add_why(CLI::App& app, invocation& call) {
  auto id = std::make_shared<std::string>();
  auto* verb = app.add_subcommand("why", "why a run waits, or ended as it did");
  verb->add_option("ID", *id, "the run's id, or the beginning of it")->required();
  verb->callback([id, &call] { call.action = [id, &call] { return why(call.global, *id); }; });
}

}  // namespace skein::cli
