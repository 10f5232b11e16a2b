// The seven stages of a run and the states it can be in: the one vocabulary used by rows, events,
// folders, metrics and messages.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace skein::schema {

/// intake → schedule → prepare → agent → verify → gate → publish
enum class stage { intake, schedule, prepare, agent, verify, gate, publish };

inline constexpr std::array all_stages{stage::intake, stage::schedule, stage::prepare, stage::agent,
                                       stage::verify, stage::gate,     stage::publish};

/// A run is in one of the stages, parked, or final. The numeric value is never stored.
enum class run_state {
  intake,
  schedule,
  prepare,
  agent,
  verify,
  gate,
  publish,
  waiting_approval,
  held,
  published,
  draft_published,
  no_change,
  analysis_only,
  rejected,
  duplicate,
  preparation_failed,
  verification_failed,
  blocked,
  approval_denied,
  budget_exhausted,
  killed,
  infrastructure_failed,
  publish_failed
};

inline constexpr std::array all_run_states{run_state::intake,
                                           run_state::schedule,
                                           run_state::prepare,
                                           run_state::agent,
                                           run_state::verify,
                                           run_state::gate,
                                           run_state::publish,
                                           run_state::waiting_approval,
                                           run_state::held,
                                           run_state::published,
                                           run_state::draft_published,
                                           run_state::no_change,
                                           run_state::analysis_only,
                                           run_state::rejected,
                                           run_state::duplicate,
                                           run_state::preparation_failed,
                                           run_state::verification_failed,
                                           run_state::blocked,
                                           run_state::approval_denied,
                                           run_state::budget_exhausted,
                                           run_state::killed,
                                           run_state::infrastructure_failed,
                                           run_state::publish_failed};

[[nodiscard]] std::string_view to_string(stage value) noexcept;
[[nodiscard]] std::string_view to_string(run_state value) noexcept;
[[nodiscard]] std::optional<run_state> parse_run_state(std::string_view text) noexcept;
[[nodiscard]] run_state state_of(stage value) noexcept;

/// No transition leaves a final state.
[[nodiscard]] bool is_final(run_state value) noexcept;
/// Final, and what the task asked for holds: published, draft_published, no_change, analysis_only,
/// duplicate. Every other final state carries a failure record.
[[nodiscard]] bool is_success(run_state value) noexcept;

}  // namespace skein::schema
