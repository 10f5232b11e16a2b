// hold, release, drain, kill, lift: what may start, and what has to stop.
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/person.hpp"
#include "cli/render/time_text.hpp"
#include "cli/scope_options.hpp"
#include "cli/signals.hpp"
#include "cli/state_view.hpp"
#include "cli/verbs/verbs.hpp"
#include "runtime/store/writer.hpp"

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

namespace skein::cli {

namespace {

using store::switch_kind;

struct order {
  std::string verb;
  scope_options scope;
  std::string reason;
  bool wait = true;  ///< drain
};

struct outcome {
  actors::switch_report report;
  std::vector<switch_kind> lifted;
};

std::string many(std::uint64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// What a person reads; the numbers are in `-o json` too.
std::string sentence(const order& given, const switch_target& target, const outcome& done) {
  const auto where = to_string(target);
  const auto took = " in " + std::to_string(done.report.took_ms) + " ms";
  if (given.verb == "kill") {
    return "killed " + where + ": stopped " + many(done.report.stopped_runs, "run") + " and " +
           many(done.report.stopped_queued, "queued run") + took + "; nothing starts until " +
           "`skein lift`\n";
  }
  if (given.verb == "hold") {
    return "held " + where + took + ": nothing new starts, what runs goes on\n";
  }
  if (given.verb == "drain") {
    return "drained " + where + took + ": " +
           (given.wait ? "nothing of it runs any more, nothing new starts\n"
                       : "nothing new starts, what runs goes on to its end\n");
  }
  if (done.lifted.empty()) return "nothing was switched off for " + where + "\n";
  std::string kinds;
  for (const auto kind : done.lifted) {
    kinds += (kinds.empty() ? "" : ", ") + std::string{store::to_string(kind)};
  }
  return "lifted " + kinds + " of " + where + took + "\n";
}

nlohmann::json document(const order& given, const switch_target& target, const outcome& done) {
  nlohmann::json out = {{"verb", given.verb},
                        {"scope", store::to_string(target.scope)},
                        {"target", nullptr},
                        {"stoppedRuns", done.report.stopped_runs},
                        {"stoppedQueued", done.report.stopped_queued},
                        {"tookMs", done.report.took_ms}};
  if (!target.name.empty()) out["target"] = target.name;
  if (given.verb == "lift" || given.verb == "release") {
    auto& kinds = out["lifted"] = nlohmann::json::array();
    for (const auto kind : done.lifted) kinds.push_back(store::to_string(kind));
  }
  return out;
}

/// The kinds that are on for exactly this target and that the verb takes away.
result<std::vector<switch_kind>> liftable(const global_options& global, const order& given,
                                          const switch_target& target) {
  SKEIN_TRY(from, open_reader_if_any(global));
  std::vector<switch_kind> out;
  if (!from) return out;
  SKEIN_TRY(now, from->switches());
  for (const auto& row : now) {
    if (row.scope != target.scope || row.target != target.name) continue;
    if (given.verb == "lift" || row.kind != switch_kind::kill) out.push_back(row.kind);
  }
  return out;
}

result<outcome> lift(const global_options& global, const order& given,
                     const switch_target& target) {
  outcome done;
  SKEIN_TRY(kinds, liftable(global, given, target));
  if (kinds.empty()) return done;
  SKEIN_TRY(access, open_fleet(global, {given.verb, {}, false, 0}));
  for (const auto kind : kinds) {
    SKEIN_TRY(report, access.fleet->lift({target.scope, target.name, kind, current_person()}));
    done.report.took_ms += report.took_ms;
  }
  done.lifted = kinds;
  SKEIN_CHECK(access.fleet->stop(std::chrono::seconds{30}));
  return done;
}

/// Runs of the target that are at work; none when the fleet is gone or idle.
result<std::uint64_t> at_work(const store::reader& from, actors::fleet_client& fleet,
                              const switch_target& target) {
  const auto active = fleet.active();
  if (!active && active.error().code == errc::unavailable) return std::uint64_t{0};
  if (!active) return active.error();
  if (active->runs == 0) return std::uint64_t{0};
  SKEIN_TRY(rows, from.interrupted());
  return static_cast<std::uint64_t>(std::count_if(
      rows.begin(), rows.end(), [&](const auto& row) {
        return covers(target, row) && row.state != schema::run_state::waiting_approval;
      }));
}

/// Until nothing of the target is at work in the fleet of another process.
result<> wait_until_drained(const global_options& global, const fleet_access& access,
                            const switch_target& target) {
  if (access.embedded) return {};  // nobody else has the directory, and this one flies nothing
  SKEIN_TRY(from, open_reader(global));
  std::optional<std::uint64_t> told;
  for (;;) {
    SKEIN_TRY(left, at_work(*from, *access.fleet, target));
    if (left == 0) return {};
    if (told != left) say(global, "drain: waiting for " + many(left, "run"));
    told = left;
    access.fleet->wait_for_commit(std::chrono::seconds{1});
    if (interrupts() > 0) {
      return error{errc::cancelled, "interrupted; the drain of " + to_string(target) + " stays on",
                   "`skein release` takes it back"};
    }
  }
}

result<outcome> set(const global_options& global, const order& given, const switch_target& target) {
  const auto kind = given.verb == "kill"    ? switch_kind::kill
                    : given.verb == "drain" ? switch_kind::drain
                                            : switch_kind::hold;
  const auto began = now_ms();
  SKEIN_TRY(access, open_fleet(global, {given.verb, {}, false, 0}));
  SKEIN_TRY(report, access.fleet->operate(
                        {kind, target.scope, target.name, current_person(), given.reason, began}));
  outcome done{report, {}};
  if (given.verb == "drain" && given.wait) {
    SKEIN_CHECK(wait_until_drained(global, access, target));
    done.report.took_ms = std::max<std::int64_t>(0, now_ms() - began);
  }
  SKEIN_CHECK(access.fleet->stop(std::chrono::seconds{30}));
  return done;
}

int act(const global_options& global, const order& given) {
  auto target = resolve_scope(global, given.scope);
  if (!target) return report(target.error());
  const bool lifts = given.verb == "lift" || given.verb == "release";
  auto done = lifts ? lift(global, given, *target) : set(global, given, *target);
  if (!done) return report(done.error());
  output out(global);
  if (out.structured()) {
    out.print(document(given, *target, *done));
  } else {
    out.print_foreign(sentence(given, *target, *done));
  }
  return out.finish(exit_ok);
}

void add_switch(CLI::App& app, invocation& call, const char* name, const char* does) {
  auto given = std::make_shared<order>();
  given->verb = name;
  auto* verb = app.add_subcommand(name, does);
  add_scope_options(*verb, given->scope);
  if (given->verb == "hold" || given->verb == "drain" || given->verb == "kill") {
    verb->add_option("--reason", given->reason, "why; shown to whoever asks why a run waits")
        ->type_name("TEXT");
  }
  if (given->verb == "drain") {
    verb->add_flag_callback(
        "--no-wait", [given] { given->wait = false; }, "do not wait until what runs has ended");
  }
  verb->callback(
      [&call, given] { call.action = [&call, given] { return act(call.global, *given); }; });
}

}  // namespace

void add_switches(CLI::App& app, invocation& call) {
  add_switch(app, call, "hold", "let nothing new start; what runs goes on");
  add_switch(app, call, "release", "take back a hold or a drain");
  add_switch(app, call, "drain", "let nothing new start and wait until what runs has ended");
  add_switch(app, call, "kill", "stop everything now, queued runs too, until it is lifted");
  add_switch(app, call, "lift", "take back every switch: hold, drain and kill");
}

}  // namespace skein::cli
