// Stage gate: the deterministic rules decide whether, and how, the change may leave.
#include "actors/stages/judge.hpp"
#include "runtime/diff/decision.hpp"

#include <algorithm>

namespace skein::actors::stages {

namespace {

void blocked(run_state& run, const diff::decision& decision, store::advance_run with) {
  const bool secret = decision.cls == schema::failure_class::f7;
  stage_failure failure;
  failure.state = schema::run_state::blocked;
  failure.cls = decision.cls;
  failure.reason = decision.reason;
  failure.component = "gate";
  failure.log_ref = run.row.log_ref;
  failure.secret_scan = secret ? "found" : "clean";
  failure.next_action = secret ? "take the secret out of the change and rotate it"
                               : "widen spec.scope if this is wanted, or narrow the change";
  const auto record = run.record(failure);
  with.failed = record;
  with.event = {{"failureClass", schema::to_string(record.cls)}, {"reason", record.reason}};
  run.finish(schema::run_state::blocked, std::move(with));
}

/// Nothing leaves: the patch is the result.
void keep(run_state& run, schema::run_state final_state, store::advance_run with) {
  if (final_state == schema::run_state::published) {
    schema::publication publication;
    publication.mode = schema::publish_mode::patch;
    with.published = publication;
  }
  run.finish(final_state, std::move(with));
}

schema::risk_level raised(schema::risk_level given) {
  return given == schema::risk_level::low ? schema::risk_level::medium : schema::risk_level::high;
}

/// What the platform's policy says about the pull request that this change would become.
policy::decision may_become_pull_request(const run_state& run, schema::risk_level risk) {
  auto around = run.circumstances();
  around.risk = schema::to_string(risk);
  // One that failed before, too, does not blame the change: it makes a draft.
  around.required_verifiers_all_passed =
      std::none_of(run.row.verdicts.begin(), run.row.verdicts.end(), [](const auto& verdict) {
        return verdict.required && verdict.status != schema::verdict_status::passed &&
               verdict.status != schema::verdict_status::failed_before;
      });
  for (const auto& file : run.diff.files) {
    around.diff_paths.push_back(file.path);
    if (!file.old_path.empty()) around.diff_paths.push_back(file.old_path);
  }
  for (const auto& found : run.gate_findings) around.diff_has.push_back(found.rule);
  around.diff_files = run.diff.summary.files;
  around.diff_lines = run.diff.summary.insertions + run.diff.summary.deletions;
  return run.parts.world->rules.policy.decide("create_pull_request", nlohmann::json::object(),
                                              around);
}

/// The policy only tightens. What it says is kept as a finding, so that a restart finds it again.
void apply(const policy::decision& said, diff::decision& decision) {
  using policy::effect;
  if (said.what == effect::allow) return;
  const char* action = said.what == effect::draft_only       ? "draft"
                       : said.what == effect::needs_approval ? "approval"
                       : said.what == effect::analysis_only  ? "report"
                                                             : "block";
  decision.findings.push_back({said.rule, "warning", "", 0, action, said.reason});
  const auto wanted = said.what == effect::draft_only       ? diff::gate_action::draft
                      : said.what == effect::needs_approval ? diff::gate_action::approval
                      : said.what == effect::deny           ? diff::gate_action::block
                                                            : decision.action;
  if (wanted <= decision.action) return;
  decision.action = wanted;
  decision.reason = "policy " + said.rule + ": " + said.reason;
  decision.cls = schema::failure_class::f3;
}

/// The agent may ask for a person; only the runtime grants.
void add_requests(const run_state& run, diff::decision& decision) {
  for (const auto& wanted : run.approval_wanted) {
    decision.findings.push_back(
        {"agent_request", "warning", "", 0, "approval", "the agent asks for a person: " + wanted});
    if (decision.action < diff::gate_action::approval) {
      decision.action = diff::gate_action::approval;
      decision.reason = "the agent asks for a person";
    }
  }
}

/// What people are asked, and how many of them have to say yes.
store::approval_request question(const run_state& run, const diff::decision& decision,
                                 schema::risk_level risk) {
  store::approval_request ask;
  ask.diff_sha256 = run.diff.summary.sha256;
  ask.risk = risk;
  ask.required = risk == schema::risk_level::high ? 2 : 1;
  constexpr std::size_t most_reasons = 20;
  for (const auto& found : decision.findings) {
    if (found.action != "approval" || ask.why.size() == most_reasons) continue;
    ask.why.push_back(found.message + (found.path.empty() ? "" : ": " + found.path));
  }
  if (ask.why.empty()) ask.why.push_back(decision.reason);
  ask.expires_ms = run.now() + run.parts.world->config.approvals.expire_after.count();
  return ask;
}

/// A secret in a change is an incident, whoever put it there.
void report_secrets(run_state& run) {
  const bool canary = std::any_of(run.findings.begin(), run.findings.end(), [](const auto& found) {
    return found.rule == scan::canary_rule;
  });
  auto facts = nlohmann::json::array();
  for (const auto& found : run.findings) {
    if (facts.size() == 20) break;
    facts.push_back({{"rule", found.rule}, {"path", found.path}, {"line", found.line}});
  }
  run.incident(canary ? "canary_in_diff" : "secret_in_diff",
               canary ? "the change carries the canary of its run; it was blocked"
                      : "the change carries a secret; it was blocked",
               {{"findings", std::move(facts)}});
}

/// A judge only tightens. What it says is kept as findings, so that a restart finds it again.
void apply(const judge::opinion& said, diff::decision& decision) {
  if (said.decided == judge::decision::pass) return;
  const char* action = judge::to_string(said.decided);
  for (const auto& reason : said.reasons) {
    decision.findings.push_back({"judge" + (reason.rule.empty() ? "" : "." + reason.rule), "warning",
                                 reason.path, 0, action, reason.text});
  }
  const auto wanted = said.decided == judge::decision::draft      ? diff::gate_action::draft
                      : said.decided == judge::decision::approval ? diff::gate_action::approval
                                                                  : diff::gate_action::block;
  if (wanted <= decision.action) return;
  decision.action = wanted;
  decision.cls = schema::failure_class::f8;
  decision.reason = "judge (" + said.by + "): " +
                    (said.reasons.empty() ? std::string("no reason given") : said.reasons.front().text);
}

void decide(run_state& run, const judge::opinion* said) {
  auto decision = diff::decide(run.task.spec, run.gate_findings, run.row.verdicts, run.findings);
  if (!run.findings.empty()) report_secrets(run);
  if (said != nullptr) apply(*said, decision);
  run.parsed_change = nullptr;
  auto risk = run.raised_risk ? raised(run.task.spec.risk) : run.task.spec.risk;
  // The matrix of approvals asks for paths by itself; what is computed from them counts once.
  if (run.task.spec.agent.kind != schema::agent_kind::script) {
    risk = std::max(risk, std::min(run.computed_risk, schema::risk_level::medium));
  }
  const auto allowed = may_become_pull_request(run, risk);
  bool analysis_only = false;
  if (decision.action != diff::gate_action::block) {
    analysis_only = allowed.what == policy::effect::analysis_only;
    apply(allowed, decision);
    add_requests(run, decision);
  }
  store::advance_run with;
  with.findings = decision.findings;
  with.used = run.row.used;
  if (decision.action == diff::gate_action::block) return blocked(run, decision, std::move(with));
  const auto mode = run.task.spec.publish.mode;
  with.event = {{"draft", decision.action == diff::gate_action::draft},
                {"approval", decision.action == diff::gate_action::approval},
                {"risk", schema::to_string(risk)},
                {"policy", allowed.rule},
                {"reason", decision.reason}};
  if (run.row.dry_run || mode == schema::publish_mode::none || analysis_only) {
    return keep(run, schema::run_state::analysis_only, std::move(with));
  }
  if (mode == schema::publish_mode::patch) {
    return keep(run, schema::run_state::published, std::move(with));
  }
  if (decision.action == diff::gate_action::approval) {
    with.approval = question(run, decision, risk);
    return run.finish(schema::run_state::waiting_approval, std::move(with));
  }
  // The cell is not needed for publishing; its slot goes to the next run.
  run.close_workspace(run.current([&run, with]() mutable {
    run.release_cell();
    run.advance(schema::run_state::publish, std::move(with), [&run] { enter(run); });
  }));
}

}  // namespace

void gate(run_state& run) {
  const auto decision = diff::decide(run.task.spec, run.gate_findings, run.row.verdicts, run.findings);
  // What the deterministic rules block needs no judge, and no secret goes to one.
  if (decision.action == diff::gate_action::block || run.parsed_change == nullptr ||
      !needs_judges(run)) {
    return decide(run, nullptr);
  }
  ask_judges(run, [](run_state& judged, const judge::opinion& said) {
    if (veto_sent_back(judged, said)) return;
    decide(judged, &said);
  });
}

}  // namespace skein::actors::stages
