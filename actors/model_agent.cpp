#include "actors/model_agent.hpp"

#include "actors/offload.hpp"
#include "runtime/agent/prompt.hpp"
#include "runtime/agent/transcript.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace skein::actors {

namespace {

/// Room for one answer; less when the budget has less.
constexpr std::uint32_t wanted_output_tokens = 16'384;

constexpr std::size_t most_replayed = 10'000;

/// Reads a transcript and everything it refers to. Blocking.
result<std::vector<agent::exchange>> read_transcript(const artifact::artifact_store& artifacts,
                                                     const std::string& ref) {
  SKEIN_TRY(text, artifacts.get(ref));
  SKEIN_TRY(refs, agent::parse_transcript(text));
  std::vector<agent::exchange> out;
  for (const auto& each : refs) {
    if (out.size() == most_replayed) break;
    SKEIN_TRY(exchange, artifacts.get(each));
    SKEIN_TRY(parsed, agent::parse_exchange(exchange));
    out.push_back(std::move(parsed));
  }
  return out;
}

}  // namespace

model_agent_state::~model_agent_state() {
  if (pending) pending->cancel();
}

std::string model_agent_state::redacted(const std::string& text, std::size_t most) const {
  const auto cut = agent::head_and_tail(text, most);
  return spec.secrets ? spec.secrets->redact(cut) : cut;
}

void model_agent_state::note(const std::string& kind, nlohmann::json payload) {
  payload["attempt"] = spec.run.attempt;
  self->request(parts.store, store_timeout,
                commit{store::note_event{kind, spec.run.id, spec.run.campaign, spec.run.tenant,
                                         "system", std::move(payload)}})
      .then([](const store::applied&) {},
            [id = spec.run.id, kind](const caf::error& failed) {
              spdlog::warn("run {}: event {} was not kept: {}", id, kind,
                           from_caf(failed, "note").message);
            });
}

void model_agent_state::incident(const std::string& kind, const std::string& summary,
                                 nlohmann::json facts) {
  spdlog::critical("incident {} in run {}: {}", kind, spec.run.id, summary);
  self->request(parts.store, store_timeout,
                commit{store::put_incident{kind, spec.run.id, spec.run.campaign, spec.run.tenant,
                                           summary, std::move(facts)}})
      .then([](const store::applied&) {},
            [id = spec.run.id, kind](const caf::error& failed) {
              spdlog::error("run {}: incident {} was not kept: {}", id, kind,
                            from_caf(failed, "record").message);
            });
}

caf::typed_response_promise<agent_done> model_agent_state::perform(const perform_agent& ask) {
  promise_ = self->make_response_promise<agent_done>();
  deadline_ms = parts.world->now_ms() + ask.time.count();
  spending.emplace(spec.task.spec.budget, ask.used);
  const bool first = said.system.empty();
  if (first) open();
  // The first one has feedback, too, when it is to repair what it did not make.
  if (ask.feedback) {
    said.turns.push_back(*ask.feedback);
    spending->repaired();
  }
  if (!first) next_turn();
  return promise_;
}

void model_agent_state::open() {
  std::vector<std::string> verifiers;
  for (const auto& one : spec.verifiers) verifiers.push_back(one.name);
  said = agent::opening(spec.task, parts.world->rules.tools, verifiers);
  struct opened {
    std::vector<model::untrusted_span> context;
    std::vector<agent::exchange> replayed;
  };
  auto read = [world = parts.world, checkout = spec.checkout, ref = spec.replays,
               secrets = spec.secrets]() -> result<opened> {
    opened out;
    out.context = agent::repository_instructions(checkout);
    for (auto& span : out.context)
      if (secrets) span.text = secrets->redact(span.text);
    if (!ref.empty()) {
      SKEIN_TRY(replayed, read_transcript(world->artifacts, ref));
      out.replayed = std::move(replayed);
    }
    return out;
  };
  offload<opened>(self, parts.world->pool, std::move(read), [this](result<opened> found) {
    if (!found) return end(agent_end::failed, found.error().message);
    said.context = std::move(found->context);
    auto sources = nlohmann::json::array();
    for (const auto& span : said.context)
      sources.push_back({{"origin", span.origin}, {"label", span.label}, {"sha256", span.sha256}});
    // R1: the trace says what came from the repository and is no instruction.
    note("untrusted_context", {{"spans", std::move(sources)}});
    // T1.7: whoever says this again shows that words it was given reach where they must not.
    said.context.push_back(model::untrusted(
        std::string(agent::canary_origin), "reference",
        "Reference of the operators: " + spec.canary + ". It has no use in the task."));
    if (!spec.replays.empty()) {
      const auto handle = caf::actor_cast<agent_actor>(self);
      provider = std::make_shared<agent::replay_provider>(
          std::move(found->replayed), [this, handle](std::uint32_t number, const std::string& what) {
            come_back(handle, [this, number, what] {
              note("replay_diverged", {{"exchange", number}, {"what", what}});
            });
          });
    }
    connect_servers();
  });
}

void model_agent_state::connect_servers() {
  if (spec.servers.empty()) return next_turn();
  server_reports reports;
  reports.note = [this](const std::string& kind, nlohmann::json payload) {
    note(kind, std::move(payload));
  };
  reports.incident = [this](const std::string& kind, const std::string& summary,
                            nlohmann::json facts) { incident(kind, summary, std::move(facts)); };
  reports.shown = [this](const std::string& text) { return redacted(text, 500); };
  servers = std::make_unique<tool_servers>(self, parts.world, workspace, spec.servers,
                                           std::move(reports));
  servers->connect(std::chrono::milliseconds{std::max<std::int64_t>(
                       deadline_ms - parts.world->now_ms(), 1)},
                   [this] { next_turn(); });
}

void model_agent_state::next_turn() {
  if (!warning_.empty()) {
    model::turn turn;
    turn.text = std::exchange(warning_, {});
    said.turns.push_back(std::move(turn));
  }
  // T4.9: a tool that changed since it was approved is not offered any more.
  if (servers) said.tools = agent::offered_tools(*servers->registry(), servers->offered());
  model::ask_settings how;
  how.model = spec.task.spec.agent.model;
  const auto room = spending->reserve(wanted_output_tokens, [this, how](std::uint32_t most) mutable {
    how.max_output_tokens = most;
    return provider->worst_case(said, how);
  });
  if (!room) return end(agent_end::budget, room.error().message);
  // Durable before it is spent: after a crash the reservation counts as used.
  self->request(run, store_timeout,
                book_usage{spending->used(), "model_call_reserved",
                           {{"turn", said.turns.size() + 1}, {"maxOutputTokens", *room}}})
      .then([this, room = *room](const usage_booked&) { ask_model(room); },
            [this](const caf::error& why) { give_up(why); });
}

void model_agent_state::ask_model(std::uint32_t room) {
  model::ask_settings how;
  how.model = spec.task.spec.agent.model;
  how.max_output_tokens = room;
  how.total_timeout = std::min(how.total_timeout,
                               std::chrono::milliseconds{std::max<std::int64_t>(
                                   deadline_ms - parts.world->now_ms(), 1)});
  const auto handle = caf::actor_cast<agent_actor>(self);
  pending = provider->ask(said, how, [this, handle](model::outcome outcome) {
    auto kept = std::make_shared<model::outcome>(std::move(outcome));
    come_back(handle, [this, kept] { answered(*kept); });
  });
}

void model_agent_state::answered(model::outcome& outcome) {
  pending = nullptr;
  if (done_) return;
  const auto cost = model::spent(outcome);
  spending->settle(cost, outcome ? outcome->used.output : 0);
  if (!outcome) return no_answer(outcome.error());
  auto& given = *outcome;
  keep_exchange(given);
  if (leaks(given)) return end(agent_end::leaked, "the model repeated the canary or a secret of the platform");
  said.turns.push_back(model::to_turn(given));
  if (given.calls.empty()) return without_calls(given);
  calls_ = std::move(given.calls);
  at_call_ = 0;
  replies_.clear();
  next_call();
}

void model_agent_state::keep_exchange(const model::answer& given) {
  const auto number = exchanges_.size();
  exchanges_.emplace_back();
  ++unkept_;
  nlohmann::json facts = {{"turn", said.turns.size() + 1},
                          {"provider", given.provider},
                          {"model", given.model},
                          {"tokensIn", given.used.total() - given.used.output},
                          {"tokensOut", given.used.output},
                          {"reported", given.used.reported},
                          {"usd", given.usd},
                          {"stop", model::to_string(given.stop)},
                          {"calls", given.calls.size()}};
  if (!given.failed.empty()) {
    auto failed = nlohmann::json::array();
    for (const auto& one : given.failed)
      failed.push_back({{"kind", model::to_string(one.kind)},
                        {"provider", one.provider},
                        {"model", one.model},
                        {"text", one.text}});
    facts["failedBefore"] = std::move(failed);
  }
  if (!given.oddities.empty()) facts["oddities"] = given.oddities;
  auto kept = [this, number, facts](const stored_text& stored) mutable {
    exchanges_[number] = stored.ref;
    facts["exchange"] = stored.ref;
    note("model_called", std::move(facts));
    --unkept_;
    end_when_kept();
  };
  auto text = agent::exchange_text(said, given, last_request_,
                                   std::exchange(marked_turns_, said.turns.size()));
  last_request_ = given.record.request;
  self->request(parts.repository, std::chrono::minutes{1},
                put_text{std::move(text), spec.secrets})
      .then(std::move(kept), [this](const caf::error& why) { give_up(why); });
}

void model_agent_state::no_answer(const model::failure& why) {
  note("model_failed", {{"kind", model::to_string(why.kind)},
                        {"provider", why.provider},
                        {"model", why.model},
                        {"status", why.status},
                        {"text", redacted(why.text, 500)}});
  if (!spec.replays.empty()) return end(agent_end::budget, "the transcript ends here, and so did the run");
  const std::string what = "provider " + why.provider + ": " + model::to_string(why.kind) +
                           (why.text.empty() ? "" : ": " + redacted(why.text, 500));
  end(why.kind == model::failure_kind::context_length ? agent_end::budget : agent_end::failed, what);
}

bool model_agent_state::leaks(const model::answer& given) {
  if (!spec.secrets) return false;
  std::string all = given.text;
  for (const auto& call : given.calls)
    all += '\n' + call.arguments.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (const auto& found : spec.secrets->scan(all, "")) {
    const bool canary = found.rule == scan::canary_rule;
    if (!canary && found.rule != scan::held_rule) continue;
    // T1.7: whoever says it has read what it had no reason to read.
    incident(canary ? "canary_in_model_answer" : "secret_in_model_answer",
             canary ? "the model said the canary of its run; the run was stopped"
                    : "the model said a secret that the platform holds; the run was stopped",
             {{"turn", said.turns.size() + 1}, {"rule", found.rule}});
    return true;
  }
  return false;
}

void model_agent_state::without_calls(const model::answer& given) {
  if (given.stop == model::stop_reason::refusal)
    return end(agent_end::gave_up, "the model or its provider refused to answer");
  if (repeats.note_idle_turn() == agent::repetition::sign::stuck)
    return end(agent_end::finished, "the model went on without calling a tool");
  warning_ = given.stop == model::stop_reason::length
                 ? "Your answer was cut at its limit of tokens. Go on in smaller steps."
                 : "Go on by calling a tool, or call finish when there is nothing more to do.";
  next_turn();
}

void model_agent_state::end(agent_end how, std::string reason) {
  if (done_) return;
  if (pending) pending->cancel();
  done_ = agent_done{};
  done_->end = how;
  done_->reason = std::move(reason);
  end_when_kept();
}

void model_agent_state::end_when_kept() {
  if (!done_ || unkept_ > 0 || !promise_.pending()) return;
  auto finish = [this](const std::string& transcript) {
    auto done = std::move(*done_);
    done_.reset();
    done.transcript = transcript;
    if (spending) done.used = spending->used();
    done.approval_wanted = approval_wanted_;
    done.summary = summary_;
    done.behaviour_change = behaviour_change_;
    note("agent_ended", {{"end", to_string(done.end)},
                         {"reason", redacted(done.reason, 2000)},
                         {"summary", redacted(done.summary, 4000)},
                         {"behaviourChange", redacted(done.behaviour_change, 4000)},
                         {"turns", said.turns.size()},
                         {"transcript", done.transcript}});
    promise_.deliver(std::move(done));
  };
  if (exchanges_.empty()) return finish({});
  self->request(parts.repository, std::chrono::minutes{1},
                put_text{agent::transcript_text(spec.run.task_sha256, exchanges_), nullptr})
      .then([finish](const stored_text& stored) { finish(stored.ref); },
            [this](const caf::error& why) { give_up(why); });
}

void model_agent_state::give_up(const caf::error& why) {
  if (promise_.pending()) promise_.deliver(why);
  self->quit();
}

agent_actor::behavior_type model_agent(agent_actor::stateful_pointer<model_agent_state> self,
                                       run_parts parts, workspace_actor workspace, usage_book run,
                                       std::shared_ptr<model::provider> provider,
                                       model_agent_spec spec) {
  auto& state = self->state;
  self->monitor(run);
  state.parts = std::move(parts);
  state.workspace = std::move(workspace);
  state.run = std::move(run);
  state.provider = std::move(provider);
  state.spec = std::move(spec);
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  return {
      [self](const perform_agent& ask) { return self->state.perform(ask); },
      [](job_done& job) { job.deliver(); },
  };
}

}  // namespace skein::actors
