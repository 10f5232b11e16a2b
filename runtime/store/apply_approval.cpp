// The operations on approvals and incidents.
#include "runtime/store/sqlite_writer.hpp"
#include "runtime/store/stored_json.hpp"
#include "schema/identity.hpp"

namespace skein::store {

namespace {

const std::string system_actor = "system";

error not_waiting(const std::string& run_id, const std::string& state) {
  return refusal(errc::not_found, "run " + run_id + " waits for no approval: it is " + state,
                 "list what waits with `skein get approvals`");
}

}  // namespace

void sqlite_writer::add_approval(const run_key& run, std::uint32_t attempt,
                                 const approval_request& ask) {
  const std::string risk(schema::to_string(ask.risk));
  const std::string why = nlohmann::json(ask.why).dump();
  query(connection_->prepared(
            "INSERT INTO approvals (run_seq, attempt, diff_sha256, risk, required, why_json, state, "
            "created_ms, expires_ms, escalated_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'pending', ?7, "
            "?8, 0)"),
        run.seq, attempt, ask.diff_sha256, risk, ask.required, why, now_ms_, ask.expires_ms)
      .run();
}

std::int64_t sqlite_writer::close_approval(const std::string& run_id, const run_key& run,
                                           schema::approval_state state, const std::string& by,
                                           const std::string& reason) {
  const std::string word(to_string(state));
  const auto changed =
      query(connection_->prepared("UPDATE approvals SET state = ?3 WHERE run_seq = ?1 AND attempt = "
                                  "?2 AND state = 'pending'"),
            run.seq, run.attempt, word)
          .run();
  if (changed == 0) return 0;
  return append("approval_" + word, run.seq, run_id, run.campaign, run.tenant, by,
                payload_text({{"attempt", run.attempt}, {"reason", reason}}));
}

result<sqlite_writer::open_approval> sqlite_writer::find_approval(const std::string& run_id) {
  open_approval out;
  SKEIN_TRY(run, find_run(run_id));
  out.run = std::move(run);
  if (out.run.state != schema::run_state::waiting_approval) {
    return not_waiting(run_id, word_of(out.run.state));
  }
  query row(connection_->prepared(
                "SELECT a.diff_sha256, a.required, a.expires_ms, a.escalated_ms, o.submitter, "
                "a.diff_sha256 = o.task_sha256 FROM "
                "approvals a JOIN run_origins o ON o.run_seq = a.run_seq WHERE a.run_seq = ?1 AND "
                "a.attempt = ?2 AND a.state = 'pending'"),
            out.run.seq, out.run.attempt);
  if (!row.step()) return not_waiting(run_id, "parked without a question");
  out.diff_sha256 = row.text(0);
  out.required = row.small(1);
  out.expires_ms = row.integer(2);
  out.escalated_ms = row.integer(3);
  out.submitter = row.text(4);
  out.of_contract = row.integer(5) != 0;
  return out;
}

result<applied> sqlite_writer::apply(const decide_approval& op) {
  SKEIN_TRY(open, find_approval(op.run_id));
  const auto& run = open.run;
  const std::string what = std::string(op.approve ? "approve" : "deny") + " run " + op.run_id;
  if (op.by.empty()) return refusal(errc::invalid, what + ": nobody is named");
  if (op.diff_sha256 != open.diff_sha256) {
    return refusal(errc::conflict, what + ": its change is not the one that was looked at",
                   "read it again: skein diff " + op.run_id);
  }
  if (op.approve && op.by == open.submitter) {
    return refusal(errc::unauthorised, what + ": " + op.by + " submitted it",
                   "somebody else has to look at it");
  }
  if (op.approve && now_ms_ >= open.expires_ms) {
    return refusal(errc::refused, what + ": the time to decide is over", "submit the task again");
  }
  const auto added =
      query(connection_->prepared(
                "INSERT INTO approval_votes (run_seq, attempt, voter, approve, reason, at_ms) VALUES "
                "(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING"),
            run.seq, run.attempt, op.by, op.approve, op.reason, now_ms_)
          .run();
  if (added == 0) return refusal(errc::conflict, what + ": " + op.by + " has answered already");
  append("approval_answered", run.seq, op.run_id, run.campaign, run.tenant, op.by,
         payload_text({{"attempt", run.attempt},
                       {"approve", op.approve},
                       {"reason", op.reason},
                       {"diffSha256", open.diff_sha256}}));
  advance_run move;
  move.run_id = op.run_id;
  move.attempt = run.attempt;
  move.from = run.state;
  if (!op.approve) {
    close_approval(op.run_id, run, schema::approval_state::denied, op.by, op.reason);
    move.to = schema::run_state::approval_denied;
    move.failed = op.denied;
    move.event = {{"reason", op.denied.reason}, {"by", op.by}};
    return apply(move);
  }
  std::uint32_t yes = 0;
  {
    query count(connection_->prepared("SELECT count(*) FROM approval_votes WHERE run_seq = ?1 AND "
                                      "attempt = ?2 AND approve = 1"),
                run.seq, run.attempt);
    if (count.step()) yes = count.small(0);
  }
  if (yes < open.required) return applied{.affected = 1, .state = run.state};
  close_approval(op.run_id, run, schema::approval_state::approved, op.by, op.reason);
  // What was asked before the run began lets it begin; the queue has it again.
  move.to = open.of_contract ? schema::run_state::schedule : schema::run_state::publish;
  move.event = {{"approvedBy", op.by}};
  return apply(move);
}

result<applied> sqlite_writer::apply(const expire_approval& op) {
  SKEIN_TRY(open, find_approval(op.run_id));
  if (now_ms_ < open.expires_ms) {
    return refusal(errc::stale, "end the approval of run " + op.run_id + ": its time is not over");
  }
  close_approval(op.run_id, open.run, schema::approval_state::expired, system_actor, op.failed.reason);
  advance_run move;
  move.run_id = op.run_id;
  move.attempt = open.run.attempt;
  move.from = open.run.state;
  move.to = schema::run_state::approval_denied;
  move.failed = op.failed;
  move.event = {{"reason", op.failed.reason}};
  return apply(move);
}

result<applied> sqlite_writer::apply(const escalate_approval& op) {
  SKEIN_TRY(open, find_approval(op.run_id));
  if (open.escalated_ms != 0) return applied{.state = open.run.state};
  query(connection_->prepared(
            "UPDATE approvals SET escalated_ms = ?3 WHERE run_seq = ?1 AND attempt = ?2"),
        open.run.seq, open.run.attempt, now_ms_)
      .run();
  const std::int64_t event =
      append("approval_escalated", open.run.seq, op.run_id, open.run.campaign, open.run.tenant,
             system_actor, payload_text({{"attempt", open.run.attempt}}));
  return applied{.affected = 1, .event_seq = event, .state = open.run.state};
}

result<applied> sqlite_writer::apply(const put_incident& op) {
  run_key run;
  if (!op.run_id.empty()) {
    SKEIN_TRY(found, find_run(op.run_id));
    run = std::move(found);
  }
  const std::string facts =
      schema::canonical_json(op.facts.is_null() ? nlohmann::json::object() : op.facts);
  if (facts.size() > max_payload_bytes) {
    return refusal(errc::invalid, "record an incident: its facts are too large");
  }
  const std::string& campaign = op.campaign.empty() ? run.campaign : op.campaign;
  const std::string& tenant = op.tenant.empty() ? run.tenant : op.tenant;
  const std::optional<std::int64_t> of_run =
      run.seq > 0 ? std::optional(run.seq) : std::nullopt;
  query(connection_->prepared("INSERT INTO incidents (at_ms, kind, run_seq, campaign, tenant, "
                              "summary, facts_json) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
        now_ms_, op.kind, of_run, campaign, tenant, op.summary, facts)
      .run();
  const std::int64_t event =
      append("incident_recorded", run.seq, op.run_id, campaign, tenant, system_actor,
             payload_text({{"incident", op.kind}, {"summary", op.summary}, {"facts", op.facts}}));
  return applied{.affected = 1, .event_seq = event, .state = run.state};
}

}  // namespace skein::store
