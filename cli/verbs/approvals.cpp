// `skein approve` and `skein deny`: a person's answer to a change that waits for one, bound to the
// diff that the person was shown.
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/person.hpp"
#include "cli/render/run_text.hpp"
#include "cli/signals.hpp"
#include "cli/state_view.hpp"
#include "cli/verbs/verbs.hpp"
#include "cli/watch/run_watch.hpp"
#include "cli/watch/watch_end.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>

namespace skein::cli {

namespace {

struct answer_options {
  bool approve = true;
  std::string id;
  std::string reason;
  std::string campaign;  ///< with --all
  bool all = false;
  bool same_diff = false;
  std::uint32_t cells = 0;
};

/// The pending approvals that the command line means.
result<std::vector<schema::approval>> meant(const store::reader& from,
                                            const answer_options& options) {
  store::approval_filter pending;
  pending.state = schema::approval_state::pending;
  pending.limit = 0;
  if (!options.id.empty()) {
    SKEIN_TRY(run, find_run(from, options.id));
    pending.run_id = run.id;
    SKEIN_TRY(one, from.approvals(pending));
    if (one.empty()) {
      return error{errc::not_found,
                   "run " + run.id + " waits for no approval: it is " +
                       std::string(schema::to_string(run.state)),
                   "list what waits with `skein get approvals`"};
    }
    if (!options.same_diff) return one;
    pending.run_id.clear();
    pending.campaign = run.campaign;
    SKEIN_TRY(all, from.approvals(pending));
    std::erase_if(all, [&](const auto& each) { return each.diff_sha256 != one[0].diff_sha256; });
    return all;
  }
  pending.campaign = options.campaign;
  SKEIN_TRY(all, from.approvals(pending));
  if (all.empty()) {
    return error{errc::not_found, "nothing of campaign " + options.campaign + " waits for approval",
                 "list what waits with `skein get approvals --state all`"};
  }
  if (options.same_diff) {
    for (const auto& each : all) {
      if (each.diff_sha256 == all.front().diff_sha256) continue;
      return error{errc::conflict,
                   "the changes of campaign " + options.campaign + " differ: run " +
                       all.front().run_id + " and run " + each.run_id,
                   "answer for one of them with --same-diff: skein approve " +
                       short_id(all.front().run_id) + " --same-diff"};
    }
  }
  return all;
}

struct answered {
  schema::approval what;
  std::optional<error> failed;
  schema::run_state state = schema::run_state::waiting_approval;
};

void print(const global_options& global, output& out, const std::vector<answered>& all,
           const answer_options& options) {
  auto document = nlohmann::json::array();
  for (const auto& each : all) {
    if (each.failed) {
      (void)report(*each.failed);
      continue;
    }
    if (out.structured()) {
      document.push_back({{"run", each.what.run_id},
                          {"diffSha256", each.what.diff_sha256},
                          {"approve", options.approve},
                          {"state", schema::to_string(each.state)}});
      continue;
    }
    std::string next = options.approve ? "approved: " : "denied: ";
    next += "run " + each.what.run_id + " is " + std::string(schema::to_string(each.state));
    if (each.state == schema::run_state::waiting_approval) {
      next += ", " + std::to_string(each.what.required) + " people have to say yes";
    }
    out.print(next + "\n");
  }
  if (out.structured()) {
    out.print(document.size() == 1 && options.campaign.empty() ? document.front() : document);
  }
  (void)global;
}

int answer(const global_options& global, const answer_options& options) {
  if (options.id.empty() != options.all || (options.all && options.campaign.empty())) {
    return report({errc::invalid, "name one run, or --all with --campaign NAME", {}});
  }
  exit_at_interrupt(2);
  auto state = open_reader(global);
  if (!state) return report(state.error());
  const auto wanted = meant(**state, options);
  if (!wanted) return report(wanted.error());
  access_wish wish;
  wish.command = options.approve ? "approve" : "deny";
  wish.cells = options.cells;
  auto access = open_fleet(global, wish);
  if (!access) return report(access.error());
  std::vector<answered> all;
  std::vector<std::string> publishing;
  int code = exit_ok;
  for (const auto& each : *wanted) {
    actors::decide_run order;
    order.value.run_id = each.run_id;
    order.value.diff_sha256 = each.diff_sha256;
    order.value.approve = options.approve;
    order.value.by = current_person();
    order.value.reason = options.reason;
    const auto decided = access->fleet->decide(order);
    answered outcome{each, std::nullopt, schema::run_state::waiting_approval};
    if (decided) {
      outcome.state = decided->state;
      const bool begins = decided->state == schema::run_state::schedule;
      if (begins || decided->state == schema::run_state::publish) {
        publishing.push_back(each.run_id);
      }
      // Nobody else would look for it in the queue of an embedded fleet.
      if (begins && access->embedded) (void)access->fleet->attach(each.run_id);
    } else {
      outcome.failed = decided.error();
      code = std::max<int>(code, decided.error().code == errc::unauthorised ? exit_not_authorised
                                 : decided.error().code == errc::refused    ? exit_refused
                                                                            : exit_failure);
    }
    all.push_back(std::move(outcome));
  }
  // A daemon publishes by itself; an embedded fleet is ours to wait for.
  if (access->embedded && !publishing.empty()) {
    auto watched = watch_runs(global, *access, **state, publishing);
    if (!watched) {
      code = report(watched.error());
    } else if (watched->end == watch_end::interrupted) {
      return end_interrupted(global, *access, "skein serve");
    } else {
      for (const auto& run : watched->runs) {
        for (auto& each : all) {
          if (each.what.run_id != run.id) continue;
          each.state = run.state;
          code = std::max(code, schema::exit_code(run.state));
        }
      }
    }
  }
  output out(global);
  print(global, out, all, options);
  return end_flight(*access, out.finish(code));
}

CLI::App* add(CLI::App& app, invocation& call, const char* name, const char* what, bool approve) {
  auto options = std::make_shared<answer_options>();
  options->approve = approve;
  auto* verb = app.add_subcommand(name, what);
  verb->add_option("ID", options->id, "the run's id, or the beginning of it");
  auto* reason = verb->add_option("--reason", options->reason, "kept in the audit trail");
  if (!approve) reason->required();
  verb->add_flag("--all", options->all, "everything of a campaign that waits");
  verb->add_option("--campaign", options->campaign, "with --all")->type_name("NAME");
  verb->add_flag("--same-diff", options->same_diff,
                 "every run of the campaign whose change is the same to the byte");
  verb->callback([&call, options] {
    call.action = [&call, options] { return answer(call.global, *options); };
  });
  return verb;
}

}  // namespace

void add_approvals(CLI::App& app, invocation& call) {
  add(app, call, "approve", "let a change that waits for approval go on to be published", true)
      ->footer(
          "Who submitted a run cannot approve it; a change of high risk needs two people. The answer "
          "counts\nfor the exact diff that `skein diff ID` shows; or, when a run waits before it "
          "begins, for its task.");
  add(app, call, "deny", "end a run that waits for approval", false);
}

}  // namespace skein::cli
