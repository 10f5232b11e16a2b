// Every message that actors of the fleet send each other inside one process. Plain values; nothing
// here decides anything. The remote protocol is a separate, versioned set.
#pragma once

#include "runtime/agent/tool_answer.hpp"
#include "runtime/artifact/artifact_store.hpp"
#include "runtime/cell/cell.hpp"
#include "runtime/diff/change.hpp"
#include "runtime/egress/proxy.hpp"
#include "runtime/gateway/gateway.hpp"
#include "runtime/git/mirror.hpp"
#include "runtime/model/conversation.hpp"
#include "runtime/policy/engine.hpp"
#include "runtime/scan/secret_scanner.hpp"
#include "runtime/store/operation.hpp"
#include "runtime/store/reader.hpp"
#include "runtime/verify/verifier_set.hpp"
#include "runtime/workspace/workspace.hpp"
#include "schema/campaign.hpp"
#include "schema/run.hpp"

#include <functional>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace skein::mcp {
struct started_server;
}

namespace skein::actors {

// -- store ---------------------------------------------------------------------------------------

/// Make this change durable; the reply leaves after the commit.
struct commit {
  store::operation what;
};
/// Any question to the state database, answered from the writer's own connection.
struct get_run {
  std::string id;
};
struct get_task {
  std::string sha256;
};
struct get_queued {
  store::queue_filter filter;
};
struct get_lane {
  store::lane_filter filter;
};
struct count_queue {
  std::string campaign;  ///< empty: all
};
struct get_interrupted {};
struct get_switches {};
struct get_runs {
  store::run_filter filter;
};
struct get_campaign {
  std::string name;
};
struct get_campaigns {};
struct get_totals {
  std::string campaign;
};
struct get_baseline {
  std::string repo_url;
  std::string commit;
  std::string digest;
};
struct get_intent {
  std::string run_id;
};
struct get_tenants {};
struct get_pull_requests {
  store::pull_request_filter filter;
};
using pull_request_list = std::vector<store::pull_request_row>;
/// Of one campaign.
struct get_pull_request_figures {
  std::string campaign;
};
struct get_timetables {};
/// What a tenant's ledger is built from again.
struct get_past_use {
  std::string tenant;
  std::int64_t pull_requests_since_ms = 0;
};
struct get_approvals {
  store::approval_filter filter;
};
/// The store's own: commit what has gathered.
struct flush_tick {};

using run_list = std::vector<schema::run>;
using queued_list = std::vector<store::queued_run>;
using switch_list = std::vector<store::switch_row>;
using campaign_list = std::vector<store::campaign_row>;
using totals_list = std::vector<store::wave_totals>;
using tenant_list = std::vector<store::tenant_usage>;
using approval_list = std::vector<schema::approval>;
using timetable_list = std::vector<store::timetable_row>;
struct past_use {
  std::vector<store::campaign_usage> campaigns;
  std::vector<store::opened_pull_request> opened;
};
struct baseline_answer {
  std::optional<schema::verdict> known;
};
struct intent_answer {
  std::optional<store::outbox_row> known;
};

// -- pull requests --------------------------------------------------------------------------------

/// The forge said that something happened to the pull requests of these runs. Sender: whoever takes
/// its deliveries. Lost: they are looked at when they are due.
struct look_at {
  std::vector<std::string> run_ids;
};
// -- control plane files: git and artifacts ------------------------------------------------------

struct prepare_base {
  schema::repo_spec repo;
  std::stop_token stop;
};
struct prepared_base {
  git::base base;
  std::filesystem::path checkout;  ///< stays as long as the requester lives
  std::vector<std::string> root_entries;  ///< names in the repository's root, for verifier choice
  workspace::ignored_fn ignored;
  std::string opt_out = {};  ///< text of schedule::opt_out_file, cut behind its limit; often empty
};
/// Writes a change as a git tree, computes the diff, examines it, stores the patch.
struct record_change {
  git::base base;
  std::filesystem::path checkout;
  std::shared_ptr<const workspace::change_set> change;
  std::shared_ptr<const schema::task> task;  ///< what the change is examined against
  std::shared_ptr<const scan::secret_scanner> secrets;  ///< knows the canary
};
/// Makes the change of a commit of ours on another base.
struct carry_change {
  git::base onto;
  std::string repo_url;
  std::string branch;  ///< has `head`, for a mirror that does not
  std::string from;    ///< the commit that the change was made on
  std::string head;
};
struct carried_change {
  std::shared_ptr<const workspace::change_set> change;  ///< null: it does not apply
  std::string reason;
};
struct recorded_change {
  std::string tree;
  git::diff diff;
  artifact::ref patch_ref;
  std::vector<schema::finding> secrets;  ///< of the added lines
  std::vector<schema::finding> findings;  ///< of the diff gate
  bool raised_risk = false;
  schema::risk_level risk = schema::risk_level::low;  ///< as computed from task and change
  std::shared_ptr<const diff::change> parsed;
  nlohmann::json dependencies;  ///< of event dependencies_resolved; null: no lockfile is changed
};
/// Redacts, then stores.
struct put_text {
  std::string text;
  std::shared_ptr<const scan::secret_scanner> secrets;  ///< none: the platform's
};
struct stored_text {
  artifact::ref ref;
  bool redacted = false;
};

// -- worker and workspace ------------------------------------------------------------------------

struct open_attempt {
  std::string run_id;
  std::uint32_t attempt = 0;
  std::filesystem::path checkout;
  schema::capability_spec capabilities;
  std::vector<cell::mount> mounts;  ///< what the agent works with
  std::vector<cell::loopback_port> ports;
  std::string canary;  ///< planted where a thief would look
  std::shared_ptr<const scan::secret_scanner> secrets;  ///< knows the canary
  schema::resource_spec resources;
};
/// The cell's proxy let something out, or refused to.
struct way_out_tried {
  egress::event what;
};
/// Gives the phase a fresh workspace, with `change` applied when there is one.
struct enter_phase {
  std::string phase;
  std::shared_ptr<const workspace::change_set> change;
};
struct phase_entered {};
struct execute {
  cell::command what;
};
/// Reads the change of the current phase.
struct collect_change {
  workspace::change_limits limits;
  workspace::ignored_fn ignored;
};
struct change_collected {
  std::shared_ptr<const workspace::change_set> change;
  std::vector<workspace::oddity> oddities;
};
/// Starts an MCP server in a cell of its own, which ends with the attempt.
struct start_server {
  std::string name;
  std::vector<std::string> command;
  std::vector<cell::mount> mounts;
  bool reads_repository = false;  ///< else its workspace is empty
  bool network = false;           ///< it has the attempt's way out
  std::chrono::milliseconds time{0};
};
struct server_started {
  std::shared_ptr<mcp::started_server> server;  ///< taken by the first who needs it
};
/// The attempt's proxy, for a connection that the platform makes in the run's name; `unsupported`
/// when the task has no network grant.
struct find_way_out {};
struct way_out_found {
  std::string proxy;  ///< URL with the run's token
};
/// Kills what runs, waits for the last process, removes the files.
struct close_attempt {};
struct attempt_closed {};
/// The cell of a workspace started, or could not.
struct cell_ready {
  std::shared_ptr<cell::cell> value;
  std::optional<error> failed;
};

// -- tool call and verifier ----------------------------------------------------------------------

/// One invocation of a tool; one actor each.
struct perform_call {};
struct call_outcome {
  cell::command_result result;
  agent::tool_answer said;  ///< what the agent is told; empty for a step of the contract
  artifact::ref log_ref;
  std::optional<policy::decision> denied;  ///< then nothing was executed
};
// -- agent ---------------------------------------------------------------------------------------

/// Work on the task, or go on with what came back from verification or review.
struct perform_agent {
  std::optional<model::turn> feedback;
  std::chrono::milliseconds time{0};  ///< what is left of the wall clock
  schema::usage used;                 ///< by the run so far; judges pay from the same budget
};
/// finished: the workspace has the result. budget: F6. stuck: it went in circles. gave_up: it says
/// that it cannot. leaked: it said what it must not know. failed: the provider, F9.
enum class agent_end { finished, budget, stuck, gave_up, leaked, failed };
[[nodiscard]] std::string_view to_string(agent_end value) noexcept;
struct agent_done {
  agent_end end = agent_end::finished;
  std::string reason;
  std::string summary;           ///< the agent's words: unproven
  std::string behaviour_change;  ///< likewise
  std::vector<std::string> approval_wanted;
  artifact::ref transcript;  ///< or the log of an agent that keeps none
  schema::usage used;
  bool used_is_added = false;  ///< `used` is what came to what the run has booked already
};
/// What the agent has used so far, with what is reserved for a call under way.
struct book_usage {
  schema::usage used;
  std::string kind;
  nlohmann::json payload;
};
struct usage_booked {};

/// The gateway of the run's cell: tokens and money so far, with what is reserved.
struct gateway_used {
  schema::usage used;
};
/// A request of the cell to a model ended.
struct gateway_request {
  gateway::exchange what;
  std::string leak;  ///< the rule that found something that must not leave; empty: none
};

/// Check the untouched base (unless its verdict is remembered), then the change.
struct perform_verification {
  std::shared_ptr<const workspace::change_set> change;
};

// -- publisher -----------------------------------------------------------------------------------

struct publish_run {
  schema::run run;
  schema::publish_spec how;
  git::base base;
  std::string intent;  ///< the task's words, for the title and body
  bool draft = false;  ///< forced by the gate
  std::optional<schema::follow_up_spec> follows;  ///< pushed to that branch; no pull request of its own
  std::stop_token stop;
};
/// published, or failed with the outcome known (rejected) or not (unknown).
struct publish_outcome {
  std::optional<schema::publication> published;
  std::string reason;
  bool unknown = false;
  bool duplicate = false;   ///< the same work was published, or refused, before
  bool base_moved = false;  ///< nothing was sent: to be verified again on the new base
};

// -- run -----------------------------------------------------------------------------------------

/// Stop now, whatever is going on; the reply leaves when every process is dead and the state is
/// durable.
struct kill_run {
  schema::run_state state = schema::run_state::killed;
  std::string reason;
};
/// Stop without a final state: the process ends, the run continues after the next start.
struct park_run {};
struct run_stopped {};
struct wall_clock_tick {};

/// Facts a run tells the fleet.
struct cell_released {
  std::string run_id;
};
struct run_finished {
  std::string run_id;
  std::string tenant;
  std::string campaign;
  schema::run_state state = schema::run_state::killed;
  schema::usage used;
};

// -- tenant --------------------------------------------------------------------------------------

struct request_lease {
  std::string run_id;
  std::string campaign;
  std::int64_t budget_micro_usd = 0;  ///< both 0: the run cannot spend
  std::int64_t budget_tokens = 0;
  double campaign_usd = 0;  ///< limit of the campaign; 0: none
  bool at_work = false;     ///< it is already: the answer is always yes
};
struct lease_answer {
  bool granted = false;
  std::string reason;
  std::int64_t closed_until_ms = 0;  ///< a time, before which no run of the tenant is asked for
};
/// The run is over: take the lease back and add what it used.
struct return_lease {
  std::string run_id;
  schema::usage used;
  bool opened_nothing = false;  ///< the pull request that was counted for it is not there
};
/// Before a pull request is opened; counts it.
struct take_pull_request {
  std::string run_id;
  std::string tenant;
  std::string campaign;
};
struct pull_request_answer {
  bool granted = false;
  std::string reason;
  std::int64_t ask_again_ms = 0;  ///< a time
};
/// Tenant → fleet → runs: nothing is left to spend.
struct budget_gone {
  std::string tenant;
  std::string reason;
};

// -- scheduler -----------------------------------------------------------------------------------

/// Something may be runnable now: a run was queued, a slot came free, a switch was lifted.
struct dispatch_tick {};
/// Rows that were queued before went out of the queue or came into it again: a wave opened, a
/// campaign was paused, queued runs were killed.
struct queue_changed {
  std::string campaign;  ///< empty: all
};
/// Scheduler → fleet: stop this run and put it back into the queue.
struct preempt_run {
  std::string run_id;
};
struct get_why {
  std::string run_id;
};
struct why_answer {
  bool waiting = false;  ///< false: it is at work, final, or unknown here
  std::string code;
  std::string detail;
  std::uint64_t position = 0;
  std::optional<std::int64_t> eta_ms;  ///< from now
};
/// The scheduler's own: repairs whatever a lost message left undone.
struct idle_tick {};
/// Fleet → a restarted scheduler: this run is at work.
struct run_adopted {
  run_finished who;
  std::string repo_url;
  bool holds_cell = true;
  std::vector<std::string> labels = {};
  std::int64_t budget_micro_usd = 0;
  std::int64_t budget_tokens = 0;
  schema::usage used_before = {};
};
struct switches_changed {
  switch_list now;
};
/// Scheduler → fleet: this run is admitted under this epoch; spawn it.
struct run_admitted {
  std::string run_id;
  std::uint32_t attempt = 0;
};
/// Fleet → scheduler: an embedded fleet works on these too.
struct focus_on {
  std::string campaign;
  std::string run_id;
};
struct get_load {};
struct load_answer {
  std::uint32_t cells = 0;
  std::uint32_t active = 0;
  std::uint64_t queued = 0;
};

// -- campaign ------------------------------------------------------------------------------------

enum class campaign_act { pause, resume, abort };
struct control_campaign {
  std::string name;
  campaign_act act = campaign_act::pause;
  std::string by;
  std::string reason;
};
struct campaign_answer {
  schema::campaign_state state = schema::campaign_state::running;
};
struct wave_tick {};

/// What rolling a campaign back came to; see rollback.hpp.
enum class rollback_act {
  nothing,         ///< it is as it should be
  closed,          ///< the pull request
  branch_deleted,  ///< of the remote
  reverted,        ///< a pull request that takes back what was merged
  person           ///< it could not be done here; `detail` says what a person has to do
};
[[nodiscard]] std::string_view to_string(rollback_act value) noexcept;
struct rollback_step {
  std::string run_id;
  std::string repo_url;
  rollback_act act = rollback_act::nothing;
  std::string detail;
};
struct rollback_order {
  std::string campaign;
  std::string by;
  bool dry_run = false;
};
struct rolled_back {
  std::vector<rollback_step> steps;
};

// -- intake --------------------------------------------------------------------------------------

struct submit_run {
  schema::task task;
  std::string by;
  bool dry_run = false;
};
struct submitted {
  std::string run_id;
  schema::run_state state = schema::run_state::schedule;
  std::uint64_t ahead = 0;  ///< runs that were queued when it came
};
struct submit_campaign {
  schema::campaign campaign;
  std::filesystem::path directory;  ///< what relative `file:` and `glob:` entries are relative to
  std::string by;
  bool dry_run = false;
  std::uint64_t room = UINT64_MAX;  ///< runs that the queue still takes; the fleet fills it in
};
struct campaign_submitted {
  std::string name;
  bool resumed = false;
  std::uint32_t runs = 0;
  bool scheduled = false;  ///< it starts by itself, at `next_ms` first
  std::int64_t next_ms = 0;
};
struct retry_campaign {
  std::string name;
  std::string by;
};
struct retried {
  std::uint32_t runs = 0;
};
/// The repositories of a campaign, expanded by the blocking pool.
struct expanded_repos {
  std::vector<schema::repo_spec> repos;
};

// -- timetable -----------------------------------------------------------------------------------

/// A timetable was added or removed.
struct timetables_changed {};
/// The timetable's own.
struct timetable_tick {};

// -- fleet ---------------------------------------------------------------------------------------

struct boot {};
struct booted {
  std::uint32_t recovered = 0;
};
struct operate_switch {
  store::switch_row value;
};
struct operate_lift {
  store::lift_switch value;
};
struct switch_report {
  std::uint64_t stopped_runs = 0;
  std::uint64_t stopped_queued = 0;
  std::int64_t took_ms = 0;
};
/// Orderly end: no admissions, every cell dead, every acknowledged change durable.
struct stop_fleet {};
struct fleet_stopped {};
/// Take up a run that another process left unfinished.
struct attach_run {
  std::string run_id;
};
/// A person's answer to a run that waits for approval.
struct decide_run {
  store::decide_approval value;
};
struct run_decided {
  schema::run_state state = schema::run_state::waiting_approval;
};
struct get_active {};
struct active_answer {
  std::uint32_t runs = 0;
  bool store_failed = false;
  std::string reason;
};

// -- everywhere ----------------------------------------------------------------------------------

/// Work done outside the actor came back; runs in the actor that asked for it.
struct job_done {
  std::function<void()> deliver;
};

}  // namespace skein::actors
