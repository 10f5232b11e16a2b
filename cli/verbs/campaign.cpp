// `skein campaign …`: a fleet in waves. `run` flies and watches it; the other verbs look at it or
// change its course.
#include "cli/campaign_forecast.hpp"
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/person.hpp"
#include "cli/render/burndown_text.hpp"
#include "cli/render/campaign_text.hpp"
#include "cli/render/run_text.hpp"
#include "cli/render/shell_word.hpp"
#include "cli/render/time_text.hpp"
#include "cli/signals.hpp"
#include "cli/state_view.hpp"
#include "cli/task_files.hpp"
#include "cli/verbs/rollback.hpp"
#include "cli/verbs/verbs.hpp"
#include "cli/watch/campaign_watch.hpp"
#include "cli/watch/event_tail.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>

namespace skein::cli {

namespace {

using schema::campaign_state;

struct fly_options {
  std::string file;
  bool dry_run = false;
  bool detach = false;
  std::uint32_t cells = 0;
};

struct order_options {
  std::string name;
  std::string reason;
  bool failed = false;
  bool dry_run = false;
};

result<campaign_progress> progress_now(const store::reader& state, const std::string& name) {
  SKEIN_TRY(row, state.campaign(name));
  SKEIN_TRY(totals, state.totals(name));
  return progress_of(row, totals);
}

/// A member of the object that not every verb has.
struct more_to_say {
  const char* key;
  nlohmann::json value;
};

/// The object of INTERFACE.md; with a table of the runs when it is text.
result<> print_campaign(output& out, const store::reader& state, const campaign_progress& progress,
                        bool with_table, const more_to_say& more) {
  if (!out.structured() && !with_table) return {};
  store::run_filter filter;
  filter.campaign = progress.name;
  filter.limit = 0;
  SKEIN_TRY(runs, state.runs(filter));
  if (out.structured()) {
    auto document = to_json(progress);
    auto& list = document["runs"] = nlohmann::json::array();
    for (const auto& run : runs) list.push_back(schema::to_json(run));
    if (!more.value.is_null()) document[more.key] = more.value;
    out.print(document);
  } else {
    out.print(result_table(runs, now_ms()).text(out.width(), out.look()));
  }
  return {};
}

std::string advice(const campaign_progress& progress) {
  switch (progress.state) {
    case campaign_state::halted:
      return "look at the failures with `skein get runs --campaign " + progress.name +
             "`; then `skein campaign retry --failed " + progress.name +
             "`, or `skein campaign resume " + progress.name + "` to open the next wave anyway";
    case campaign_state::paused:
      return "continue with `skein campaign resume " + progress.name + "`";
    case campaign_state::completed:
      if (progress.succeeded == progress.total) return {};
      return "`skein get runs --campaign " + progress.name +
             "` has the ids, `skein why ID` says what happened; `skein campaign retry --failed " +
             progress.name + "` tries again";
    default:
      return {};
  }
}

void say_end(const global_options& global, const campaign_progress& progress) {
  std::string line =
      "campaign " + progress.name + " " + std::string(schema::to_string(progress.state)) + ": " +
      std::to_string(progress.succeeded) + " of " + std::to_string(progress.total) + " succeeded";
  if (!progress.reason.empty()) line += "; " + progress.reason;
  say(global, line);
  if (const auto next = advice(progress); !next.empty()) say(global, "next: " + next);
}

std::filesystem::path directory_of(const std::string& file) {
  std::error_code failed;
  if (file == "-") return std::filesystem::current_path(failed);
  return std::filesystem::absolute(file, failed).parent_path();
}

/// Submits; a paused campaign of that name goes on.
result<actors::campaign_submitted> submit(fleet_access& access, const store::reader& state,
                                          const schema::campaign& campaign,
                                          const fly_options& options) {
  actors::submit_campaign order;
  order.campaign = campaign;
  order.directory = directory_of(options.file);
  order.by = current_person();
  order.dry_run = options.dry_run;
  SKEIN_TRY(answer, access.fleet->submit(order));
  if (answer.resumed && !answer.scheduled) {
    SKEIN_TRY(row, state.campaign(answer.name));
    if (row.state == campaign_state::paused) {
      SKEIN_TRY(now, access.fleet->control(
                         {answer.name, actors::campaign_act::resume, current_person(), {}}));
      (void)now;
    }
  }
  return answer;
}

/// It starts by itself: there is nothing to watch yet.
int say_scheduled(const global_options& global, const actors::campaign_submitted& made) {
  output out(global);
  const auto next = made.next_ms > 0 ? utc_time(made.next_ms) : std::string("never");
  if (out.structured()) {
    out.print(nlohmann::json{{"name", made.name}, {"scheduled", true}, {"next", next}});
  } else {
    out.print("campaign " + made.name + " starts by itself, next at " + next + "\n");
  }
  say(global,
      "next: `skein serve` starts it; `skein get schedules` lists its times, `skein campaign "
      "abort " +
          made.name + "` ends it");
  return out.finish(exit_ok);
}

/// The daemon flies it; whoever wants to know looks.
int say_detached(const global_options& global, const store::reader& state, const std::string& name) {
  const auto progress = progress_now(state, name);
  if (!progress) return report(progress.error());
  output out(global);
  if (out.structured()) {
    if (auto printed = print_campaign(out, state, *progress, false, {"", nullptr}); !printed) {
      return report(printed.error());
    }
  } else {
    out.print(name + "\n");
  }
  say(global, "next: `skein campaign status " + name + "`");
  return out.finish(exit_ok);
}

/// Prints it, and returns it for the document.
struct forecast_document {
  nlohmann::json value;
};
result<forecast_document> say_forecast(const global_options& global, const store::reader& state,
                                       const schema::campaign& campaign, const std::string& name) {
  SKEIN_TRY(progress, progress_now(state, name));
  std::vector<std::uint32_t> sizes;
  for (const auto& wave : progress.waves) sizes.push_back(wave.total);
  SKEIN_TRY(most, forecast_of(global, state, campaign, sizes));
  for (const auto& line : forecast_lines(most)) say(global, line);
  return forecast_document{to_json(most)};
}

int fly(const global_options& global, const fly_options& options) {
  const auto campaign = read_campaign(options.file);
  if (!campaign) return exit_usage;
  exit_at_interrupt(2);
  access_wish wish;
  wish.command = "campaign run";
  wish.campaign = options.dry_run ? std::string() : campaign->name;
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
  const auto since = last_event(**state);
  if (!since) return fail(since.error());
  const auto made = submit(*access, **state, *campaign, options);
  if (!made) return fail(made.error());
  if (made->scheduled) {
    let_go(*access);
    return say_scheduled(global, *made);
  }
  const auto* name = &made->name;
  nlohmann::json forecast;
  if (options.dry_run) {
    auto most = say_forecast(global, **state, *campaign, *name);
    if (!most) return fail(most.error());
    forecast = std::move(most->value);
  }
  if (options.detach) {
    let_go(*access);
    return say_detached(global, **state, *name);
  }
  auto watched = watch_campaign(global, *access, **state, *name, *since);
  if (!watched) return fail(watched.error());
  if (watched->end == watch_end::interrupted) {
    say(global, "campaign " + *name + ": " + std::to_string(watched->progress.done) + " of " +
                    std::to_string(watched->progress.total) + " runs done");
    return end_interrupted(global, *access,
                           access->embedded ? "skein campaign run -f " + shell_word(options.file)
                                            : "skein campaign status " + *name);
  }
  output out(global);
  const more_to_say more{"forecast", std::move(forecast)};
  if (auto printed = print_campaign(out, **state, watched->progress, true, more); !printed) {
    return fail(printed.error());
  }
  say_end(global, watched->progress);
  return end_flight(*access, out.finish(exit_code_of(watched->progress)));
}

result<schedule::burndown> burndown_of(const store::reader& state,
                                       const campaign_progress& progress) {
  constexpr std::size_t points = 60;
  SKEIN_TRY(row, state.campaign(progress.name));
  SKEIN_TRY(ends, state.ends(progress.name));
  return schedule::burn_down(static_cast<std::uint32_t>(progress.total), row.created_ms,
                             std::move(ends), now_ms(), points);
}

int status(const global_options& global, const std::string& name) {
  auto state = open_reader(global);
  if (!state) return report(state.error());
  auto progress = progress_now(**state, name);
  if (!progress) return report(progress.error());
  auto left = burndown_of(**state, *progress);
  if (!left) return report(left.error());
  output out(global);
  if (!out.structured()) {
    out.print(progress_text(*progress, out.width(), out.look()) + burndown_text(*left, now_ms()));
  }
  const more_to_say more{"burndown", to_json(*left)};
  if (auto printed = print_campaign(out, **state, *progress, out.wide(), more); !printed) {
    return report(printed.error());
  }
  if (const auto next = advice(*progress); !next.empty()) say(global, "next: " + next);
  return out.finish(exit_ok);
}

int print_order(const global_options& global, const std::string& name, campaign_state state,
                const std::string& more) {
  output out(global);
  if (out.structured()) {
    out.print(nlohmann::json{{"name", name}, {"state", schema::to_string(state)}});
  } else {
    out.print("campaign " + name + " " + std::string(schema::to_string(state)) + more + "\n");
  }
  return out.finish(exit_ok);
}

int control(const global_options& global, const order_options& options, actors::campaign_act act) {
  exit_at_interrupt(2);
  access_wish wish;
  wish.command = act == actors::campaign_act::pause    ? "campaign pause"
                 : act == actors::campaign_act::resume ? "campaign resume"
                                                       : "campaign abort";
  auto access = open_fleet(global, wish);
  if (!access) return report(access.error());
  const auto answer = access->fleet->control({options.name, act, current_person(), options.reason});
  const bool embedded = access->embedded;
  let_go(*access);
  if (!answer) return report(answer.error());
  if (embedded && answer->state == campaign_state::running) {
    say(global, "nothing flies it now: `skein campaign run -f FILE` or `skein serve` does");
  }
  return print_order(global, options.name, answer->state, "");
}

int retry(const global_options& global, const order_options& options) {
  if (!options.failed) {
    (void)report({errc::invalid, "campaign retry needs --failed",
                  "skein campaign retry --failed " + options.name});
    return exit_usage;
  }
  exit_at_interrupt(2);
  auto access = open_fleet(global, {"campaign retry", {}, false, 0});
  if (!access) return report(access.error());
  const auto answer = access->fleet->retry({options.name, current_person()});
  const bool embedded = access->embedded;
  let_go(*access);
  if (!answer) return report(answer.error());
  output out(global);
  if (out.structured()) {
    out.print(nlohmann::json{{"name", options.name}, {"runs", answer->runs}});
  } else if (answer->runs == 0) {
    out.print("campaign " + options.name + " has no failed run\n");
  } else {
    out.print("campaign " + options.name + ": " + std::to_string(answer->runs) +
              (answer->runs == 1 ? " failed run is" : " failed runs are") + " queued again\n");
  }
  if (embedded && answer->runs > 0) {
    say(global, "nothing flies them now: `skein campaign run -f FILE` or `skein serve` does");
  }
  return out.finish(exit_ok);
}

int rollback(const global_options& global, const order_options& options) {
  return roll_back_campaign(global, options.name, options.dry_run);
}

enum class takes { name, reason, failed, dry_run };

void add_order(CLI::App& family, invocation& call, const char* name, const char* help, takes what,
               std::function<int(const global_options&, const order_options&)> does) {
  auto options = std::make_shared<order_options>();
  auto* verb = family.add_subcommand(name, help);
  verb->add_option("NAME", options->name, "the campaign's name")->required();
  if (what == takes::reason) {
    verb->add_option("--reason", options->reason, "why; kept in the audit trail")
        ->type_name("TEXT");
  }
  if (what == takes::failed) {
    verb->add_flag("--failed", options->failed, "the runs that did not succeed");
  }
  if (what == takes::dry_run) {
    verb->add_flag("--dry-run", options->dry_run, "say what would be done, and do nothing");
  }
  verb->callback([options, &call, does = std::move(does)] {
    call.action = [options, &call, does] { return does(call.global, *options); };
  });
}

void add_fly(CLI::App& family, invocation& call) {
  auto options = std::make_shared<fly_options>();
  auto* verb = family.add_subcommand("run", "fly a campaign, or what is missing of it");
  verb->add_option("-f,--file,CAMPAIGN", options->file,
                   "campaign file in YAML or JSON, - for standard input")
      ->required()
      ->type_name("FILE");
  verb->add_flag("--dry-run", options->dry_run,
                 "everything but publishing, under a name of its own");
  verb->add_flag("--detach", options->detach, "do not wait: print the name (needs `skein serve`)");
  verb->add_option("--cells", options->cells, "cells at once when the fleet is embedded")
      ->type_name("N")
      ->check(CLI::Range(1U, 1024U));
  verb->footer(
      "Paths under repos: are relative to the file. A known name with the same content is\n"
      "resumed. When all failed runs end with one exit code, it is this one.");
  verb->callback(
      [options, &call] { call.action = [options, &call] { return fly(call.global, *options); }; });
}

}  // namespace

void add_campaign(CLI::App& app, invocation& call) {
  using actors::campaign_act;
  auto* family = app.add_subcommand("campaign", "one task over many repositories, in waves");
  add_fly(*family, call);
  const auto show = [](const global_options& global, const order_options& options) {
    return status(global, options.name);
  };
  const auto acting = [](campaign_act act) {
    return [act](const global_options& global, const order_options& options) {
      return control(global, options, act);
    };
  };
  add_order(*family, call, "status", "its waves, totals and state (-o wide: and its runs)",
            takes::name, show);
  add_order(*family, call, "pause", "start nothing more of it; what runs goes on", takes::reason,
            acting(campaign_act::pause));
  add_order(*family, call, "resume", "go on after a pause, or after a halt with the next wave",
            takes::reason, acting(campaign_act::resume));
  add_order(*family, call, "abort", "stop it for good: what runs and what waits is killed",
            takes::reason, acting(campaign_act::abort));
  add_order(*family, call, "retry", "queue the failed runs again", takes::failed, retry);
  add_order(*family, call, "rollback",
            "take back what it published: pull requests, branches, and what was merged",
            takes::dry_run, rollback);
}

}  // namespace skein::cli
