#include "actors/stages/judge.hpp"

#include "actors/offload.hpp"
#include "actors/stages/agent.hpp"
#include "runtime/agent/prompt.hpp"

namespace skein::actors::stages {

namespace {

judge::judged_case case_of(const run_state& run) {
  return {run.task,          *run.parsed_change, run.row.verdicts, run.gate_findings,
          run.agent_summary, run.behaviour_change};
}

/// Who wrote the change, as choose_judge() has to know.
judge::judge_choice author_of(const run_state& run) {
  const auto& agent = run.task.spec.agent;
  if (agent.kind == schema::agent_kind::model) return {agent.provider, agent.model};
  return {"", run.gateway_model};
}

std::optional<judge::judge_choice> model_judge(const run_state& run) {
  const auto& world = *run.parts.world;
  const auto& wanted = world.config.judge;
  if (wanted.mode == "never") return std::nullopt;
  // Nobody is asked, and paid, whom the configuration does not name.
  const bool named = !wanted.provider.empty() || !wanted.model.empty();
  if (wanted.mode == "when-possible" && !named) return std::nullopt;
  std::vector<judge::available_models> available;
  for (const auto& [name, source] : world.models.by_name) {
    if (!source.ask) continue;
    auto models = source.settings.models;
    if (models.empty()) models.push_back(source.settings.default_model);
    available.push_back({name, std::move(models)});
  }
  return judge::choose_judge({wanted.provider, wanted.model}, author_of(run), available);
}

bool required(const run_state& run) {
  return run.parts.world->config.judge.mode == "required" || run.parts.world->config.judge.mode == "always";
}

void note_opinion(run_state& run, const judge::opinion& said) {
  auto reasons = nlohmann::json::array();
  for (const auto& line : judge::lines_of(said)) {
    if (reasons.size() == 20) break;
    reasons.push_back(run.secrets ? run.secrets->redact(line) : line);
  }
  run.note("judged", {{"by", said.by},
                      {"decision", judge::to_string(said.decided)},
                      {"reasons", std::move(reasons)}});
}

/// The model's opinion on top of the rules'.
void answered(run_state& run, const judge::opinion& by_rules, const model::outcome& came,
              const judged_fn& then) {
  const auto cost = model::spent(came);
  const auto out = came ? std::min(came->used.output, cost.tokens) : 0;
  run.row.used.tokens_in += cost.tokens - out;
  run.row.used.tokens_out += out;
  run.row.used.usd += cost.usd;
  if (run.charge_gateway) run.charge_gateway(cost, out);
  const auto said = judge::tightest(by_rules, judge::read(case_of(run), came));
  note_opinion(run, said);
  then(run, said);
}

struct judge_call {
  model::conversation question;
  model::ask_settings settings;
  std::shared_ptr<model::provider> provider;
};

void pose(run_state& run, const judge_call& call, const judge::opinion& by_rules, judged_fn then) {
  const auto handle = caf::actor_cast<judging_run>(run.self);
  run.judging = call.provider->ask(
      call.question, call.settings,
      [&run, handle, by_rules, then = std::move(then), born = run.generation](model::outcome came) {
        auto kept = std::make_shared<model::outcome>(std::move(came));
        come_back(handle, [&run, by_rules, then, born, kept] {
          run.judging = nullptr;
          if (born == run.generation) answered(run, by_rules, *kept, then);
        });
      });
}

void ask_model(run_state& run, const judge::judge_choice& whom, const judge::opinion& by_rules,
               judged_fn then) {
  judge_call call;
  call.question = judge::question(case_of(run), [secrets = run.secrets](const std::string& text) {
    return secrets ? secrets->redact(text) : text;
  });
  call.settings = judge::question_settings(whom.model);
  call.settings.total_timeout = std::min(call.settings.total_timeout, run.wall_clock_left());
  call.provider = run.parts.world->models.by_name.at(whom.provider).ask;
  const auto worst = call.provider->worst_case(call.question, call.settings);
  const auto& allowed = run.task.spec.budget;
  auto reserved = run.row.used;
  reserved.tokens_in += worst.tokens;
  reserved.usd += worst.usd;
  if (reserved.tokens_in + reserved.tokens_out > allowed.tokens || reserved.usd > allowed.usd) {
    // No money is no verdict: somebody has to look.
    judge::opinion none;
    none.decided = judge::decision::approval;
    none.by = "model:" + whom.provider + "/" + whom.model;
    none.reasons.push_back({"", "the run's budget has nothing left for a judge", ""});
    const auto said = judge::tightest(by_rules, none);
    note_opinion(run, said);
    return then(run, said);
  }
  reserved.wall_ms = run.wall_clock_used_ms();
  const nlohmann::json facts = {{"provider", whom.provider},
                                {"model", whom.model},
                                {"tokens", worst.tokens},
                                {"usd", worst.usd}};
  // Durable before anything is spent: a crash forgets no question.
  run.ask<store::applied>(
      run.parts.store, store_timeout,
      commit{store::book_usage{run.row.id, run.row.attempt, reserved, "judge_call_reserved", facts}},
      "reserve a judge's call",
      [&run, call = std::move(call), by_rules, then = std::move(then)](const store::applied&) {
        pose(run, call, by_rules, then);
      });
}

void rules_said(run_state& run, const judge::opinion& said, judged_fn then) {
  const auto whom = said.decided == judge::decision::block ? std::nullopt : model_judge(run);
  if (whom) return ask_model(run, *whom, said, std::move(then));
  const bool missing = said.decided != judge::decision::block && required(run);
  const auto all = missing ? judge::tightest(said, judge::no_judge()) : said;
  note_opinion(run, all);
  then(run, all);
}

}  // namespace

bool needs_judges(const run_state& run) {
  return run.task.spec.agent.kind != schema::agent_kind::script ||
         run.parts.world->config.judge.mode == "always";
}

void ask_judges(run_state& run, judged_fn then) {
  // Reading a change takes milliseconds that the actors' threads have not: off they go, with a copy
  // of what is judged, because the run may end meanwhile.
  struct subject {
    schema::task task;
    std::shared_ptr<const diff::change> change;
    surroundings_ptr world;
    judge::judged_case about;

    explicit subject(const run_state& run)
        : task(run.task), change(run.parsed_change), world(run.parts.world),
          about{task, *change, run.row.verdicts, run.gate_findings, run.agent_summary,
                run.behaviour_change} {}
  };
  auto work = [about = std::make_shared<const subject>(run)]() -> result<judge::opinion> {
    return judge::by_rules(about->about, about->world->rules.judging);
  };
  offload<judge::opinion>(
      static_cast<run_actor::pointer>(run.self), run.parts.world->pool, std::move(work),
      [&run, then = std::move(then), born = run.generation](result<judge::opinion> said) {
        if (born != run.generation) return;
        if (!said) return run.attempt_lost(said.error());
        rules_said(run, *said, then);
      });
}

bool veto_sent_back(run_state& run, const judge::opinion& said) {
  if (said.decided != judge::decision::block || run.vetoed || !can_repair(run)) return false;
  run.vetoed = true;
  run.feedback = agent::veto_request(judge::lines_of(said));
  store::advance_run with;
  with.used = run.row.used;
  with.event = {{"repair", run.row.used.repairs + 1}, {"vetoedBy", said.by}};
  run.advance(schema::run_state::agent, std::move(with), [&run] { enter(run); });
  return true;
}

}  // namespace skein::actors::stages
