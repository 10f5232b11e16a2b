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
      "SELECT r.seq, r.id, r.tenant, r.campaign, r.wave, r.superseded, r.started_ms, "
      "r.failed_attempts, r.crashes, r.state, r.attempt, r.updated_ms, r.timings_json, "
      "o.task_name, o.task_sha256, o.fingerprint, o.repo_url, o.repo_branch, o.repo_commit, "
      "o.risk, o.dry_run, o.submitter, o.created_ms, x.base_branch, x.base_commit, x.tree, x.patch_ref, "
      "x.log_ref, x.diff_json, x.failure_json, x.publication_json, x.verdicts_json, "
      "x.findings_json, x.usage_json FROM ";
  sql += source;
  // Left joins keep the order of the loops, and show a lost row instead of hiding its run.
  sql +=
      " LEFT JOIN run_origins o ON o.run_seq = r.seq LEFT JOIN run_results x ON x.run_seq = r.seq";
  return sql;
}

schema::run read_run(const query& row) {
  schema::run out;
  int at = 0;
  const auto when_set = [&](auto&& use) {
    if (!row.null(at)) use(row.text(at));
    ++at;
  };
  out.seq = row.integer(at++);
  out.id = row.text(at++);
  out.tenant = row.text(at++);
  out.campaign = row.text(at++);
  out.wave = row.small(at++);
  out.superseded = row.integer(at++) != 0;
  out.started_ms = row.integer(at++);
  out.failed_attempts = row.small(at++);
  out.crashes = row.small(at++);
  out.state = state_of_word(row.text(at++));
  out.attempt = row.small(at++);
  out.updated_ms = row.integer(at++);
  when_set([&](const std::string& text) { out.timings = decode_timings(text); });
  out.task_name = row.text(at++);
  out.task_sha256 = row.text(at++);
  out.fingerprint = row.text(at++);
  out.repo.url = row.text(at++);
  out.repo.branch = row.text(at++);
  out.repo.commit = row.text(at++);
  out.risk = risk_of_word(row.text(at++));
  out.dry_run = row.integer(at++) != 0;
  out.submitter = row.text(at++);
  out.created_ms = row.integer(at++);
  when_set([&](const std::string& text) { out.repo.branch = text; });
  out.base_commit = row.text(at++);
  out.tree = row.text(at++);
  out.patch_ref = row.text(at++);
  out.log_ref = row.text(at++);
  when_set([&](const std::string& text) { out.diff = decode_diff(text); });
  when_set([&](const std::string& text) { out.failed = decode_failure(text); });
  when_set([&](const std::string& text) { out.published = decode_publication(text); });
  when_set([&](const std::string& text) { out.verdicts = decode_verdicts(text); });
  when_set([&](const std::string& text) { out.findings = decode_findings(text); });
  when_set([&](const std::string& text) { out.used = decode_usage(text); });
  return out;
}

void write_results(connection& on, std::int64_t run_seq, const result_columns& columns) {
  query(on.prepared("INSERT INTO run_results (run_seq, base_branch, base_commit, tree, patch_ref, log_ref, "
                    "diff_json, failure_json, publication_json, verdicts_json, findings_json, "
                    "usage_json) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
                    "ON CONFLICT (run_seq) DO UPDATE SET "
                    "base_branch = coalesce(excluded.base_branch, base_branch), "
                    "base_commit = coalesce(excluded.base_commit, base_commit), "
                    "tree = coalesce(excluded.tree, tree), "
                    "patch_ref = coalesce(excluded.patch_ref, patch_ref), "
                    "log_ref = coalesce(excluded.log_ref, log_ref), "
                    "diff_json = coalesce(excluded.diff_json, diff_json), "
                    "failure_json = coalesce(excluded.failure_json, failure_json), "
                    "publication_json = coalesce(excluded.publication_json, publication_json), "
                    "verdicts_json = coalesce(excluded.verdicts_json, verdicts_json), "
                    "findings_json = coalesce(excluded.findings_json, findings_json), "
                    "usage_json = coalesce(excluded.usage_json, usage_json)"),
        run_seq, columns.base_branch, columns.base_commit, columns.tree, columns.patch_ref, columns.log_ref,
        columns.diff, columns.failed, columns.published, columns.verdicts, columns.findings,
        columns.used)
      .run();
}

run_inserter::run_inserter(connection& on)
    : connection_(on),
      runs_(on.database(),
            "INSERT INTO runs (seq, id, tenant, campaign, wave, superseded, eligible, phase, "
            "started_ms, failed_attempts, crashes, state, attempt, updated_ms, timings_json, "
            "priority, rank) VALUES (?1, ?2, ?3, nullif(?4, ''), ?5, 0, ?6, ?7, ?8, ?9, ?10, ?11, "
            "?12, ?13, ?14, ?15, ?16)"),
      origins_(on.database(),
               "INSERT INTO run_origins (run_seq, task_name, task_sha256, fingerprint, repo_url, "
               "repo_branch, repo_commit, risk, dry_run, submitter, created_ms) VALUES (?1, ?2, "
               "nullif(?3, ''), ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)") {}

void run_inserter::insert(const schema::run& value, const add_run& how) {
  std::optional<std::string> timings;
  if (value.timings != schema::stage_timings{}) timings = encode(value.timings);
  const std::int64_t rank = value.created_ms - how.head_start_ms;
  query(runs_, value.seq, value.id, value.tenant, value.campaign, value.wave, how.eligible,
        phase_of(value.state), value.started_ms, value.failed_attempts, value.crashes,
        word_of(value.state), value.attempt, value.updated_ms, timings, how.priority, rank)
      .run();
  const std::string risk(schema::to_string(value.risk));
  query(origins_, value.seq, value.task_name, value.task_sha256, value.fingerprint, value.repo.url,
        value.repo.branch, value.repo.commit, risk, value.dry_run, value.submitter,
        value.created_ms)
      .run();
  result_columns columns;
  const auto when_set = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
  };
  columns.base_commit = when_set(value.base_commit);
  columns.tree = when_set(value.tree);
  columns.patch_ref = when_set(value.patch_ref);
  columns.log_ref = when_set(value.log_ref);
  if (value.diff) columns.diff = encode(*value.diff);
  if (value.failed) columns.failed = encode(*value.failed, value.id);
  if (value.published) columns.published = encode(*value.published);
  if (!value.verdicts.empty()) columns.verdicts = encode(value.verdicts);
  if (!value.findings.empty()) columns.findings = encode(value.findings);
  if (value.used != schema::usage{}) columns.used = encode(value.used);
  if (columns.any()) write_results(connection_, value.seq, columns);
}

}  // namespace skein::store
