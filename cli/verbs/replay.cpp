// `skein replay RUN`: does a past run again in a fresh cell, with the answers that its model gave
// then, and says where it first differs. Publishes nothing.
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/person.hpp"
#include "cli/render/printable.hpp"
#include "cli/signals.hpp"
#include "cli/state_view.hpp"
#include "cli/verbs/verbs.hpp"
#include "cli/watch/run_watch.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>

namespace skein::cli {

namespace {

/// The last payload of an event of this kind.
result<std::optional<nlohmann::json>> last_event(const store::reader& state, const std::string& run,
                                                 const std::string& kind) {
  std::optional<nlohmann::json> found;
  SKEIN_TRY(events, state.events(run, 0, 0));
  for (const auto& event : events) {
    if (event.kind != kind) continue;
    auto payload = nlohmann::json::parse(event.payload, nullptr, false);
    if (payload.is_object()) found = std::move(payload);
  }
  return found;
}

/// The task of the run, on the same commit, with its model's answers in place of the model.
result<schema::task> same_task(const store::reader& state, const schema::run& original) {
  SKEIN_TRY(text, state.task_json(original.task_sha256));
  auto task = schema::task_from_json(nlohmann::json::parse(text));
  if (original.base_commit.empty())
    return error{errc::not_found, "run " + original.id + " never got as far as a commit to start from",
                 "see `skein why " + original.id + "`"};
  task.spec.repo.commit = original.base_commit;
  if (task.spec.agent.kind == schema::agent_kind::external)
    return error{errc::unsupported,
                 "run " + original.id + " was made by an external agent, whose steps are its own",
                 "its change is kept: `skein patch " + original.id + "`"};
  if (task.spec.agent.kind == schema::agent_kind::model) {
    SKEIN_TRY(ended, last_event(state, original.id, "agent_ended"));
    const auto transcript = ended ? ended->value("transcript", std::string{}) : std::string{};
    if (transcript.empty())
      return error{errc::not_found, "run " + original.id + " has no transcript: its model never answered",
                   "see `skein trace " + original.id + "`"};
    auto tools = std::move(task.spec.agent.tools);
    task.spec.agent = {};
    task.spec.agent.tools = std::move(tools);
    task.spec.agent.kind = schema::agent_kind::replay;
    task.spec.agent.transcript = transcript;
  }
  return task;
}

struct comparison {
  schema::run original;
  schema::run again;
  std::optional<nlohmann::json> diverged;
  [[nodiscard]] bool same() const { return !diverged && change_of(original) == change_of(again); }
  [[nodiscard]] static std::string change_of(const schema::run& run) {
    return run.diff ? run.diff->sha256 : std::string{};
  }
  /// Where, in words; empty: nowhere.
  [[nodiscard]] std::string where() const {
    if (diverged)
      return "question " + std::to_string(diverged->value("exchange", 0)) + " to the model: " +
             diverged->value("what", std::string{"unknown"});
    if (!same()) return "the change";
    return {};
  }
};

nlohmann::json document(const comparison& found) {
  const auto side = [](const schema::run& run) -> nlohmann::json {
    return {{"runId", run.id},
            {"state", schema::to_string(run.state)},
            {"diffSha256", comparison::change_of(run)},
            {"patchRef", run.patch_ref}};
  };
  nlohmann::json out = {{"same", found.same()},
                        {"original", side(found.original)},
                        {"replay", side(found.again)},
                        {"divergence", nullptr}};
  if (!found.same())
    out["divergence"] = {{"where", found.where()},
                         {"exchange", found.diverged ? found.diverged->value("exchange", 0) : 0}};
  return out;
}

std::string sentence(const comparison& found) {
  const std::string runs = "run " + found.original.id + " and its replay " + found.again.id;
  if (found.same()) {
    const auto change = comparison::change_of(found.original);
    return runs + " made the same change" + (change.empty() ? ": none" : " (sha256 " + change + ")") + "\n";
  }
  return runs + " differ, first in " + printable(found.where()) + "\n  then: " +
         std::string(schema::to_string(found.original.state)) + ", `skein diff " + found.original.id +
         "`\n  now:  " + std::string(schema::to_string(found.again.state)) + ", `skein diff " +
         found.again.id + "`\n";
}

int replay(const global_options& global, const std::string& prefix) {
  exit_at_interrupt(2);
  auto state = open_reader(global);
  if (!state) return report(state.error());
  auto original = find_run(**state, prefix);
  if (!original) return report(original.error());
  auto task = same_task(**state, *original);
  if (!task) return report(task.error());
  access_wish wish;
  wish.command = "replay";
  auto access = open_fleet(global, wish);
  if (!access) return report(access.error());
  const auto fail = [&access](const error& failed) {
    const int code = report(failed);
    let_go(*access);
    return code;
  };
  auto submitted = access->fleet->submit(actors::submit_run{*task, current_person(), true});
  if (!submitted) return fail(submitted.error());
  auto watched = watch_runs(global, *access, **state, {submitted->run_id});
  if (!watched) return fail(watched.error());
  if (watched->end == watch_end::interrupted)
    return end_interrupted(global, *access, "skein replay " + original->id);
  auto diverged = last_event(**state, submitted->run_id, "replay_diverged");
  if (!diverged) return fail(diverged.error());
  const comparison found{*original, watched->runs.front(), *diverged};
  output out(global);
  if (out.structured()) {
    out.print(document(found));
  } else {
    out.print(sentence(found));
  }
  return end_flight(*access, out.finish(found.same() ? exit_ok : exit_failure));
}

}  // namespace

void add_replay(CLI::App& app, invocation& call) {
  auto id = std::make_shared<std::string>();
  auto* verb = app.add_subcommand("replay", "does a past run again and says where it first differs");
  verb->add_option("ID", *id, "the run's id, or the beginning of it")->required();
  verb->footer(
      "A fresh cell on the same commit: a script's steps are run again, a model's answers are\n"
      "taken from the transcript. Nothing is published. Exit code 1: it differs.");
  verb->callback([id, &call] { call.action = [id, &call] { return replay(call.global, *id); }; });
}

}  // namespace skein::cli
