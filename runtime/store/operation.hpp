// The durable changes, each a named object that says everything the store needs to apply it. State
// row and event row(s) of one operation change in the same transaction; the writer commits many
// operations at once and replies to each only after the commit.
#pragma once

#include "runtime/store/pull_request.hpp"
#include "schema/campaign.hpp"
#include "schema/run.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <variant>
#include <vector>

namespace skein::store {

/// Who caused an operation; goes into its event. "system" for the fleet itself.
using actor_name = std::string;

enum class switch_scope { all, tenant, campaign, repo, run };
enum class switch_kind { hold, drain, kill };
[[nodiscard]] std::string_view to_string(switch_scope value) noexcept;
[[nodiscard]] std::string_view to_string(switch_kind value) noexcept;

/// An admission or kill switch; survives restarts until lifted.
struct switch_row {
  switch_kind kind = switch_kind::hold;
  switch_scope scope = switch_scope::all;
  std::string target;  ///< tenant, campaign name, repository URL or run id; empty for all
  std::string by;
  std::string reason;
  std::int64_t since_ms = 0;
  friend bool operator==(const switch_row&, const switch_row&) = default;
};

/// Stores a frozen task once, by its hash.
struct put_task {
  std::string sha256;
  std::string json;
};

/// Adds a run in `value.state`: schedule (queued) or a final state (rejected, duplicate). If
/// `dedup` is set and another run with the same fingerprint is non-final, published or
/// draft_published, it is stored as `duplicate` instead, with a failure record naming that run.
struct add_run {
  schema::run value;
  bool eligible = true;  ///< false: its wave is not open yet
  bool dedup = true;
  int priority = 0;
  /// It queues as if it had been submitted so much earlier.
  std::int64_t head_start_ms = 0;
};

/// Parks a run: goes with the move to waiting_approval.
struct approval_request {
  std::string diff_sha256;  ///< or the task's own: asked before the run begins
  schema::risk_level risk = schema::risk_level::low;
  std::uint32_t required = 1;  ///< people who have to say yes
  std::vector<std::string> why;
  std::int64_t expires_ms = 0;
};

/// Moves one run along. Refused as `stale` unless the stored attempt is `attempt` and the stored
/// state is `from`. Members that are set replace the stored ones. A non-empty `event` is kept with
/// the transition's event.
struct advance_run {
  std::string run_id;
  std::uint32_t attempt = 0;
  schema::run_state from = schema::run_state::schedule;
  schema::run_state to = schema::run_state::prepare;
  /// Set on admission and on every clean retry: the new fencing epoch, greater than `attempt`.
  std::optional<std::uint32_t> new_attempt;
  std::optional<std::uint32_t> failed_attempts;
  std::optional<std::uint32_t> crashes;
  bool preempted = false;  ///< with `to` schedule: it made room for a more important one
  std::optional<std::string> base_branch;
  std::optional<std::string> base_commit;
  std::optional<std::string> tree;
  std::optional<std::string> patch_ref;
  std::optional<std::string> log_ref;
  std::optional<schema::diff_summary> diff;
  std::optional<std::vector<schema::verdict>> verdicts;
  std::optional<std::vector<schema::finding>> findings;
  std::optional<schema::failure> failed;
  std::optional<schema::publication> published;
  std::optional<schema::usage> used;
  std::optional<schema::stage_timings> timings;
  std::optional<approval_request> approval;  ///< with `to` waiting_approval, and only then
  nlohmann::json event;  ///< object or null; bounded, scanned by the caller
};

/// A person's answer to a pending approval. `not_found` when the run waits for none; `unauthorised`
/// for the run's own submitter who would approve; `refused` after the time is over; `conflict` for
/// another diff than the one asked about, and for a second answer of the same person. The last yes
/// that was missing moves the run to publish (to schedule, if the question was about its task), a no ends it: the reply's state says so.
struct decide_approval {
  std::string run_id;
  std::string diff_sha256;
  bool approve = false;
  actor_name by;
  std::string reason;
  schema::failure denied;  ///< the record of a no
};

/// Ends a pending approval whose time is over, and its run; `stale` while it is not over.
struct expire_approval {
  std::string run_id;
  schema::failure failed;
};

/// Marks a pending approval as overdue, once.
struct escalate_approval {
  std::string run_id;
};

/// Records what must not have happened and was stopped.
struct put_incident {
  std::string kind;  ///< snake_case: secret_in_diff, canary_seen …
  std::string run_id;
  std::string campaign;
  std::string tenant;
  std::string summary;  ///< for people; never a secret
  nlohmann::json facts;
};

/// Notes something that happened in a run without moving it (tool call finished, attempt failed,
/// baseline reused). Not refused when the run moved on: it is a trace.
struct note_event {
  std::string kind;  ///< snake_case fact: tool_call_finished, attempt_failed …
  std::string run_id;
  std::string campaign;
  std::string tenant;
  actor_name by = "system";
  nlohmann::json payload;
};

/// Books what a run has used so far, with what is reserved for a call under way, and notes the event
/// that it belongs to. `stale` when the run is at another attempt or over. After a crash the
/// reservation counts as used: a limit is never exceeded.
struct book_usage {
  std::string run_id;
  std::uint32_t attempt = 0;
  schema::usage used;
  std::string kind;  ///< of the event, as in note_event
  nlohmann::json payload;
};

/// Remembers the result of a verifier on an untouched base.
struct put_baseline {
  std::string repo_url;
  std::string commit;
  std::string verifier_digest;
  schema::verdict value;
};

/// The publisher's intent, committed before anything leaves the machine. One row per run: a second
/// intent for the same run is `conflict`.
struct put_intent {
  std::string run_id;
  std::uint32_t attempt = 0;
  std::string repo_url;
  std::string branch;
  std::string commit;
  nlohmann::json payload;
};

enum class outbox_state { pending, unknown, done, failed };
[[nodiscard]] std::string_view to_string(outbox_state value) noexcept;

/// What became of it. pending → unknown | done | failed; unknown → done | failed | pending, and only
/// by reconciliation.
struct set_intent {
  std::string run_id;
  outbox_state state = outbox_state::done;
  std::string detail;
};

/// Starts a campaign with its expanded runs; `conflict` when the name exists.
struct add_campaign {
  schema::campaign value;
  std::string spec_sha256;
  std::string spec_json;
  std::string by;
  std::vector<std::pair<std::string, std::string>> tasks;  ///< (sha256, json) of every run's task
  std::vector<add_run> runs;
};

/// Leaving `running` makes the campaign's queued runs ineligible; coming back makes those of the open
/// waves eligible again.
struct set_campaign {
  std::string name;
  std::optional<schema::campaign_state> state;
  std::optional<std::uint32_t> open_wave;  ///< makes the queued runs of waves ≤ this eligible
  std::string reason;
  actor_name by = "system";
  nlohmann::json excused;  ///< figures that halt it no more; null: as before
};

/// Replaces failed runs of a campaign by fresh ones: the old rows are marked superseded.
struct retry_runs {
  std::string campaign;
  std::vector<std::string> superseded;  ///< run ids
  std::vector<add_run> runs;
  actor_name by = "system";
};

/// Starts a timetable, or does nothing when the same is there; `conflict` for another one.
struct put_timetable {
  std::string name;
  std::string tenant;
  std::string spec_json;  ///< the campaign document
  std::string directory;
  actor_name by;
  std::int64_t considered_ms = 0;  ///< times up to here do not count
};
/// What became of its times up to `considered_ms`.
struct move_timetable {
  std::string name;
  std::int64_t considered_ms = 0;
  std::string campaign;         ///< started for the last of them; empty: none was
  std::uint64_t given_up = 0;   ///< more times that started nothing
};
struct drop_timetable {
  std::string name;
  actor_name by = "system";
};

struct set_switch {
  switch_row value;
};
struct lift_switch {
  switch_scope scope = switch_scope::all;
  std::string target;
  std::optional<switch_kind> kind;  ///< none: every kind
  actor_name by = "system";
};

/// Ends queued runs of a scope that were never admitted, at most `limit` a call; the reply's
/// `affected` says how many. Used by kill and abort, in bounded batches.
struct finish_queued {
  switch_scope scope = switch_scope::all;
  std::string target;
  schema::run_state state = schema::run_state::killed;
  schema::failure failed;
  std::uint32_t limit = 500;
};

using operation = std::variant<put_task, add_run, advance_run, note_event, book_usage, put_baseline, put_intent,
                               set_intent, add_campaign, set_campaign, retry_runs, set_switch,
                               lift_switch, finish_queued, decide_approval, expire_approval,
                               escalate_approval, put_incident, claim_pull_request,
                               set_pull_request, take_delivery, put_timetable, move_timetable,
                               drop_timetable>;

/// What the writer answers to one operation.
struct applied {
  std::uint64_t affected = 0;  ///< rows changed
  std::int64_t event_seq = 0;  ///< of the last event written; 0 = none
  schema::run_state state = schema::run_state::intake;  ///< add_run, advance_run: the stored state
};

}  // namespace skein::store
