// The writer's inside: one method per operation, each called within the open transaction. A method
// either applies its operation and appends its events, or refuses it before it has changed
// anything. Operations of many rows that can fail half-way run inside a savepoint.
#pragma once

#include "runtime/store/event_chain.hpp"
#include "runtime/store/run_row.hpp"
#include "runtime/store/sqlite_reader.hpp"
#include "runtime/store/writer.hpp"
#include "schema/approval.hpp"

namespace skein::store {

class sqlite_writer final : public writer {
 public:
  /// Throws SQLite::Exception.
  sqlite_writer(std::unique_ptr<connection> on, clock_fn clock);

  /// Reads the chain's head and the next run number; part of opening.
  [[nodiscard]] result<> load();

  [[nodiscard]] std::vector<result<applied>> commit(std::span<const operation> batch) override;
  [[nodiscard]] const reader& view() const override { return view_; }

 private:
  using answers = std::vector<result<applied>>;

  /// What an operation needs to know of the run it is about.
  struct run_key {
    std::int64_t seq = 0;
    schema::run_state state = schema::run_state::intake;
    std::uint32_t attempt = 0;
    std::int64_t started_ms = 0;
    std::string tenant;
    std::string campaign;
  };

  // writer.cpp
  /// One transaction. `careful`: a savepoint around every operation, so that one that fails in an
  /// unforeseen way is refused alone.
  answers apply_all(std::span<const operation> batch, bool careful);
  result<applied> apply_carefully(const operation& each);
  result<applied> apply_any(const operation& each);
  void roll_back(const chain_head& head, std::int64_t next_run) noexcept;
  /// Runs `change` in a savepoint that is undone when it refuses or throws.
  template <class Change>
  result<applied> all_or_nothing(Change&& change);
  [[nodiscard]] result<run_key> find_run(const std::string& id);
  std::int64_t append(const std::string& kind, std::int64_t run_seq, const std::string& run_id,
                      const std::string& campaign, const std::string& tenant,
                      const std::string& actor, const std::string& payload);

  // apply_run.cpp
  result<applied> apply(const put_task& op);
  result<applied> apply(const add_run& op);
  result<applied> apply(const advance_run& op);
  result<applied> apply(const note_event& op);
  result<applied> apply(const book_usage& op);
  result<applied> apply(const finish_queued& op);
  [[nodiscard]] bool has_task(const std::string& sha256);
  /// Another run with this fingerprint that stands or may still succeed.
  [[nodiscard]] std::optional<std::string> twin_of(const schema::run& value);
  void add_usage(const run_key& run, const schema::usage& used);

  // apply_campaign.cpp
  result<applied> apply(const add_campaign& op);
  result<applied> apply(const set_campaign& op);
  result<applied> apply(const retry_runs& op);

  // apply_timetable.cpp
  result<applied> apply(const put_timetable& op);
  result<applied> apply(const move_timetable& op);
  result<applied> apply(const drop_timetable& op);

  // apply_record.cpp
  result<applied> apply(const put_baseline& op);
  result<applied> apply(const put_intent& op);
  result<applied> apply(const set_intent& op);
  result<applied> apply(const set_switch& op);
  result<applied> apply(const lift_switch& op);

  // apply_pull_request.cpp
  result<applied> apply(const claim_pull_request& op);
  result<applied> apply(const set_pull_request& op);
  result<applied> apply(const take_delivery& op);

  // apply_approval.cpp
  result<applied> apply(const decide_approval& op);
  result<applied> apply(const expire_approval& op);
  result<applied> apply(const escalate_approval& op);
  result<applied> apply(const put_incident& op);
  struct open_approval {
    bool of_contract = false;  ///< asked before the run began: about its task, not about a change
    run_key run;
    std::string submitter;
    std::string diff_sha256;
    std::uint32_t required = 1;
    std::int64_t expires_ms = 0;
    std::int64_t escalated_ms = 0;
  };
  [[nodiscard]] result<open_approval> find_approval(const std::string& run_id);
  void add_approval(const run_key& run, std::uint32_t attempt, const approval_request& ask);
  std::int64_t close_approval(const std::string& run_id, const run_key& run,
                              schema::approval_state state, const std::string& by,
                              const std::string& reason);

  std::unique_ptr<connection> connection_;
  sqlite_reader view_;
  event_chain chain_;
  clock_fn clock_;
  std::int64_t now_ms_ = 0;    ///< one reading per transaction
  std::int64_t next_run_ = 1;  ///< the next run's seq

  // Part of every run: prepared here instead of looked up.
  SQLite::Statement find_run_;
  SQLite::Statement advance_;        ///< within a phase: touches no index
  SQLite::Statement advance_phase_;  ///< everything an advance can change in `runs`
  run_inserter inserter_;
};

template <class Change>
result<applied> sqlite_writer::all_or_nothing(Change&& change) {
  const chain_head head = chain_.head();
  const std::int64_t next_run = next_run_;
  const auto undo = [&] {
    // A failure of the whole transaction (disk full) may have ended it already.
    if (!connection_->idle()) {
      connection_->database().exec("ROLLBACK TO one_operation; RELEASE one_operation");
    }
    chain_.restore(head);
    next_run_ = next_run;
  };
  connection_->database().exec("SAVEPOINT one_operation");
  try {
    result<applied> answer = change();
    if (answer) {
      connection_->database().exec("RELEASE one_operation");
    } else {
      undo();
    }
    return answer;
  } catch (...) {
    undo();
    throw;
  }
}

/// A refusal in the store's tone.
[[nodiscard]] error refusal(errc code, std::string message, std::string remedy = "");

/// Compact JSON of `fields`, with the members of `extra` (an object or null) that do not collide.
[[nodiscard]] std::string payload_text(nlohmann::json fields,
                                       const nlohmann::json& extra = nullptr);

inline constexpr std::size_t max_payload_bytes = 256U << 10;

}  // namespace skein::store
