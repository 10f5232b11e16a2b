// Names and classes of stages and run states.
#include "schema/stage.hpp"

namespace skein::schema {

std::string_view to_string(stage value) noexcept {
  switch (value) {
    case stage::intake:
      return "intake";
    case stage::schedule:
      return "schedule";
    case stage::prepare:
      return "prepare";
    case stage::agent:
      return "agent";
    case stage::verify:
      return "verify";
    case stage::gate:
      return "gate";
    case stage::publish:
      return "publish";
  }
  return "intake";
}

std::string_view to_string(run_state value) noexcept {
  switch (value) {
    case run_state::intake:
      return "intake";
    case run_state::schedule:
      return "schedule";
    case run_state::prepare:
      return "prepare";
    case run_state::agent:
      return "agent";
    case run_state::verify:
      return "verify";
    case run_state::gate:
      return "gate";
    case run_state::publish:
      return "publish";
    case run_state::waiting_approval:
      return "waiting_approval";
    case run_state::held:
      return "held";
    case run_state::published:
      return "published";
    case run_state::draft_published:
      return "draft_published";
    case run_state::no_change:
      return "no_change";
    case run_state::analysis_only:
      return "analysis_only";
    case run_state::rejected:
      return "rejected";
    case run_state::duplicate:
      return "duplicate";
    case run_state::preparation_failed:
      return "preparation_failed";
    case run_state::verification_failed:
      return "verification_failed";
    case run_state::blocked:
      return "blocked";
    case run_state::approval_denied:
      return "approval_denied";
    case run_state::budget_exhausted:
      return "budget_exhausted";
    case run_state::killed:
      return "killed";
    case run_state::infrastructure_failed:
      return "infrastructure_failed";
    case run_state::publish_failed:
      return "publish_failed";
  }
  return "infrastructure_failed";
}

std::optional<run_state> parse_run_state(std::string_view text) noexcept {
  for (const run_state candidate : all_run_states) {
    if (to_string(candidate) == text) return candidate;
  }
  return std::nullopt;
}

run_state state_of(stage value) noexcept {
  switch (value) {
    case stage::intake:
      return run_state::intake;
    case stage::schedule:
      return run_state::schedule;
    case stage::prepare:
      return run_state::prepare;
    case stage::agent:
      return run_state::agent;
    case stage::verify:
      return run_state::verify;
    case stage::gate:
      return run_state::gate;
    case stage::publish:
      return run_state::publish;
  }
  return run_state::intake;
}

bool is_final(run_state value) noexcept {
  switch (value) {
    case run_state::intake:
    case run_state::schedule:
    case run_state::prepare:
    case run_state::agent:
    case run_state::verify:
    case run_state::gate:
    case run_state::publish:
    case run_state::waiting_approval:
    case run_state::held:
      return false;
    default:
      return true;
  }
}

bool is_success(run_state value) noexcept {
  switch (value) {
    case run_state::published:
    case run_state::draft_published:
    case run_state::no_change:
    case run_state::analysis_only:
    case run_state::duplicate:
      return true;
    default:
      return false;
  }
}

}  // namespace skein::schema
