// Stage prepare: from a repository address to a workspace whose cell is starting.
#include "actors/model_gateway.hpp"
#include "actors/stages/stages.hpp"
#include "runtime/agent/adapter.hpp"
#include "runtime/agent/tool_command.hpp"
#include "runtime/judge/risk.hpp"
#include "runtime/judge/shaping.hpp"
#include "runtime/schedule/opt_out.hpp"

#include <algorithm>

namespace skein::actors::stages {

namespace {

/// Those before it may use their whole wall clock; a worker that dies is noticed by its DOWN.
constexpr std::chrono::hours longest_wait_for_cell{24 * 7};

/// F2: nothing was changed, because the repository could not be had.
void no_repository(run_state& run, const error& why) {
  stage_failure failure;
  failure.state = schema::run_state::preparation_failed;
  failure.cls = schema::failure_class::f2;
  failure.reason = why.message;
  failure.component = "prepare";
  failure.retryable = why.code == errc::unavailable || why.code == errc::timeout;
  failure.next_action = why.remedy.empty() ? "check the repository's url and branch; no code change was attempted"
                                           : why.remedy;
  run.fail(std::move(failure));
}

/// The agent's installation and the way to its model.
result<> add_external(run_state& run, open_attempt& ask) {
  const auto& world = *run.parts.world;
  const auto& use = run.task.spec.agent.use;
  const auto adapter = world.rules.agents.find(use);
  if (adapter == world.rules.agents.end()) {
    return error{errc::unsupported, "there is no external agent " + use,
                 "name one of config/agents/, such as codex or claude"};
  }
  const auto known = world.config.agents.find(use);
  const auto own = known == world.config.agents.end() ? schema::agent_config{} : known->second;
  if (!own.install.empty()) {
    ask.mounts.push_back({own.install, agent::installed_path});
  }
  gateway_spec spec;
  spec.run_id = run.row.id;
  spec.budget = run.task.spec.budget;
  spec.used = run.row.used;
  spec.provider = own.provider.empty() ? adapter->second.provider : own.provider;
  spec.model = own.model.empty() ? adapter->second.model : own.model;
  spec.wire = adapter->second.wire;
  spec.secrets = run.secrets;
  SKEIN_TRY(opened, open_gateway(world, std::move(spec),
                                 caf::actor_cast<caf::weak_actor_ptr>(run.self)));
  run.gateway = opened.door;
  run.gateway_model = opened.model;
  run.charge_gateway = opened.charge;
  ask.ports.push_back({agent::gateway_port, opened.door->listener()});
  return {};
}

/// What has to be in the cell for this kind of agent.
result<> add_for_agent(run_state& run, open_attempt& ask) {
  switch (run.task.spec.agent.kind) {
    case schema::agent_kind::model:
    case schema::agent_kind::replay: {
      SKEIN_TRY(tools, agent::tools_mount());
      ask.mounts.push_back(tools);
      return {};
    }
    case schema::agent_kind::external:
      return add_external(run, ask);
    case schema::agent_kind::script:
      return {};
  }
  return {};
}

void open_workspace(run_state& run) {
  if (auto planted = run.plant_canary(); !planted) return run.attempt_lost(planted.error());
  if (const auto& pinned = run.parts.world->rules.toolchain) {
    run.note("toolchain_pinned", {{"sha256", pinned->digest()}});
  }
  open_attempt order;
  order.run_id = run.row.id;
  order.attempt = run.row.attempt;
  order.checkout = run.prepared.checkout;
  order.capabilities = run.task.spec.capabilities;
  order.canary = run.canary;
  order.secrets = run.secrets;
  order.resources = run.task.spec.resources;
  if (auto added = add_for_agent(run, order); !added) return run.attempt_lost(added.error());
  run.book_time();
  run.waits_for_cell = true;
  run.self->monitor(run.parts.worker);
  run.ask<workspace_actor>(
      run.parts.worker, longest_wait_for_cell,
      std::move(order),
      "open a workspace",
      [&run](const workspace_actor& opened) {
        run.book_time();
        run.waits_for_cell = false;
        run.self->demonitor(run.parts.worker.address());
        run.workspace = opened;
        run.self->monitor(opened);
        store::advance_run with;
        if (!run.base.branch.empty()) with.base_branch = run.base.branch;
        with.base_commit = run.base.commit;
        run.advance(schema::run_state::agent, std::move(with), [&run] { enter(run); });
      });
}

/// H3, H4: what the matrix of approvals says about the way to the network and about commands that
/// take dependencies from it. Empty: nobody has to be asked.
std::vector<std::string> to_be_asked(const run_state& run, std::string& refused) {
  const auto& spec = run.task.spec;
  std::vector<std::string> out;
  const auto grant = spec.capabilities.network;
  // An empty list opens the cell's own loopback and nothing else.
  if (grant == schema::network_grant::none ||
      (grant == schema::network_grant::allow && spec.capabilities.network_allow.empty())) {
    return out;
  }
  const auto& policy = run.parts.world->rules.policy;
  const auto around = run.circumstances();
  const auto consider = [&](const char* tool, const nlohmann::json& args, const std::string& what) {
    const auto said = policy.decide(tool, args, around);
    if (said.what == policy::effect::needs_approval) {
      out.push_back(said.rule + ": " + said.reason + ": " + what);
    } else if (said.what != policy::effect::allow) {
      refused = said.rule + ": " + said.reason + ": " + what;
    }
  };
  const bool registries = grant == schema::network_grant::registries;
  auto hosts = nlohmann::json(spec.capabilities.network_allow);
  std::string shown = registries ? "package registries" : "";
  for (const auto& host : spec.capabilities.network_allow) shown += (shown.empty() ? "" : ", ") + host;
  consider("use_network", {{"grant", registries ? "registries" : "allow"}, {"hosts", hosts}}, shown);
  constexpr std::size_t most_told = 10;
  for (const auto& each : spec.verifiers) {
    if (each.run.empty() || out.size() > most_told) continue;
    consider("resolve_dependencies", {{"command", each.run}}, each.run.substr(0, 200));
  }
  for (const auto& each : spec.agent.steps) {
    if (out.size() > most_told) break;
    consider("resolve_dependencies", {{"command", each.run}}, each.run.substr(0, 200));
  }
  return out;
}

/// Parks the run before anything of it has run: bound to the task as it was accepted.
void ask_first(run_state& run, std::vector<std::string> why) {
  store::advance_run with;
  store::approval_request ask;
  ask.diff_sha256 = run.row.task_sha256;
  ask.risk = run.task.spec.risk;
  ask.required = ask.risk == schema::risk_level::high ? 2 : 1;
  ask.expires_ms = run.now() + run.parts.world->config.approvals.expire_after.count();
  with.event = {{"approval", true}, {"before", "agent"}, {"reason", why.front()}};
  ask.why = std::move(why);
  with.approval = std::move(ask);
  run.finish(schema::run_state::waiting_approval, std::move(with));
}

void not_granted(run_state& run, const std::string& why) {
  stage_failure failure;
  failure.state = schema::run_state::blocked;
  failure.cls = schema::failure_class::f3;
  failure.reason = "policy " + why;
  failure.component = "prepare";
  failure.next_action = "take the grant out of the task, or change the policy";
  run.fail(std::move(failure));
}

void begin(run_state& run) {
  std::string refused;
  auto why = to_be_asked(run, refused);
  if (!refused.empty()) return not_granted(run, refused);
  if (why.empty()) return open_workspace(run);
  store::approval_filter given;
  given.state = schema::approval_state::approved;
  given.run_id = run.row.id;
  given.limit = 0;
  run.ask<approval_list>(run.parts.store, store_timeout, get_approvals{given},
                         "read what people said",
                         [&run, why](const approval_list& all) {
                           const bool yes =
                               std::any_of(all.begin(), all.end(), [&run](const auto& each) {
                                 return each.diff_sha256 == run.row.task_sha256;
                               });
                           if (yes) return open_workspace(run);
                           ask_first(run, why);
                         });
}

/// Whoever owns the repository has the last word on whether it takes part.
void left_alone(run_state& run, const schedule::opt_out& said) {
  stage_failure failure;
  failure.state = schema::run_state::no_change;
  failure.cls = schema::failure_class::f3;
  failure.reason = "the repository opts out" +
                   (run.row.campaign.empty() ? "" : " of campaign " + run.row.campaign) +
                   (said.reason.empty() ? "" : ": " + said.reason);
  failure.component = "prepare";
  failure.next_action = "ask its owners, who say so in " + std::string{schedule::opt_out_file} +
                        "; no code change was attempted";
  run.fail(std::move(failure));
}

/// What an agent is given to work with, before it begins: scope, proof, risk and what is doubtful.
void note_plan(run_state& run) {
  const auto& spec = run.task.spec;
  if (spec.agent.kind == schema::agent_kind::script) return;
  const auto& known = run.parts.world->rules.judging;
  const auto risk = judge::computed_risk(run.task, known);
  auto remarks = nlohmann::json::array();
  for (const auto& each : judge::shape(run.task, known).questions) remarks.push_back(each.text);
  auto verifiers = nlohmann::json::array();
  for (const auto& each : spec.verifiers) verifiers.push_back(each.name.empty() ? each.use : each.name);
  run.note("plan", {{"agent", schema::to_string(spec.agent.kind)},
                    {"scope", spec.scope.include},
                    {"verifiers", std::move(verifiers)},
                    {"risk", schema::to_string(std::max(spec.risk, risk.level))},
                    {"reasons", risk.reasons},
                    {"remarks", std::move(remarks)}});
}

}  // namespace

void prepare(run_state& run) {
  run.waits_for_cell = false;
  run.self
      ->request(run.parts.repository, run.parts.world->config.git_timeout * 2,
                prepare_base{run.row.repo, run.stop.get_token()})
      .then(run.answered<prepared_base>([&run](prepared_base& prepared) {
              run.base = prepared.base;
              run.prepared = std::move(prepared);
              const auto said = schedule::parse_opt_out(run.prepared.opt_out);
              if (!said) return no_repository(run, said.error());
              if (said->refuses(run.row.campaign)) return left_alone(run, *said);
              note_plan(run);
              begin(run);
            }),
            run.unanswered("prepare " + run.row.repo.url,
                           [&run](const error& why) { no_repository(run, why); }));
}

}  // namespace skein::actors::stages
