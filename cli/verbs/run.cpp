// `skein run`: tasks on single repositories; waits and prints what became of them.
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/person.hpp"
#include "cli/render/run_text.hpp"
#include "cli/render/shell_word.hpp"
#include "cli/signals.hpp"
#include "cli/state_view.hpp"
#include "cli/task_files.hpp"
#include "cli/verbs/verbs.hpp"
#include "cli/watch/run_watch.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace skein::cli {

namespace {

struct run_options {
  std::string file;
  std::vector<std::string> repos;
  bool dry_run = false;
  bool detach = false;
  std::uint32_t cells = 0;
};

std::string same_command(const run_options& options) {
  std::string out = "skein run -f " + shell_word(options.file);
  for (const auto& repo : options.repos) out += " --repo " + shell_word(repo);
  if (options.dry_run) out += " --dry-run";
  return out;
}

/// The run that `row` duplicates; empty when it is no duplicate.
std::string twin_of(const store::reader& state, const schema::run& row) {
  if (row.state != schema::run_state::duplicate) return {};
  const auto events = state.events(row.id, 0, 1);
  if (!events || events->empty()) return {};
  const auto payload = nlohmann::json::parse(events->front().payload, nullptr, false);
  return payload.is_object() ? payload.value("twin", std::string()) : std::string();
}

/// A task that was interrupted before is submitted again as a duplicate of itself: then the run
/// that is unfinished is the one that is meant.
result<std::string> take_up(const global_options& global, fleet_access& access,
                            const store::reader& state, const std::string& submitted) {
  SKEIN_TRY(row, state.run(submitted));
  const auto twin = twin_of(state, row);
  if (twin.empty()) return submitted;
  SKEIN_TRY(other, state.run(twin));
  if (schema::is_final(other.state) || !other.campaign.empty()) return submitted;
  SKEIN_TRY(attached, access.fleet->attach(twin));
  say(global, "run " + twin + " does this already and is not finished: continuing it");
  return attached.run_id;
}

int print_outcome(const global_options& global, const std::vector<schema::run>& runs) {
  output out(global);
  if (out.structured()) {
    auto all = nlohmann::json::array();
    for (const auto& run : runs) all.push_back(schema::to_json(run));
    out.print(all.size() == 1 ? all.front() : all);
  } else {
    out.print(outcome_text(runs, out.look(), now_ms()));
  }
  int worst = exit_ok;
  for (const auto& run : runs) worst = std::max(worst, schema::exit_code(run.state));
  return out.finish(worst);
}

int print_detached(const global_options& global, const store::reader& state,
                   const std::vector<std::string>& ids) {
  output out(global);
  auto all = nlohmann::json::array();
  for (const auto& id : ids) {
    if (!out.structured()) {
      out.print(id + "\n");
    } else if (auto run = state.run(id)) {
      all.push_back(schema::to_json(*run));
    }
  }
  if (out.structured()) out.print(all.size() == 1 ? all.front() : all);
  return out.finish(exit_ok);
}

result<std::vector<std::string>> submit_all(const global_options& global, fleet_access& access,
                                            const store::reader& state,
                                            const std::vector<schema::task>& tasks, bool dry_run) {
  std::vector<std::string> ids;
  for (const auto& task : tasks) {
    SKEIN_TRY(answer, access.fleet->submit(actors::submit_run{task, current_person(), dry_run}));
    if (answer.state == schema::run_state::schedule && answer.ahead > 0) {
      say(global, "run " + answer.run_id + ": queued behind " + std::to_string(answer.ahead) +
                      (answer.ahead == 1 ? " run" : " runs"));
    }
    SKEIN_TRY(id, take_up(global, access, state, answer.run_id));
    // The same repository twice is one run.
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

int fly(const global_options& global, const run_options& options) {
  const auto tasks = read_tasks(options.file, options.repos);
  if (!tasks) return exit_usage;
  exit_at_interrupt(2);
  access_wish wish;
  wish.command = "run";
  wish.cells = options.cells;
  wish.detached = options.detach;
  auto access = open_fleet(global, wish);
  if (!access) return report(access.error());
  const auto fail = [&access](const error& failed) {
    const int code = report(failed);
    let_go(*access);
    return code;
  };
  auto state = open_reader(global);
  if (!state) return fail(state.error());
  auto ids = submit_all(global, *access, **state, *tasks, options.dry_run);
  if (!ids) return fail(ids.error());
  if (options.detach) {
    let_go(*access);
    return print_detached(global, **state, *ids);
  }
  auto watched = watch_runs(global, *access, **state, *ids);
  if (!watched) return fail(watched.error());
  if (watched->end == watch_end::interrupted) {
    for (const auto& run : watched->runs) {
      say(global, "run " + run.id + " is " + std::string(schema::to_string(run.state)));
    }
    const auto again =
        access->embedded ? same_command(options) : "skein describe run " + watched->runs.front().id;
    return end_interrupted(global, *access, again);
  }
  const int code = print_outcome(global, watched->runs);
  return end_flight(*access, code);
}

}  // namespace

void add_run(CLI::App& app, invocation& call) {
  auto options = std::make_shared<run_options>();
  auto* verb = app.add_subcommand("run", "one task, waits, prints the outcome");
  verb->add_option("-f,--file", options->file, "task file in YAML or JSON, - for standard input")
      ->required()
      ->type_name("TASK");
  verb->add_option("--repo", options->repos,
                   "repository path or URL instead of the task's; may be repeated")
      ->type_name("URL")
      ->allow_extra_args(false);
  verb->add_flag("--dry-run", options->dry_run, "do everything but publish; see `skein diff ID`");
  verb->add_flag("--detach", options->detach, "do not wait: print the id (needs `skein serve`)");
  verb->add_option("--cells", options->cells, "cells at once when the fleet is embedded")
      ->type_name("N")
      ->check(CLI::Range(1U, 1024U));
  verb->footer("The exit code is that of the worst run.");
  verb->callback(
      [options, &call] { call.action = [options, &call] { return fly(call.global, *options); }; });
}

}  // namespace skein::cli
