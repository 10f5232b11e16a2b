// The operations on baselines, the outbox and the switches.
#include "runtime/store/sqlite_writer.hpp"
#include "runtime/store/stored_json.hpp"
#include "schema/identity.hpp"

namespace skein::store {

namespace {

const std::string none;
const std::string system_actor = "system";

outbox_state outbox_state_of(const std::string& word) {
  for (const auto each :
       {outbox_state::pending, outbox_state::unknown, outbox_state::done, outbox_state::failed}) {
    if (to_string(each) == word) return each;
  }
  throw std::runtime_error("unknown outbox state " + word);
}

/// pending → unknown | done | failed; unknown → done | failed | pending.
bool is_legal(outbox_state from, outbox_state to) {
  if (from == to) return false;
  return from == outbox_state::pending || from == outbox_state::unknown;
}

const std::string& kind_of_outcome(outbox_state state) {
  static const std::string pending = "intent_pending";
  static const std::string unknown = "intent_unknown";
  static const std::string done = "intent_done";
  static const std::string failed = "intent_failed";
  switch (state) {
    case outbox_state::pending:
      return pending;
    case outbox_state::unknown:
      return unknown;
    case outbox_state::done:
      return done;
    case outbox_state::failed:
      return failed;
  }
  return unknown;
}

/// The columns of an event that a switch's target fills.
struct switch_place {
  const std::string& campaign;
  const std::string& tenant;
};
switch_place place_of(switch_scope scope, const std::string& target) {
  return {scope == switch_scope::campaign ? target : none,
          scope == switch_scope::tenant ? target : none};
}

}  // namespace

result<applied> sqlite_writer::apply(const put_baseline& op) {
  const std::string verdict = encode(op.value);
  query(connection_->prepared(
            "INSERT INTO baselines (repo_url, commit_id, verifier_digest, verdict_json, at_ms) "
            "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (repo_url, commit_id, verifier_digest) DO "
            "UPDATE SET verdict_json = excluded.verdict_json, at_ms = excluded.at_ms"),
        op.repo_url, op.commit, op.verifier_digest, verdict, now_ms_)
      .run();
  static const std::string recorded = "baseline_recorded";
  const std::int64_t event = append(recorded, 0, none, none, none, system_actor,
                                    payload_text({{"repo", op.repo_url},
                                                  {"commit", op.commit},
                                                  {"verifier", op.value.name},
                                                  {"digest", op.verifier_digest},
                                                  {"status", schema::to_string(op.value.status)}}));
  return applied{.affected = 1, .event_seq = event};
}

result<applied> sqlite_writer::apply(const put_intent& op) {
  SKEIN_TRY(run, find_run(op.run_id));
  if (run.attempt != op.attempt || schema::is_final(run.state)) {
    return refusal(errc::stale, "publish run " + op.run_id + " attempt " +
                                    std::to_string(op.attempt) + ": it is " + word_of(run.state) +
                                    " at attempt " + std::to_string(run.attempt));
  }
  const std::string pending(to_string(outbox_state::pending));
  const std::string payload = schema::canonical_json(op.payload);
  query insert(connection_->prepared(
                   "INSERT INTO outbox (run_seq, attempt, repo_url, branch, commit_id, "
                   "payload_json, state, detail, created_ms, updated_ms) VALUES (?1, ?2, ?3, ?4, "
                   "?5, ?6, ?7, '', ?8, ?8) ON CONFLICT DO NOTHING"),
               run.seq, op.attempt, op.repo_url, op.branch, op.commit, payload, pending, now_ms_);
  if (insert.run() == 0) {
    return refusal(errc::conflict, "publish run " + op.run_id + ": its intent is recorded already");
  }
  static const std::string recorded = "intent_recorded";
  const std::int64_t event =
      append(recorded, run.seq, op.run_id, run.campaign, run.tenant, system_actor,
             payload_text({{"attempt", op.attempt},
                           {"repo", op.repo_url},
                           {"branch", op.branch},
                           {"commit", op.commit}}));
  return applied{.affected = 1, .event_seq = event, .state = run.state};
}

result<applied> sqlite_writer::apply(const set_intent& op) {
  SKEIN_TRY(run, find_run(op.run_id));
  std::string stored;
  {
    query row(connection_->prepared("SELECT state FROM outbox WHERE run_seq = ?1"), run.seq);
    if (!row.step()) {
      return refusal(errc::not_found, "run " + op.run_id + " has no publication intent");
    }
    stored = row.text(0);
  }
  const outbox_state from = outbox_state_of(stored);
  // A repeated message says nothing new.
  if (from == op.state) return applied{.state = run.state};
  const std::string to(to_string(op.state));
  if (!is_legal(from, op.state)) {
    return refusal(errc::conflict, "set the intent of run " + op.run_id + " to " + to + ": it is " +
                                       stored + " already");
  }
  query(connection_->prepared(
            "UPDATE outbox SET state = ?2, detail = ?3, updated_ms = ?4 WHERE run_seq = ?1"),
        run.seq, to, op.detail, now_ms_)
      .run();
  const std::int64_t event =
      append(kind_of_outcome(op.state), run.seq, op.run_id, run.campaign, run.tenant, system_actor,
             payload_text({{"from", stored}, {"to", to}, {"detail", op.detail}}));
  return applied{.affected = 1, .event_seq = event, .state = run.state};
}

result<applied> sqlite_writer::apply(const set_switch& op) {
  const std::string scope(to_string(op.value.scope));
  const std::string kind(to_string(op.value.kind));
  if ((op.value.scope == switch_scope::all) != op.value.target.empty()) {
    return refusal(errc::invalid, "set " + kind + " for " + scope + " \"" + op.value.target +
                                      "\": every scope but all has a target");
  }
  const std::int64_t since = op.value.since_ms == 0 ? now_ms_ : op.value.since_ms;
  query(connection_->prepared(
            "INSERT INTO switches (scope, target, kind, actor, reason, since_ms) VALUES (?1, ?2, "
            "?3, ?4, ?5, ?6) ON CONFLICT (scope, target, kind) DO UPDATE SET actor = "
            "excluded.actor, reason = excluded.reason, since_ms = excluded.since_ms"),
        scope, op.value.target, kind, op.value.by, op.value.reason, since)
      .run();
  static const std::string set = "switch_set";
  const switch_place place = place_of(op.value.scope, op.value.target);
  const std::int64_t event = append(set, 0, none, place.campaign, place.tenant,
                                    op.value.by.empty() ? system_actor : op.value.by,
                                    payload_text({{"kind", kind},
                                                  {"scope", scope},
                                                  {"target", op.value.target},
                                                  {"reason", op.value.reason}}));
  return applied{.affected = 1, .event_seq = event};
}

result<applied> sqlite_writer::apply(const lift_switch& op) {
  const std::string scope(to_string(op.scope));
  std::optional<std::string> kind;
  if (op.kind) kind = to_string(*op.kind);
  const std::uint64_t lifted =
      query(connection_->prepared("DELETE FROM switches WHERE scope = ?1 AND target = ?2 AND "
                                  "(?3 IS NULL OR kind = ?3)"),
            scope, op.target, kind)
          .run();
  if (lifted == 0) return applied{};
  static const std::string word = "switch_lifted";
  const switch_place place = place_of(op.scope, op.target);
  const std::int64_t event = append(
      word, 0, none, place.campaign, place.tenant, op.by.empty() ? system_actor : op.by,
      payload_text({{"kind", kind.value_or("any")}, {"scope", scope}, {"target", op.target}}));
  return applied{.affected = lifted, .event_seq = event};
}

}  // namespace skein::store
