// `skein describe run ID`: everything that is kept about one run.
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/render/run_text.hpp"
#include "cli/signals.hpp"
#include "cli/state_view.hpp"
#include "cli/verbs/verbs.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>

namespace skein::cli {

namespace {

struct described {
  schema::run run;
  run_surroundings around;
  nlohmann::json task;
};

result<described> collect(const global_options& global, const std::string& prefix) {
  SKEIN_TRY(from, open_reader(global));
  SKEIN_TRY(run, find_run(*from, prefix));
  SKEIN_TRY(switches, from->switches());
  SKEIN_TRY(events, from->events(run.id, 0, 0));
  SKEIN_TRY(intent, from->intent(run.id));
  described out;
  out.around.shown = shown_state(switches, run);
  out.around.events = events.size();
  if (intent) {
    out.around.outbox = std::string(store::to_string(intent->state)) + ", branch " +
                        intent->branch + (intent->detail.empty() ? "" : ": " + intent->detail);
  }
  if (!run.task_sha256.empty()) {
    // A task that was changed on disk must not keep the rest from being seen.
    if (const auto text = from->task_json(run.task_sha256)) {
      out.task = nlohmann::json::parse(*text, nullptr, false);
    } else {
      warn(text.error().message);
    }
  }
  out.run = std::move(run);
  return out;
}

int describe(const global_options& global, const std::string& prefix) {
  exit_at_interrupt(1);
  auto found = collect(global, prefix);
  if (!found) return report(found.error());
  if (found->task.is_object()) found->around.task = &found->task;
  output out(global);
  if (out.structured()) {
    out.print(description_json(found->run, found->around));
  } else {
    out.print(description_text(found->run, found->around, out.width(), out.look(), now_ms()));
  }
  return out.finish(exit_ok);
}

}  // namespace

void add_describe(CLI::App& app, invocation& call) {
  auto* family = app.add_subcommand("describe", "everything about one thing");
  auto id = std::make_shared<std::string>();
  auto* verb = family->add_subcommand("run", "everything about one run");
  verb->add_option("ID", *id, "the run's id, or the beginning of it")->required();
  verb->callback([id, &call] { call.action = [id, &call] { return describe(call.global, *id); }; });
}

}  // namespace skein::cli
