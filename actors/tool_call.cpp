#include "actors/tool_call.hpp"

#include "actors/errors.hpp"

#include <spdlog/spdlog.h>

namespace skein::actors {

namespace {

constexpr std::size_t longest_shown = 1000;

const char* to_string(cell::command_end end) {
  switch (end) {
    case cell::command_end::exited:
      return "exited";
    case cell::command_end::signalled:
      return "signalled";
    case cell::command_end::timed_out:
      return "timed_out";
    case cell::command_end::output_exceeded:
      return "output_exceeded";
    case cell::command_end::killed:
      return "killed";
  }
  return "unknown";
}

/// Reasons may quote what was asked.
std::string clean(const tool_call_spec& spec, const std::string& text) {
  return spec.secrets ? spec.secrets->redact(text) : text;
}

/// What a denied agent is told: rule, reason and what it may do instead.
std::string told(const policy::decision& said) {
  std::string text = said.what == policy::effect::needs_approval
                         ? "not done: policy " + said.rule + " wants a person to approve it"
                         : "denied by policy " + said.rule;
  if (!said.reason.empty()) text += ": " + said.reason;
  if (!said.alternative.empty()) text += "; permitted instead: " + said.alternative;
  return text + "\n";
}

}  // namespace

tool_call_state::~tool_call_state() {
  if (asked_ && spec.served && spec.served->session) spec.served->session->cancel(*asked_);
}

std::string tool_call_state::shown() const {
  std::string text;
  if (const auto line = spec.arguments.find("command");
      line != spec.arguments.end() && line->is_string()) {
    text = line->get<std::string>();
  } else {
    auto brief = spec.arguments;
    for (auto& [key, value] : brief.items())
      if (const auto size = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).size();
          size > 200)
        value = std::to_string(size) + " bytes";
    text = brief.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  // Before it is cut: a part of a secret would not be known as one.
  return clean(spec, text).substr(0, longest_shown);
}

nlohmann::json tool_call_state::trace_of(const call_outcome& outcome) const {
  const auto& result = outcome.result;
  nlohmann::json trace = {{"attempt", spec.attempt},
                          {"ordinal", spec.ordinal},
                          {"tool", spec.tool},
                          {"command", shown()},
                          {"end", to_string(result.end)},
                          {"code", result.code},
                          {"durationMs", result.duration_ms},
                          {"cpuMs", result.cpu_ms},
                          {"outputBytes", result.output_bytes},
                          {"truncated", result.truncated},
                          {"log", outcome.log_ref}};
  if (spec.step) return trace;
  trace["outcome"] = outcome.said.kind;
  // T4.3: which descriptor was trusted, and whose word the answer is.
  if (const auto found = registry().tools().find(spec.tool); found != registry().tools().end()) {
    trace["descriptor"] = {{"version", found->second.descriptor.version},
                           {"sha256", found->second.sha256}};
  }
  if (spec.served) trace["server"] = {{"name", spec.served->server}, {"version", spec.served->version}};
  return trace;
}

const tools::registry& tool_call_state::registry() const {
  return spec.tools ? *spec.tools : world->rules.tools;
}

bool tool_call_state::is_served() const {
  const auto found = registry().tools().find(spec.tool);
  return found != registry().tools().end() &&
         found->second.descriptor.origin.from == schema::tool_origin::source::mcp;
}

result<std::optional<cell::command>> tool_call_state::what_to_do() const {
  if (spec.step) return std::optional(*spec.step);
  if (!spec.malformed.empty()) return error{errc::invalid, spec.malformed, {}};
  SKEIN_CHECK(registry().check_call(spec.tool, spec.arguments));
  if (is_served() && !spec.served) {
    return error{errc::refused, "the task does not name the tool " + spec.tool,
                 "use the tools that you were given"};
  }
  if (!agent::acts_in_cell(spec.tool)) return std::optional<cell::command>{};
  SKEIN_TRY(what, agent::command_of(spec.tool, spec.arguments, spec.limits));
  return std::optional(std::move(what));
}

caf::typed_response_promise<call_outcome> tool_call_state::perform() {
  // Nobody is left to answer when the requester is gone. (Before the promise: that takes the
  // sender.)
  self->monitor(caf::actor_cast<caf::actor_addr>(self->current_sender()));
  promise_ = self->make_response_promise<call_outcome>();
  auto what = what_to_do();
  if (!what) {
    not_possible(what.error());
    return promise_;
  }
  auto said = world->rules.policy.decide(spec.tool, spec.arguments, spec.around);
  if (policy::outcome(said.what) != "allow") {
    denied(std::move(said));
  } else if (*what) {
    execute_it(std::move(**what));
  } else if (spec.served) {
    call_server();
  } else {
    call_outcome outcome;
    outcome.said.kind = "ok";
    auto trace = trace_of(outcome);
    answer("tool_call_finished", std::move(trace), std::move(outcome));
  }
  return promise_;
}

void tool_call_state::denied(policy::decision said) {
  nlohmann::json payload = {{"attempt", spec.attempt},
                            {"ordinal", spec.ordinal},
                            {"tool", spec.tool},
                            {"command", shown()},
                            {"decision", policy::outcome(said.what)},
                            {"rule", said.rule},
                            {"reason", clean(spec, said.reason)}};
  call_outcome outcome;
  outcome.said = {true, told(said), 0, "denied"};
  outcome.denied = std::move(said);
  answer("policy_denied", std::move(payload), std::move(outcome));
}

void tool_call_state::not_possible(const error& why) {
  call_outcome outcome;
  outcome.said = {true, why.message + (why.remedy.empty() ? "" : "; " + why.remedy) + "\n", 0,
                  "rejected"};
  nlohmann::json payload = {{"attempt", spec.attempt},
                            {"ordinal", spec.ordinal},
                            {"tool", spec.tool.substr(0, 64)},
                            {"command", shown()},
                            {"reason", clean(spec, why.message).substr(0, longest_shown)}};
  answer("tool_call_rejected", std::move(payload), std::move(outcome));
}

void tool_call_state::execute_it(cell::command what) {
  self->request(workspace, what.timeout + std::chrono::minutes{1}, execute{std::move(what)})
      .then([this](cell::command_result& result) { finished(result); },
            [this](const caf::error& why) { give_up(why); });
}

void tool_call_state::finished(cell::command_result& result) {
  auto outcome = std::make_shared<call_outcome>();
  outcome->result = std::move(result);
  if (spec.step) {
    auto text = outcome->result.output;
    keep(std::move(outcome), std::move(text));
  } else {
    const auto may_see = [this](const std::string& path) {
      return policy::outcome(
                 world->rules.policy.decide("read_file", {{"path", path}}, spec.around).what) ==
             "allow";
    };
    outcome->said = agent::answer_of(spec.tool, outcome->result, may_see);
    // What reaches the model is what is kept: scanned once, redacted in both.
    if (spec.secrets) outcome->said.text = spec.secrets->redact(outcome->said.text);
    auto text = outcome->said.text;
    keep(std::move(outcome), std::move(text));
  }
}

void tool_call_state::keep(std::shared_ptr<call_outcome> outcome, std::string text) {
  self->request(repository, std::chrono::minutes{1}, put_text{std::move(text), spec.secrets})
      .then(
          [this, outcome](const stored_text& stored) {
            outcome->log_ref = stored.ref;
            auto trace = trace_of(*outcome);
            if (stored.redacted) trace["redacted"] = true;
            answer("tool_call_finished", std::move(trace), std::move(*outcome));
          },
          [this](const caf::error& why) { give_up(why); });
}

void tool_call_state::answer(const std::string& kind, nlohmann::json payload,
                             call_outcome outcome) {
  auto kept = std::make_shared<call_outcome>(std::move(outcome));
  self->request(store, store_timeout,
                commit{store::note_event{kind, spec.run_id, spec.campaign, spec.tenant, "system",
                                         std::move(payload)}})
      .then(
          [this, kept](const store::applied&) {
            if (promise_.pending()) promise_.deliver(std::move(*kept));
            self->quit();
          },
          [this](const caf::error& why) { give_up(why); });
  // What acts in the cell alone need not wait for the disk: whatever the answer leads to is
  // committed behind this record, and before a model or anybody outside hears of it.
  if (!spec.served) promise_.deliver(std::move(*kept));
}

void tool_call_state::give_up(const caf::error& why) {
  if (promise_.pending()) {
    promise_.deliver(why);
  } else {
    spdlog::error("run {}: the record of call {} was not kept: {}", spec.run_id, spec.ordinal,
                  from_caf(why, "note").message);
  }
  self->quit();
}

tool_call_actor::behavior_type tool_call(tool_call_actor::stateful_pointer<tool_call_state> self,
                                         surroundings_ptr world, store_actor store,
                                         repository_actor repository, workspace_actor workspace,
                                         tool_call_spec spec) {
  auto& state = self->state;
  state.world = std::move(world);
  state.store = std::move(store);
  state.repository = std::move(repository);
  state.workspace = std::move(workspace);
  state.spec = std::move(spec);
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  return {
      [self](const perform_call&) { return self->state.perform(); },
      [](job_done& job) { job.deliver(); },
  };
}

}  // namespace skein::actors
