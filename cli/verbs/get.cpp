// `skein get …`: lists, from the state directory, beside whatever runs there.
#include "cli/control/directory_watch.hpp"
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/render/approval_text.hpp"
#include "cli/render/campaign_text.hpp"
#include "cli/render/structured.hpp"
#include "cli/render/time_text.hpp"
#include "cli/run_list.hpp"
#include "cli/settings.hpp"
#include "cli/signals.hpp"
#include "cli/state_view.hpp"
#include "cli/verbs/verbs.hpp"
#include "runtime/schedule/cron.hpp"
#include "runtime/store/writer.hpp"
#include "schema/identity.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

namespace skein::cli {

namespace {

using nlohmann::json;

struct get_options {
  std::string what;
  std::string state;
  run_query query;
  bool watch = false;
};

/// A list, in both forms; only one of them is filled.
struct listing {
  json document = json::array();
  table rows{{}};
  std::int64_t next = 0;
};

using lister = result<listing> (*)(const store::reader&, const output&, const get_options&,
                                   const global_options&);

result<listing> list_of_runs(const store::reader& from, const output& out,
                             const get_options& options, const global_options&) {
  SKEIN_TRY(page, list_runs(from, options.query));
  listing made;
  made.next = page.next;
  if (out.structured()) {
    for (const auto& [run, state] : page.runs) {
      made.document.push_back(schema::to_json(run, true));
      made.document.back()["state"] = schema::to_string(state);
    }
  } else {
    made.rows = run_table(page.runs, out.wide(), now_ms());
  }
  return made;
}

result<listing> list_of_campaigns(const store::reader& from, const output& out,
                                  const get_options& options, const global_options&) {
  SKEIN_TRY(rows, from.campaigns());
  listing made;
  made.rows = table({{"NAME", squeeze::end},
                     {"STATE"},
                     {"TENANT", squeeze::end},
                     {"WAVE"},
                     {"DONE", squeeze::never, true},
                     {"SUCCEEDED", squeeze::never, true},
                     {"AGE", squeeze::never, true},
                     {"REASON", squeeze::end}});
  std::uint32_t shown = 0;
  for (const auto& row : rows) {
    if (!options.state.empty() && schema::to_string(row.state) != options.state) continue;
    if (!options.query.tenant.empty() && row.value.tenant != options.query.tenant) continue;
    if (!options.query.campaign.empty() && row.value.name != options.query.campaign) continue;
    if (options.query.limit > 0 && ++shown > options.query.limit) break;
    SKEIN_TRY(totals, from.totals(row.value.name));
    const auto progress = progress_of(row, totals);
    if (out.structured()) {
      made.document.push_back(to_json(progress));
      made.document.back()["createdAt"] = utc_time(row.created_ms);
      made.document.back()["updatedAt"] = utc_time(row.updated_ms);
      continue;
    }
    made.rows.add(
        {{progress.name},
         {std::string(schema::to_string(progress.state)), tone_of(progress.state)},
         {progress.tenant},
         {std::to_string(progress.open_wave + 1) + "/" + std::to_string(progress.waves.size())},
         {std::to_string(progress.done) + "/" + std::to_string(progress.total)},
         {std::to_string(progress.succeeded)},
         {duration_text(now_ms() - row.created_ms)},
         {progress.reason}});
  }
  return made;
}

result<listing> list_of_tenants(const store::reader& from, const output& out,
                                const get_options& options, const global_options&) {
  SKEIN_TRY(rows, from.tenants());
  listing made;
  made.rows = table({{"TENANT", squeeze::end},
                     {"ACTIVE", squeeze::never, true},
                     {"QUEUED", squeeze::never, true},
                     {"TOKENS", squeeze::never, true},
                     {"USD", squeeze::never, true}});
  for (const auto& row : rows) {
    if (!options.query.tenant.empty() && row.tenant != options.query.tenant) continue;
    if (out.structured()) {
      made.document.push_back({{"tenant", row.tenant},
                               {"active", row.active},
                               {"queued", row.queued},
                               {"usage", {{"usd", row.usd}, {"tokens", row.tokens}}}});
      continue;
    }
    char usd[32];
    std::snprintf(usd, sizeof usd, "%.2f", row.usd);
    made.rows.add({{row.tenant},
                   {std::to_string(row.active)},
                   {std::to_string(row.queued)},
                   {std::to_string(row.tokens)},
                   {usd}});
  }
  return made;
}

struct repo_summary {
  std::uint32_t runs = 0;
  std::uint32_t succeeded = 0;
  shown_run last;
};

/// One row a repository, however many runs there are.
result<std::map<std::string, repo_summary>> repositories(const store::reader& from,
                                                         run_query query) {
  std::map<std::string, repo_summary> found;
  query.limit = 500;
  do {
    SKEIN_TRY(page, list_runs(from, query));
    for (auto& shown : page.runs) {
      auto& repo = found[shown.run.repo.url];
      ++repo.runs;
      if (schema::is_success(shown.run.state)) ++repo.succeeded;
      repo.last = std::move(shown);
    }
    query.cursor = page.next;
  } while (query.cursor != 0);
  return found;
}

result<listing> list_of_repos(const store::reader& from, const output& out,
                              const get_options& options, const global_options&) {
  auto query = options.query;
  query.state.reset();
  query.cursor = 0;
  SKEIN_TRY(found, repositories(from, query));
  listing made;
  made.rows = table({{"REPOSITORY", squeeze::front},
                     {"LAST STATE"},
                     {"RUNS", squeeze::never, true},
                     {"SUCCEEDED", squeeze::never, true},
                     {"AGE", squeeze::never, true},
                     {"LAST RUN"}});
  std::uint32_t shown = 0;
  for (const auto& [url, repo] : found) {
    if (options.query.state && repo.last.state != *options.query.state) continue;
    if (options.query.limit > 0 && ++shown > options.query.limit) break;
    if (out.structured()) {
      made.document.push_back({{"url", url},
                               {"lastState", schema::to_string(repo.last.state)},
                               {"lastRunId", repo.last.run.id},
                               {"runs", repo.runs},
                               {"succeeded", repo.succeeded},
                               {"updatedAt", utc_time(repo.last.run.updated_ms)}});
      continue;
    }
    made.rows.add({{url},
                   {std::string(schema::to_string(repo.last.state)), tone_of(repo.last.state)},
                   {std::to_string(repo.runs)},
                   {std::to_string(repo.succeeded)},
                   {duration_text(now_ms() - repo.last.run.updated_ms)},
                   {short_id(repo.last.run.id)}});
  }
  return made;
}

/// The embedded worker of whatever process owns the directory.
result<listing> list_of_workers(const store::reader& from, const output& out, const get_options&,
                                const global_options& global) {
  listing made;
  made.rows = table({{"WORKER"},
                     {"STATE"},
                     {"CELLS", squeeze::never, true},
                     {"ACTIVE", squeeze::never, true},
                     {"PID", squeeze::never, true},
                     {"COMMAND", squeeze::end}});
  const auto owner = owner_of(global);
  if (!owner) return made;
  SKEIN_TRY(settings, load_settings(global));
  SKEIN_TRY(underway, from.interrupted());
  const auto active = std::count_if(underway.begin(), underway.end(), [](const auto& run) {
    return run.state != schema::run_state::waiting_approval;
  });
  // Its --cells is known to that process only.
  const auto cells = cells_of(settings, 0);
  if (out.structured()) {
    made.document.push_back({{"name", "embedded"},
                             {"state", "up"},
                             {"cells", cells},
                             {"active", active},
                             {"pid", owner->pid},
                             {"command", owner->command}});
  } else {
    made.rows.add({{"embedded"},
                   {"up", tone::good},
                   {std::to_string(cells)},
                   {std::to_string(active)},
                   {std::to_string(owner->pid)},
                   {owner->command}});
  }
  return made;
}

result<listing> list_of_approvals(const store::reader& from, const output& out,
                                  const get_options& options, const global_options&) {
  store::approval_filter filter;
  filter.tenant = options.query.tenant;
  filter.campaign = options.query.campaign;
  filter.limit = options.query.limit;
  // What is decided is history: shown when it is asked for.
  filter.state = schema::approval_state::pending;
  if (options.state == "all") filter.state.reset();
  if (!options.state.empty() && options.state != "all") {
    filter.state = schema::approval_state_of(options.state);
  }
  SKEIN_TRY(rows, from.approvals(filter));
  listing made;
  made.rows = approval_table(rows, now_ms());
  if (out.structured()) {
    for (const auto& row : rows) made.document.push_back(to_json(row));
  }
  return made;
}

result<listing> list_of_incidents(const store::reader& from, const output& out,
                                  const get_options& options, const global_options&) {
  SKEIN_TRY(rows, from.incidents("", options.query.tenant, options.query.limit));
  listing made;
  made.rows = incident_table(rows, now_ms());
  if (out.structured()) {
    for (const auto& row : rows) made.document.push_back(to_json(row));
  }
  return made;
}

/// The next times of a schedule; none when it cannot be read.
std::vector<std::string> next_starts(const schema::schedule_spec& spec, std::size_t count) {
  std::vector<std::string> out;
  const auto times = schedule::cron::parse(spec.cron);
  const auto zone = schedule::time_zone::find(spec.timezone);
  if (!times || !zone) return out;
  const schedule::sys_seconds now{std::chrono::seconds{now_ms() / 1000}};
  for (const auto at : times->next_times(*zone, now, count)) {
    out.push_back(utc_time(at.time_since_epoch().count() * 1000));
  }
  return out;
}

result<listing> list_of_schedules(const store::reader& from, const output& out,
                                  const get_options& options, const global_options&) {
  auto rows = from.timetables();
  // A fleet elsewhere does not tell.
  if (!rows && rows.error().code == errc::unsupported) return listing{};
  if (!rows) return rows.error();
  listing made;
  made.rows = table({{"NAME", squeeze::end},
                     {"TENANT", squeeze::end},
                     {"CRON"},
                     {"ZONE"},
                     {"WINDOW"},
                     {"MISSED"},
                     {"NEXT"},
                     {"LAST", squeeze::end}});
  for (const auto& row : *rows) {
    if (!options.query.tenant.empty() && row.tenant != options.query.tenant) continue;
    if (!options.query.campaign.empty() && row.name != options.query.campaign) continue;
    const auto spec = row.value.schedule.value_or(schema::schedule_spec{});
    const auto next = next_starts(spec, out.structured() ? 5 : 1);
    if (out.structured()) {
      made.document.push_back({{"name", row.name},
                               {"tenant", row.tenant},
                               {"cron", spec.cron},
                               {"timezone", spec.timezone.empty() ? "UTC" : spec.timezone},
                               {"window", spec.window},
                               {"whenMissed", spec.when_missed},
                               {"next", next},
                               {"lastCampaign", row.last_campaign},
                               {"givenUp", row.given_up}});
      continue;
    }
    made.rows.add({{row.name},
                   {row.tenant},
                   {spec.cron},
                   {spec.timezone.empty() ? "UTC" : spec.timezone},
                   {spec.window.empty() ? "-" : spec.window},
                   {spec.when_missed},
                   {next.empty() ? "-" : next.front()},
                   {row.last_campaign.empty() ? "-" : row.last_campaign}});
  }
  return made;
}

const std::map<std::string, lister>& listers() {
  static const std::map<std::string, lister> all{
      {"runs", list_of_runs},           {"campaigns", list_of_campaigns},
      {"tenants", list_of_tenants},     {"repos", list_of_repos},
      {"workers", list_of_workers},     {"approvals", list_of_approvals},
      {"schedules", list_of_schedules}, {"incidents", list_of_incidents}};
  return all;
}

result<listing> look(const global_options& global, const output& out, const get_options& options) {
  SKEIN_TRY(from, open_reader_if_any(global));
  if (!from) return listing{};
  return listers().at(options.what)(*from, out, options, global);
}

void print_listing(const global_options& global, output& out, const get_options& options,
                   const listing& made) {
  if (out.structured()) {
    out.print(made.document);
  } else if (made.rows.empty()) {
    say(global, "no " + options.what);
  } else {
    out.print(made.rows.text(out.width(), out.look()));
  }
  if (made.next > 0) say(global, "there are more: --cursor " + std::to_string(made.next));
}

int list_once(const global_options& global, const get_options& options) {
  output out(global);
  const auto made = look(global, out, options);
  if (!made) return report(made.error());
  print_listing(global, out, options, *made);
  return out.finish(exit_ok);
}

/// A terminal shows the list in place; elsewhere the list is printed again when it changed: JSON as
/// one line a list, YAML as one document a list.
std::string watched_text(const output& out, const get_options& options, const listing& made) {
  if (out.structured() && !out.to_terminal()) {
    return out.format() == output_format::json
               ? schema::dump(made.document) + "\n"
               : "---\n" + structured_text(made.document, out.format());
  }
  std::string text = out.structured()    ? structured_text(made.document, out.format())
                     : made.rows.empty() ? "no " + options.what + "\n"
                                         : made.rows.text(out.width(), out.look());
  if (!out.to_terminal()) return text;
  // What does not fit would scroll the top away.
  const auto rows = size_of_terminal(STDOUT_FILENO).rows;
  std::size_t end = 0;
  for (std::size_t i = 1; i < rows && end < text.size(); ++i) {
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
  }
  text.resize(end);
  std::string in_place = "\x1b[H";
  for (std::size_t at = 0; at < text.size();) {
    const auto stop = text.find('\n', at);
    in_place += text.substr(at, stop - at) + "\x1b[K\n";
    at = stop + 1;
  }
  return in_place + "\x1b[J";
}

int list_again(const global_options& global, const get_options& options) {
  output out(global);
  const control::directory_watch changes(global.state_dir);
  if (out.to_terminal()) out.print("\x1b[2J");
  std::string before;
  while (interrupts() == 0) {
    const auto made = look(global, out, options);
    if (!made) return report(made.error());
    const auto text = watched_text(out, options, *made);
    if (text != before) out.print(text);
    before = text;
    if (out.finish(exit_ok) != exit_ok) return exit_failure;
    // At most four looks a second, however busy the fleet is.
    if (wait_for_interrupt(std::chrono::milliseconds{250})) break;
    changes.wait(std::chrono::milliseconds{500});
  }
  return exit_interrupted;
}

/// The states that approvals have.
bool is_approval_state(const std::string& word) {
  static const std::vector<std::string> all{"pending", "approved",  "denied",
                                            "expired", "withdrawn", "all"};
  return std::find(all.begin(), all.end(), word) != all.end();
}

int get(const global_options& global, get_options options) {
  if (options.what == "approvals" && !options.state.empty()) {
    if (!is_approval_state(options.state)) {
      (void)report({errc::invalid, "unknown approval state " + options.state,
                    "one of pending, approved, denied, expired, withdrawn, all"});
      return exit_usage;
    }
  } else if (!options.state.empty() && options.what != "campaigns") {
    options.query.state = schema::parse_run_state(options.state);
    if (!options.query.state) {
      std::string known;
      for (const auto each : schema::all_run_states) {
        known += (known.empty() ? "" : ", ") + std::string(schema::to_string(each));
      }
      (void)report({errc::invalid, "unknown state " + options.state, "one of " + known});
      return exit_usage;
    }
  }
  if (!options.state.empty() && options.what == "campaigns" &&
      !schema::parse_campaign_state(options.state)) {
    (void)report({errc::invalid, "unknown campaign state " + options.state,
                  "one of running, paused, halted, aborted, completed"});
    return exit_usage;
  }
  if (options.watch) {
    exit_at_interrupt(2);
    return list_again(global, options);
  }
  exit_at_interrupt(1);
  return list_once(global, options);
}

}  // namespace

void add_get(CLI::App& app, invocation& call) {
  auto options = std::make_shared<get_options>();
  auto* verb = app.add_subcommand("get", "lists of runs, campaigns, tenants, repos, workers …");
  std::vector<std::string> known;
  for (const auto& [name, does] : listers()) {
    known.push_back(name);
    known.push_back(name.substr(0, name.size() - 1));
  }
  verb->add_option("WHAT", options->what,
                   "runs, campaigns, tenants, repos, workers, approvals, schedules or incidents")
      ->required()
      ->check(CLI::IsMember(known).name(""))
      ->type_name("");
  verb->add_option("--state", options->state, "only those in this state")->type_name("STATE");
  verb->add_option("--tenant", options->query.tenant, "only those of this tenant")
      ->type_name("TENANT");
  verb->add_option("--campaign", options->query.campaign, "only those of this campaign")
      ->type_name("NAME");
  verb->add_option("--limit", options->query.limit, "at most so many (default 100; 0: all)")
      ->type_name("N");
  verb->add_option("--cursor", options->query.cursor, "go on after this, as the last list said")
      ->type_name("C")
      ->check(CLI::NonNegativeNumber);
  verb->add_flag("--superseded", options->query.with_superseded, "runs that a retry replaced, too");
  verb->add_flag("-w,--watch", options->watch, "list again whenever something changes");
  verb->footer("A queued run that a hold, drain or kill switch covers is shown as `held`.");
  verb->callback([options, &call] {
    if (!options->what.ends_with('s')) options->what += 's';
    call.action = [options, &call] { return get(call.global, *options); };
  });
}

}  // namespace skein::cli
