// What a model's tool calls lead to: one actor each, in the order in which they were asked for.
#include "actors/model_agent.hpp"
#include "actors/verifier.hpp"
#include "schema/identity.hpp"

#include <algorithm>

namespace skein::actors {

namespace {

/// Of one reply; the whole output is in the trace.
constexpr std::size_t longest_reply = 48U << 10;

/// Of files, in one answer.
constexpr std::uint64_t most_read_at_once = 64U << 10;

std::string label_of(const model::tool_request& call) {
  if (const auto path = call.arguments.find("path");
      path != call.arguments.end() && path->is_string())
    return call.name + " " + path->get<std::string>().substr(0, 200);
  return call.name;
}

std::string text_in(const nlohmann::json& arguments, const char* key) {
  const auto found = arguments.find(key);
  return found != arguments.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

}  // namespace

void model_agent_state::next_call() {
  if (at_call_ == calls_.size()) return calls_done();
  if (auto none = spending->no_tool_call()) return end(agent_end::budget, *none);
  const auto call = calls_[at_call_];
  tool_call_spec one;
  one.run_id = spec.run.id;
  one.campaign = spec.run.campaign;
  one.tenant = spec.run.tenant;
  one.attempt = spec.run.attempt;
  one.ordinal = ++ordinal_;
  one.tool = call.name;
  one.arguments = call.arguments;
  one.malformed = call.malformed;
  one.limits.time =
      std::chrono::milliseconds{std::max<std::int64_t>(deadline_ms - parts.world->now_ms(), 1)};
  one.limits.output_bytes = spending->output_left();
  one.limits.read_bytes = std::min(spending->read_left(), most_read_at_once);
  one.around = spec.around;
  one.secrets = spec.secrets;
  if (servers) {
    one.tools = servers->registry();
    one.served = servers->served(call.name);
  }
  const auto patience = one.limits.time + std::chrono::minutes{1};
  auto actor = self->spawn(tool_call, parts.world, parts.store, parts.repository, workspace,
                           std::move(one));
  self->request(actor, patience, perform_call{})
      .then([this, call](call_outcome& outcome) { call_ended(call, outcome); },
            [this](const caf::error& why) { give_up(why); });
}

void model_agent_state::call_ended(const model::tool_request& call, call_outcome& outcome) {
  spending->tool_called(call.name == "run_shell" ? outcome.result.output_bytes : 0,
                        outcome.said.file_bytes, outcome.result.cpu_ms);
  if (outcome.result.end == cell::command_end::output_exceeded && call.name == "run_shell")
    return end(agent_end::budget, "a command wrote more than shellOutputBytes allows: its process "
                                  "tree was killed");
  if (!outcome.said.failed && call.name == "finish") return finish_called(call);
  if (!outcome.said.failed && call.name == "verify") return verify_now(call);
  if (!outcome.said.failed && call.name == "request_approval") {
    note("approval_requested", {{"action", redacted(text_in(call.arguments, "action"), 200)},
                                {"reason", redacted(text_in(call.arguments, "reason"), 2000)}});
    approval_wanted_.push_back(redacted(text_in(call.arguments, "action"), 200) + ": " +
                               redacted(text_in(call.arguments, "reason"), 500));
    return reply(call, false,
                 "Noted. A person will see your request beside the change before anything is "
                 "published. What policy denies stays denied; go on with what is permitted.\n");
  }
  reply(call, outcome.said.failed, std::move(outcome.said.text));
}

void model_agent_state::reply(const model::tool_request& call, bool failed, std::string text) {
  const auto arguments =
      call.arguments.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const auto sign = repeats.note(call.name + arguments, schema::sha256_hex(text));
  if (sign == agent::repetition::sign::stuck)
    return end(agent_end::stuck, "it made the same calls with the same answers again and again, last " +
                                     call.name.substr(0, 64));
  if (sign == agent::repetition::sign::warn)
    warning_ = "You made this call before and the answer was the same. Do something else, or finish.";
  model::tool_reply out;
  out.id = call.id;
  out.name = call.name;
  out.failed = failed;
  out.content = model::untrusted("tool", label_of(call), agent::head_and_tail(text, longest_reply));
  replies_.push_back(std::move(out));
  ++at_call_;
  next_call();
}

void model_agent_state::calls_done() {
  model::turn turn;
  turn.kind = model::turn_kind::tools;
  turn.replies = std::exchange(replies_, {});
  said.turns.push_back(std::move(turn));
  calls_.clear();
  next_turn();
}

void model_agent_state::finish_called(const model::tool_request& call) {
  // The conversation stays well-formed for a repair: every call has its reply.
  for (; at_call_ < calls_.size(); ++at_call_) {
    const bool this_one = calls_[at_call_].id == call.id;
    replies_.push_back({calls_[at_call_].id, calls_[at_call_].name, !this_one,
                        model::untrusted("tool", calls_[at_call_].name,
                                         this_one ? "The platform verifies the change now.\n"
                                                  : "Not done: the work was finished before.\n")});
  }
  model::turn turn;
  turn.kind = model::turn_kind::tools;
  turn.replies = std::exchange(replies_, {});
  said.turns.push_back(std::move(turn));
  calls_.clear();
  summary_ = redacted(text_in(call.arguments, "summary"), 8000);
  behaviour_change_ = redacted(text_in(call.arguments, "behaviourChange"), 4000);
  const bool gave_up = text_in(call.arguments, "outcome") == "gave_up";
  end(gave_up ? agent_end::gave_up : agent_end::finished,
      gave_up ? "the agent gave up: " + redacted(text_in(call.arguments, "summary"), 1000) : "");
}

void model_agent_state::verify_now(const model::tool_request& call) {
  const auto wanted = text_in(call.arguments, "verifier");
  std::vector<verify::verifier> chosen;
  std::string names;
  for (const auto& one : spec.verifiers) {
    if (!one.builtin.empty()) continue;
    names += (names.empty() ? "" : ", ") + one.name;
    if (wanted.empty() || one.name == wanted) chosen.push_back(one);
  }
  if (chosen.empty())
    return reply(call, true, wanted.empty() ? "The task has no verifier that can be run now.\n"
                                            : "There is no verifier of this name; there are: " + names + "\n");
  self->request(workspace, std::chrono::minutes{10},
                collect_change{workspace::change_limits{}, spec.ignored})
      .then(
          [this, chosen, call](change_collected& found) {
            if (found.change->empty()) return reply(call, true, "Nothing is changed yet.\n");
            verify_next(found.change, chosen, {});
          },
          [this](const caf::error& why) { give_up(why); });
}

void model_agent_state::verify_next(std::shared_ptr<const workspace::change_set> change,
                                    std::vector<verify::verifier> left,
                                    std::vector<schema::verdict> so_far) {
  if (left.empty()) return verified(change, so_far);
  verifier_spec one;
  one.run_id = spec.run.id;
  one.campaign = spec.run.campaign;
  one.tenant = spec.run.tenant;
  one.attempt = spec.run.attempt;
  constexpr std::uint32_t apart_from_the_final_ones = 1000;
  one.ordinal = apart_from_the_final_ones + ++checks_;
  one.repo_url = spec.run.repo.url;
  one.base_commit = spec.base.commit;
  one.which = left.front();
  one.output_limit = spec.task.spec.budget.shell_output_bytes;
  one.secrets = spec.secrets;
  left.erase(left.begin());
  auto actor = self->spawn(verifier, parts.store, parts.repository, workspace, std::move(one));
  self->request(actor, std::chrono::minutes{24 * 60}, perform_verification{change})
      .then(
          [this, change, left, so_far](schema::verdict& verdict) mutable {
            so_far.push_back(std::move(verdict));
            verify_next(change, std::move(left), std::move(so_far));
          },
          [this](const caf::error& why) { give_up(why); });
}

void model_agent_state::verified(const std::shared_ptr<const workspace::change_set>& change,
                                 const std::vector<schema::verdict>& verdicts) {
  std::string text;
  bool failed = false;
  for (const auto& verdict : verdicts) {
    text += verdict.name + ": " + std::string(schema::to_string(verdict.status)) +
            (verdict.flaky ? " (flaky)" : "") + "\n" + verdict.excerpt + "\n";
    failed = failed || verdict.status == schema::verdict_status::failed ||
             verdict.status == schema::verdict_status::timed_out;
  }
  if (spec.secrets) text = spec.secrets->redact(text);
  // Verifiers ran in workspaces of their own; the agent goes on in a fresh one with its change.
  self->request(workspace, std::chrono::minutes{5},
                enter_phase{"agent-after-" + std::to_string(checks_), change})
      .then(
          [this, failed, text](const phase_entered&) { reply(calls_[at_call_], failed, text); },
          [this](const caf::error& why) { give_up(why); });
}

}  // namespace skein::actors
