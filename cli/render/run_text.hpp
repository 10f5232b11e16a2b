// How runs are shown: one line each, as a table, and everything about one.
#pragma once

#include "cli/render/style.hpp"
#include "cli/render/table.hpp"
#include "schema/run.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace skein::cli {

/// The first characters of an id, enough to be unique in practice.
[[nodiscard]] std::string short_id(const std::string& id);

/// `3 files +12 -4`.
[[nodiscard]] std::string change_size(const schema::diff_summary& change);

/// Where the change went, or why there is none: the branch, the failure's reason, or what the state
/// means.
[[nodiscard]] std::string branch_or_reason(const schema::run& run);

/// How long the run has been, or was, at work; 0 when it never was.
[[nodiscard]] std::int64_t time_of(const schema::run& run, std::int64_t now_ms);

/// `STATE  repo  branch-or-reason  (id, time)`, and for a failure what to do, on a line of its own.
[[nodiscard]] std::string outcome_text(const std::vector<schema::run>& runs, const style& look,
                                       std::int64_t now_ms);

/// A run and the state that is shown for it (`held` is not stored).
struct shown_run {
  schema::run run;
  schema::run_state state = schema::run_state::schedule;
};

/// The list of `get runs`.
[[nodiscard]] table run_table(const std::vector<shown_run>& runs, bool wide, std::int64_t now_ms);

/// The list at the end of a campaign: REPOSITORY, STATE, BRANCH OR REASON, TIME.
[[nodiscard]] table result_table(const std::vector<schema::run>& runs, std::int64_t now_ms);

/// What belongs to a run but is in no row of its own.
struct run_surroundings {
  schema::run_state shown = schema::run_state::schedule;
  std::uint64_t events = 0;
  nlohmann::json* task = nullptr;  ///< the frozen document; may be nullptr
  std::string outbox;              ///< state and detail; empty: nothing was to be sent
};

/// The text of `describe run`.
[[nodiscard]] std::string description_text(const schema::run& run, const run_surroundings& around,
                                           std::size_t width, const style& look,
                                           std::int64_t now_ms);

/// The object of `describe run -o json`: that of `run -o json` and everything else that is kept.
[[nodiscard]] nlohmann::json description_json(const schema::run& run,
                                              const run_surroundings& around);

}  // namespace skein::cli
