// Row and struct of a run.
#include "runtime/store/run_row.hpp"

#include "runtime/store/stored_json.hpp"

#include <array>
#include <stdexcept>

namespace skein::store {

namespace {

schema::risk_level risk_of_word(const std::string& word) {
  for (const auto each :
       {schema::risk_level::low, schema::risk_level::medium, schema::risk_level::high}) {
    if (schema::to_string(each) == word) return each;
  }
  throw std::runtime_error("unknown risk " + word);
}

}  // namespace

const std::string& word_of(schema::run_state state) {
  static const auto words = [] {
    std::array<std::string, schema::all_run_states.size()> out;
    for (const schema::run_state each : schema::all_run_states) {
      out[static_cast<std::size_t>(each)] = schema::to_string(each);
    }
    return out;
  }();
  return words[static_cast<std::size_t>(state)];
}

int phase_of(schema::run_state state) {
  if (state == schema::run_state::schedule) return 0;
  return schema::is_final(state) ? 2 : 1;
}

schema::run_state state_of_word(const std::string& word) {
  if (const auto state = schema::parse_run_state(word)) return *state;
  throw std::runtime_error("unknown run state " + word);
}

std::string select_runs(std::string_view source) {
  std::string sql =
      "SELECT r.seq, r.id, r.state, r.attempt, r.failed_attempts, r.crashes, r.updated_ms, "
      "r.started_ms, r.timings_json, r.superseded, r.base_commit, r.tree, r.patch_ref, r.log_ref, "
      "r.task_name, r.task_sha256, r.fingerprint, r.campaign, r.wave, r.tenant, r.repo_url, "
      "r.repo_branch, r.repo_commit, r.risk, r.dry_run, r.submitter, r.created_ms, x.diff_json, "
      "x.failure_json, x.publication_json, x.verdicts_json, x.findings_json, x.usage_json FROM ";
  sql += source;
  sql += " LEFT JOIN run_results x ON x.run_seq = r.seq";
  return sql;
}

schema::run read_run(const query& row) {
  schema::run out;
  int at = 0;
  out.seq = row.integer(at++);
  out.id = row.text(at++);
  out.state = state_of_word(row.text(at++));
  out.attempt = row.small(at++);
  out.failed_attempts = row.small(at++);
  out.crashes = row.small(at++);
  out.updated_ms = row.integer(at++);
  out.started_ms = row.integer(at++);
  if (const int timings = at++; !row.null(timings)) out.timings = decode_timings(row.text(timings));
  out.superseded = row.integer(at++) != 0;
  out.base_commit = row.text(at++);
  out.tree = row.text(at++);
  out.patch_ref = row.text(at++);
  out.log_ref = row.text(at++);
  out.task_name = row.text(at++);
  out.task_sha256 = row.text(at++);
  out.fingerprint = row.text(at++);
  out.campaign = row.text(at++);
  out.wave = row.small(at++);
  out.tenant = row.text(at++);
  out.repo.url = row.text(at++);
  out.repo.branch = row.text(at++);
  out.repo.commit = row.text(at++);
  out.risk = risk_of_word(row.text(at++));
  out.dry_run = row.integer(at++) != 0;
  out.submitter = row.text(at++);
  out.created_ms = row.integer(at++);
  if (const int diff = at++; !row.null(diff)) out.diff = decode_diff(row.text(diff));
  if (const int failed = at++; !row.null(failed)) out.failed = decode_failure(row.text(failed));
  if (const int published = at++; !row.null(published)) {
    out.published = decode_publication(row.text(published));
  }
  if (const int verdicts = at++; !row.null(verdicts)) {
    out.verdicts = decode_verdicts(row.text(verdicts));
  }
  if (const int findings = at++; !row.null(findings)) {
    out.findings = decode_findings(row.text(findings));
  }
  if (const int used = at++; !row.null(used)) out.used = decode_usage(row.text(used));
  return out;
}

void write_results(connection& on, std::int64_t run_seq, const result_columns& columns) {
  query(on.prepared("INSERT INTO run_results (run_seq, diff_json, failure_json, publication_json, "
                    "verdicts_json, findings_json, usage_json) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
                    "ON CONFLICT (run_seq) DO UPDATE SET "
                    "diff_json = coalesce(excluded.diff_json, diff_json), "
                    "failure_json = coalesce(excluded.failure_json, failure_json), "
                    "publication_json = coalesce(excluded.publication_json, publication_json), "
                    "verdicts_json = coalesce(excluded.verdicts_json, verdicts_json), "
                    "findings_json = coalesce(excluded.findings_json, findings_json), "
                    "usage_json = coalesce(excluded.usage_json, usage_json)"),
        run_seq, columns.diff, columns.failed, columns.published, columns.verdicts,
        columns.findings, columns.used)
      .run();
}

const char* const insert_run_sql =
    "INSERT INTO runs (seq, id, state, phase, eligible, attempt, failed_attempts, crashes, "
    "updated_ms, started_ms, timings_json, superseded, base_commit, tree, patch_ref, log_ref, "
    "task_name, task_sha256, fingerprint, campaign, wave, tenant, repo_url, repo_branch, "
    "repo_commit, risk, dry_run, submitter, created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
    "?9, ?10, ?11, 0, ?12, ?13, ?14, ?15, ?16, nullif(?17, ''), ?18, nullif(?19, ''), ?20, ?21, "
    "?22, ?23, ?24, ?25, ?26, ?27, ?28)";

void insert_run(SQLite::Statement& statement, const schema::run& value, bool eligible) {
  std::optional<std::string> timings;
  if (value.timings != schema::stage_timings{}) timings = encode(value.timings);
  const std::string risk(schema::to_string(value.risk));
  query(statement, value.seq, value.id, word_of(value.state), phase_of(value.state), eligible,
        value.attempt, value.failed_attempts, value.crashes, value.updated_ms, value.started_ms,
        timings, value.base_commit, value.tree, value.patch_ref, value.log_ref, value.task_name,
        value.task_sha256, value.fingerprint, value.campaign, value.wave, value.tenant,
        value.repo.url, value.repo.branch, value.repo.commit, risk, value.dry_run, value.submitter,
        value.created_ms)
      .run();
}

}  // namespace skein::store
