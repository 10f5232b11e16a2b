// The operations on tasks and runs: adding, moving, noting, ending what waits.
#include "runtime/store/sqlite_writer.hpp"
#include "runtime/store/stored_json.hpp"
#include "schema/identity.hpp"

#include <algorithm>

namespace skein::store {

namespace {

const std::string system_actor = "system";

/// The payload of a transition. By hand when nothing has to be merged: it is the common case.
std::string transition_payload(const advance_run& op, std::uint32_t attempt) {
  if (op.event.empty() && !op.failed) {
    std::string out = "{\"attempt\":";
    out += std::to_string(attempt);
    out += ",\"from\":\"";
    out += word_of(op.from);
    out += "\",\"to\":\"";
    out += word_of(op.to);
    return out += "\"}";
  }
  nlohmann::json fields{{"attempt", attempt}, {"from", word_of(op.from)}, {"to", word_of(op.to)}};
  if (op.failed) fields["class"] = schema::to_string(op.failed->cls);
  return payload_text(std::move(fields), op.event);
}

bool is_snake_case(const std::string& kind) {
  return !kind.empty() && kind.size() <= 64 && std::ranges::all_of(kind, [](char each) {
    return (each >= 'a' && each <= 'z') || (each >= '0' && each <= '9') || each == '_';
  });
}

bool needs_failure(schema::run_state state) {
  return schema::is_final(state) && !schema::is_success(state);
}

schema::failure completed(schema::failure value, schema::run_state state, std::int64_t now_ms) {
  if (schema::is_final(state)) value.state = state;
  if (value.at_ms == 0) value.at_ms = now_ms;
  return value;
}

}  // namespace

result<applied> sqlite_writer::apply(const put_task& op) {
  if (schema::sha256_hex(op.json) != op.sha256) {
    return refusal(errc::invalid, "store task " + op.sha256 + ": the text has another SHA-256");
  }
  query insert(connection_->prepared(
                   "INSERT INTO tasks (sha256, json) VALUES (?1, ?2) ON CONFLICT DO NOTHING"),
               op.sha256, op.json);
  return applied{.affected = insert.run()};
}

bool sqlite_writer::has_task(const std::string& sha256) {
  return query(connection_->prepared("SELECT 1 FROM tasks WHERE sha256 = ?1"), sha256).step();
}

std::optional<std::string> sqlite_writer::twin_of(const schema::run& value) {
  query row(connection_->prepared(
                "SELECT r.id FROM run_origins o INDEXED BY run_origins_by_fingerprint CROSS JOIN "
                "runs r ON r.seq = o.run_seq WHERE o.fingerprint = ?1 AND o.dry_run = 0 AND "
                "r.superseded = 0 AND (r.phase < 2 OR r.state IN ('published', "
                "'draft_published')) ORDER BY o.run_seq LIMIT 1"),
            value.fingerprint);
  if (!row.step()) return std::nullopt;
  return row.text(0);
}

result<applied> sqlite_writer::apply(const add_run& op) {
  if (op.value.id.empty() || op.value.id.size() > 64) {
    return refusal(errc::invalid, "add run: an id has 1 to 64 characters");
  }
  if (op.value.state != schema::run_state::schedule && !schema::is_final(op.value.state)) {
    return refusal(errc::invalid, "add run " + op.value.id + ": a run starts in schedule or in a " +
                                      "final state, not in " + word_of(op.value.state));
  }
  schema::run value = op.value;
  std::string twin;
  if (op.dedup && !value.dry_run && !value.fingerprint.empty() &&
      value.state == schema::run_state::schedule) {
    if (auto found = twin_of(value)) {
      twin = std::move(*found);
      value.state = schema::run_state::duplicate;
      schema::failure because;
      because.cls = schema::failure_class::f1;
      because.reason = "run " + twin + " makes the same change in the same repository";
      because.safe_summary = because.reason;
      because.suggested_next_action = "look at it with `skein describe run " + twin + "`";
      because.component = "intake";
      value.failed = std::move(because);
    }
  }
  if (needs_failure(value.state) && !value.failed) {
    return refusal(errc::invalid, "add run " + value.id + " as " + word_of(value.state) +
                                      ": a failure record is missing");
  }
  value.seq = next_run_;
  if (value.created_ms == 0) value.created_ms = now_ms_;
  value.updated_ms = now_ms_;
  if (value.failed) value.failed = completed(std::move(*value.failed), value.state, now_ms_);

  if (!value.task_sha256.empty() && !has_task(value.task_sha256)) {
    return refusal(errc::not_found,
                   "add run " + value.id + ": its task " + value.task_sha256 + " is not stored");
  }
  try {
    inserter_.insert(value, op);
  } catch (const SQLite::Exception& failed) {
    if (!is_constraint(failed)) throw;
    // The first of its statements failed and left nothing, so the operation can be refused alone.
    if (find_run(value.id)) return refusal(errc::conflict, "add run " + value.id + ": it exists");
    return refusal(errc::not_found,
                   "add run " + value.id + ": its campaign " + value.campaign + " is not stored");
  }
  ++next_run_;
  nlohmann::json fields{{"repo", value.repo.url}, {"task", value.task_name}};
  if (!value.task_sha256.empty()) fields["sha256"] = value.task_sha256;
  if (!twin.empty()) fields["twin"] = twin;
  if (value.dry_run) fields["dryRun"] = true;
  if (value.failed) fields["class"] = schema::to_string(value.failed->cls);
  static const std::string queued = "run_queued";
  const std::int64_t event = append(
      value.state == schema::run_state::schedule ? queued : kind_of(value.state), value.seq,
      value.id, value.campaign, value.tenant,
      value.submitter.empty() ? system_actor : value.submitter, payload_text(std::move(fields)));
  return applied{.affected = 1, .event_seq = event, .state = value.state};
}

result<applied> sqlite_writer::apply(const advance_run& op) {
  SKEIN_TRY(run, find_run(op.run_id));
  // The writer is alone in this transaction, so what was read still holds when it is written.
  if (run.attempt != op.attempt) {
    return refusal(errc::stale, "move run " + op.run_id + ": attempt " +
                                    std::to_string(op.attempt) + " is over, it is at attempt " +
                                    std::to_string(run.attempt));
  }
  if (run.state != op.from || schema::is_final(run.state)) {
    return refusal(errc::stale, "move run " + op.run_id + " from " + word_of(op.from) + " to " +
                                    word_of(op.to) + ": it is " + word_of(run.state));
  }
  if (op.to == schema::run_state::intake) {
    return refusal(errc::invalid, "move run " + op.run_id + " to intake: a stored run is past it");
  }
  if (op.new_attempt && *op.new_attempt <= op.attempt) {
    return refusal(errc::invalid, "move run " + op.run_id + ": attempt " +
                                      std::to_string(*op.new_attempt) + " does not follow " +
                                      std::to_string(op.attempt));
  }
  if (needs_failure(op.to) && !op.failed) {
    return refusal(errc::invalid, "move run " + op.run_id + " to " + word_of(op.to) +
                                      ": a failure record is missing");
  }
  if ((op.to == schema::run_state::waiting_approval) != op.approval.has_value()) {
    return refusal(errc::invalid, "move run " + op.run_id + " to " + word_of(op.to) +
                                      ": a run is parked with what it waits for, and only then");
  }
  const std::uint32_t attempt = op.new_attempt.value_or(op.attempt);
  const std::string payload = transition_payload(op, attempt);
  if (payload.size() > max_payload_bytes) {
    return refusal(errc::invalid, "move run " + op.run_id + ": the event's payload is too large");
  }

  const int phase = phase_of(op.to);
  // Every admission starts the clock anew: time lost to a crash is not the run's.
  const bool admitted = phase == 1 && phase_of(run.state) == 0;
  const std::int64_t started = admitted ? now_ms_ : run.started_ms;
  std::optional<std::string> timings;
  if (op.timings) timings = encode(*op.timings);
  const bool within_phase = phase == phase_of(run.state) && started == run.started_ms &&
                            !op.failed_attempts && !op.crashes;
  const std::uint64_t moved =
      within_phase ? query(advance_, run.seq, word_of(op.to), attempt, now_ms_, timings).run()
                   : query(advance_phase_, run.seq, word_of(op.to), attempt, now_ms_, timings,
                           phase, started, op.failed_attempts, op.crashes)
                         .run();
  if (moved != 1) return refusal(errc::internal, "move run " + op.run_id + ": its row resists");
  if (op.preempted && op.to == schema::run_state::schedule) {
    query(connection_->prepared("UPDATE runs SET preempted = 1 WHERE seq = ?1"), run.seq).run();
  }
  if (op.used) add_usage(run, *op.used);
  result_columns columns;
  columns.base_branch = op.base_branch;
  columns.base_commit = op.base_commit;
  columns.tree = op.tree;
  columns.patch_ref = op.patch_ref;
  columns.log_ref = op.log_ref;
  if (op.diff) columns.diff = encode(*op.diff);
  if (op.failed) columns.failed = encode(completed(*op.failed, op.to, now_ms_), op.run_id);
  if (op.published) columns.published = encode(*op.published);
  if (op.verdicts) columns.verdicts = encode(*op.verdicts);
  if (op.findings) columns.findings = encode(*op.findings);
  if (op.used) columns.used = encode(*op.used);
  if (columns.any()) write_results(*connection_, run.seq, columns);
  if (op.approval) add_approval(run, attempt, *op.approval);
  if (op.from == schema::run_state::waiting_approval) {
    close_approval(op.run_id, run, schema::approval_state::withdrawn, system_actor, "the run moved on");
  }
  const std::int64_t event =
      append(kind_of(op.to), run.seq, op.run_id, run.campaign, run.tenant, system_actor, payload);
  return applied{.affected = 1, .event_seq = event, .state = op.to};
}

void sqlite_writer::add_usage(const run_key& run, const schema::usage& used) {
  schema::usage before;
  {
    query row(connection_->prepared("SELECT usage_json FROM run_results WHERE run_seq = ?1"),
              run.seq);
    if (row.step() && !row.null(0)) before = decode_usage(row.text(0));
  }
  const auto tokens = [](const schema::usage& value) {
    return static_cast<std::int64_t>(value.tokens_in + value.tokens_out);
  };
  query(connection_->prepared(
            "INSERT INTO tenant_usage (tenant, usd, tokens) VALUES (?1, ?2, ?3) ON CONFLICT "
            "(tenant) DO UPDATE SET usd = usd + excluded.usd, tokens = tokens + excluded.tokens"),
        run.tenant, used.usd - before.usd, tokens(used) - tokens(before))
      .run();
}

result<applied> sqlite_writer::apply(const note_event& op) {
  if (!is_snake_case(op.kind) || is_reserved(op.kind)) {
    return refusal(errc::invalid, "note event " + op.kind.substr(0, 64) +
                                      ": not a snake_case word that is free for notes");
  }
  run_key run;
  if (!op.run_id.empty()) {
    SKEIN_TRY(found, find_run(op.run_id));
    run = std::move(found);
  }
  const std::string payload =
      schema::canonical_json(op.payload.is_null() ? nlohmann::json::object() : op.payload);
  if (payload.size() > max_payload_bytes) {
    return refusal(errc::invalid, "note event " + op.kind + ": its payload is too large");
  }
  const std::int64_t event =
      append(op.kind, run.seq, op.run_id, op.campaign.empty() ? run.campaign : op.campaign,
             op.tenant.empty() ? run.tenant : op.tenant, op.by, payload);
  return applied{.affected = 0, .event_seq = event, .state = run.state};
}

result<applied> sqlite_writer::apply(const book_usage& op) {
  SKEIN_TRY(run, find_run(op.run_id));
  if (run.attempt != op.attempt || schema::is_final(run.state)) {
    return refusal(errc::stale, "book what run " + op.run_id + " used: attempt " +
                                    std::to_string(op.attempt) + " is over");
  }
  if (!is_snake_case(op.kind) || is_reserved(op.kind)) {
    return refusal(errc::invalid, "book usage with event " + op.kind.substr(0, 64) +
                                      ": not a snake_case word that is free for notes");
  }
  add_usage(run, op.used);
  result_columns columns;
  columns.used = encode(op.used);
  write_results(*connection_, run.seq, columns);
  nlohmann::json fields{{"attempt", op.attempt}};
  const std::int64_t event =
      append(op.kind, run.seq, op.run_id, run.campaign, run.tenant, system_actor,
             payload_text(std::move(fields), op.payload));
  return applied{.affected = 1, .event_seq = event, .state = run.state};
}

result<applied> sqlite_writer::apply(const finish_queued& op) {
  if (!schema::is_final(op.state)) {
    return refusal(errc::invalid,
                   "end queued runs as " + word_of(op.state) + ": not a final state");
  }
  // The index is named, because the planner cannot know that few rows of a tenant are queued.
  std::string sql = "SELECT r.seq, r.id, r.attempt, r.campaign, r.tenant FROM runs r ";
  switch (op.scope) {
    case switch_scope::all:
      sql += "INDEXED BY runs_queue WHERE ?1 = ?1";
      break;
    case switch_scope::tenant:
      sql += "INDEXED BY runs_queue WHERE r.tenant = ?1";
      break;
    case switch_scope::campaign:
      sql += "INDEXED BY runs_by_campaign WHERE r.campaign = ?1";
      break;
    case switch_scope::repo:
      sql +=
          "INDEXED BY runs_queue CROSS JOIN run_origins o ON o.run_seq = r.seq WHERE "
          "o.repo_url = ?1";
      break;
    case switch_scope::run:
      sql += "WHERE r.id = ?1";
      break;
  }
  sql += " AND r.phase = 0 LIMIT ?2";
  struct ended_run {
    std::int64_t seq;
    std::string id;
    std::uint32_t attempt;
    std::string campaign;
    std::string tenant;
  };
  std::vector<ended_run> ended;
  {
    query rows(connection_->prepared(sql), op.target, std::max<std::uint32_t>(op.limit, 1));
    while (rows.step()) {
      ended.push_back({rows.integer(0), rows.text(1), rows.small(2), rows.text(3), rows.text(4)});
    }
  }
  applied out{.affected = ended.size(), .event_seq = 0, .state = op.state};
  schema::failure because = completed(op.failed, op.state, now_ms_);
  for (const ended_run& each : ended) {
    query(connection_->prepared(
              "UPDATE runs SET state = ?2, phase = 2, updated_ms = ?3 WHERE seq = ?1"),
          each.seq, word_of(op.state), now_ms_)
        .run();
    because.attempt = each.attempt;
    result_columns columns;
    columns.failed = encode(because, each.id);
    write_results(*connection_, each.seq, columns);
    out.event_seq =
        append(kind_of(op.state), each.seq, each.id, each.campaign, each.tenant, system_actor,
               payload_text({{"attempt", each.attempt},
                             {"from", word_of(schema::run_state::schedule)},
                             {"to", word_of(op.state)},
                             {"class", schema::to_string(because.cls)}}));
  }
  return out;
}

}  // namespace skein::store
