// Everything that can be asked of the state database. A reader never blocks the writer (WAL) and is
// safe beside a running fleet in another process. Blocking.
#pragma once

#include "runtime/store/operation.hpp"
#include "schema/approval.hpp"
#include "schema/error.hpp"
#include "schema/task.hpp"

#include <filesystem>
#include <memory>

namespace skein::store {

struct state_layout;

struct run_filter {
  std::optional<schema::run_state> state;
  std::string tenant;
  std::string campaign;
  bool with_superseded = false;
  bool non_final_only = false;
  std::uint32_t limit = 100;  ///< 0: no limit
  std::int64_t after_seq = 0; ///< cursor: rows with seq greater than this
};

struct campaign_row {
  schema::campaign value;
  std::string spec_sha256;
  schema::campaign_state state = schema::campaign_state::running;
  std::uint32_t open_wave = 0;
  std::string reason;
  nlohmann::json excused;  ///< as set_campaign was told last; null: nothing
  std::int64_t created_ms = 0;
  std::int64_t updated_ms = 0;
};

struct event_row {
  std::int64_t seq = 0;
  std::int64_t at_ms = 0;
  std::string kind;
  std::string run_id;
  std::string campaign;
  std::string tenant;
  std::string by;
  std::string payload;  ///< JSON text as hashed
  bool audited = false; ///< part of the audit trail; covered by the hash
  std::string hash;     ///< hex
};

struct outbox_row {
  std::string run_id;
  std::uint32_t attempt = 0;
  std::string repo_url;
  std::string branch;
  std::string commit;
  nlohmann::json payload;
  outbox_state state = outbox_state::pending;
  std::string detail;
};

/// Totals of one campaign, by wave and state; superseded runs are left out.
struct wave_totals {
  std::uint32_t wave = 0;
  std::vector<std::pair<schema::run_state, std::uint32_t>> states;
};

/// What the scheduler needs of a queued run; small, because many are read.
struct queued_run {
  std::string id;
  std::int64_t seq = 0;
  std::string tenant;
  std::string campaign;
  std::string repo_url;
  std::uint32_t attempt = 0;
  std::int64_t rank = 0;  ///< its place among its tenant's: smaller goes first, then seq
  int priority = 0;
  bool preempted = false;           ///< once already
  std::vector<std::string> labels;  ///< `key=value`, of the task
  bool spends = false;              ///< its agent can spend money and tokens
  double budget_usd = 0;
  std::uint64_t budget_tokens = 0;
  double used_usd = 0;  ///< by attempts that were lost
  std::uint64_t used_tokens = 0;
  schema::resource_spec resources;  ///< as its task states them
};

/// How many eligible rows of a tenant wait in a campaign.
struct lane_count {
  std::string tenant;
  std::string campaign;  ///< empty: none
  std::uint64_t rows = 0;
};
struct queue_counts {
  std::vector<lane_count> lanes;  ///< none is empty
  std::int64_t last_seq = 0;      ///< of all runs, queued or not
};

/// Rows of a lane behind (after_rank, after_seq), in the order of both.
struct lane_filter {
  std::string tenant;
  std::string campaign;
  std::int64_t after_rank = INT64_MIN;
  std::int64_t after_seq = INT64_MIN;
  std::uint32_t limit = 64;
};

struct approval_filter {
  std::optional<schema::approval_state> state;  ///< none: all
  std::string run_id;
  std::string tenant;
  std::string campaign;
  std::uint32_t limit = 100;  ///< 0: no limit
};

struct incident_row {
  std::int64_t seq = 0;
  std::int64_t at_ms = 0;
  std::string kind;
  std::string run_id;
  std::string campaign;
  std::string tenant;
  std::string summary;
  nlohmann::json facts;
};

/// Excluded scopes of a dispatch query.
struct queue_filter {
  std::int64_t after_seq = 0;
  std::uint32_t limit = 64;
  std::vector<std::string> skip_tenants;
  std::vector<std::string> skip_campaigns;
  std::vector<std::string> only_campaigns;  ///< with only_runs: nothing but these, when any is given
  std::vector<std::string> only_runs;
};

struct timetable_row {
  std::string name;
  std::string tenant;
  schema::campaign value;
  std::string directory;
  std::string submitter;
  std::int64_t considered_ms = 0;
  std::string last_campaign;  ///< empty: none yet
  std::uint64_t given_up = 0;
};

/// What the runs of a campaign have used.
struct campaign_usage {
  std::string tenant;
  std::string campaign;
  double usd = 0;
  std::uint64_t tokens = 0;
};

/// One pull request of a run that opened it.
struct opened_pull_request {
  std::string run_id;
  std::string campaign;
  std::int64_t at_ms = 0;
};

struct tenant_usage {
  std::string tenant;
  std::uint32_t active = 0;
  std::uint32_t queued = 0;
  double usd = 0;
  std::uint64_t tokens = 0;
};

/// A view from afar may answer `unsupported` where a function is not pure.
class reader {
 public:
  /// Opens an existing database read-only. `not_found` when there is none yet.
  [[nodiscard]] static result<std::unique_ptr<reader>> open(const state_layout& layout);
  virtual ~reader() = default;

  /// `prefix` may be shortened as long as it is unique; `not_found` or `conflict` (ambiguous, names
  /// the candidates).
  [[nodiscard]] virtual result<std::string> resolve_run(const std::string& prefix) const = 0;
  [[nodiscard]] virtual result<schema::run> run(const std::string& id) const = 0;
  [[nodiscard]] virtual result<std::vector<schema::run>> runs(const run_filter& filter) const = 0;
  [[nodiscard]] virtual result<std::uint64_t> count_runs(const run_filter& filter) const = 0;
  [[nodiscard]] virtual result<std::string> task_json(const std::string& sha256) const = 0;

  /// Eligible queued runs in admission order.
  [[nodiscard]] virtual result<std::vector<queued_run>> queued(const queue_filter& filter) const = 0;
  [[nodiscard]] virtual result<std::vector<queued_run>> lane(const lane_filter& filter) const;
  /// Eligible queued runs by lane; `campaign` empty: of all lanes.
  [[nodiscard]] virtual result<queue_counts> count_queue(const std::string& campaign) const;
  /// Runs that were past `schedule` and are not final: what recovery has to look after.
  [[nodiscard]] virtual result<std::vector<schema::run>> interrupted() const = 0;
  /// How many eligible queued runs come before this one.
  [[nodiscard]] virtual result<std::uint64_t> queue_position(const std::string& run_id) const = 0;

  [[nodiscard]] virtual result<campaign_row> campaign(const std::string& name) const = 0;
  [[nodiscard]] virtual result<std::vector<campaign_row>> campaigns() const = 0;
  [[nodiscard]] virtual result<std::vector<wave_totals>> totals(const std::string& campaign) const = 0;

  /// In order. `run_id` empty: of everything; `limit` 0: no limit.
  [[nodiscard]] virtual result<std::vector<event_row>> events(const std::string& run_id,
                                                              std::int64_t after_seq,
                                                              std::uint32_t limit) const = 0;
  [[nodiscard]] virtual result<std::vector<switch_row>> switches() const = 0;
  [[nodiscard]] virtual result<std::optional<schema::verdict>> baseline(
      const std::string& repo_url, const std::string& commit, const std::string& digest) const = 0;
  [[nodiscard]] virtual result<std::optional<outbox_row>> intent(const std::string& run_id) const = 0;
  [[nodiscard]] virtual result<std::vector<outbox_row>> open_intents() const = 0;
  [[nodiscard]] virtual result<std::vector<tenant_usage>> tenants() const = 0;
  /// In the order of their runs. `unsupported` where the rows are not at hand.
  [[nodiscard]] virtual result<std::vector<pull_request_row>> pull_requests(
      const pull_request_filter& /*filter*/) const {
    return error{errc::unsupported, "pull requests are not shown here", ""};
  }
  [[nodiscard]] virtual result<pull_request_totals> pull_request_figures(
      const std::string& /*campaign*/) const {
    return error{errc::unsupported, "pull requests are not shown here", ""};
  }
  /// By name.
  [[nodiscard]] virtual result<std::vector<timetable_row>> timetables() const;
  /// Of the campaigns of this tenant that are not over.
  [[nodiscard]] virtual result<std::vector<campaign_usage>> campaign_use(
      const std::string& tenant) const;
  /// Pull requests that runs of this tenant opened since then.
  [[nodiscard]] virtual result<std::vector<opened_pull_request>> opened_since(
      const std::string& tenant, std::int64_t since_ms) const;
  /// When each final run of the campaign ended, rising.
  [[nodiscard]] virtual result<std::vector<std::int64_t>> ends(
      const std::string& campaign) const;

  /// Oldest first, with the answers so far.
  [[nodiscard]] virtual result<std::vector<schema::approval>> approvals(
      const approval_filter& filter) const = 0;
  /// Newest first. `run_id` and `tenant` empty: of all; `limit` 0: no limit.
  [[nodiscard]] virtual result<std::vector<incident_row>> incidents(const std::string& run_id,
                                                                    const std::string& tenant,
                                                                    std::uint32_t limit) const = 0;

  /// Recomputes the whole hash chain and compares every run, campaign and intent with the last event
  /// that speaks of its state. The value is the number of events; `corrupt` names the first row that
  /// does not fit.
  [[nodiscard]] virtual result<std::uint64_t> verify_chain() const = 0;
};

}  // namespace skein::store
