// The operations on pull requests and on what forges tell us by themselves.
#include "runtime/store/sqlite_writer.hpp"
#include "schema/identity.hpp"

#include <array>
#include <stdexcept>

namespace skein::store {

namespace {

using state = pull_request_state;

/// As many as a forge may send again within days.
constexpr std::int64_t deliveries_kept = 10'000;

std::optional<state> state_of_row(const std::string& word) {
  for (const auto each : {state::opening, state::open, state::merged, state::closed_by_person,
                          state::closed_by_platform, state::not_opened}) {
    if (to_string(each) == word) return each;
  }
  return std::nullopt;
}

bool is_step(state from, state to) {
  switch (from) {
    case state::opening:
      return true;
    case state::open:
      return to != state::opening && to != state::not_opened;
    case state::closed_by_person:
    case state::closed_by_platform:
      // Reopened and merged on the forge, between two looks of ours.
      return to == state::open || to == state::merged;
    case state::merged:
    case state::not_opened:
      return false;
  }
  return false;
}

}  // namespace

std::string_view to_string(pull_request_state value) noexcept {
  switch (value) {
    case state::opening:
      return "opening";
    case state::open:
      return "open";
    case state::merged:
      return "merged";
    case state::closed_by_person:
      return "closed_by_person";
    case state::closed_by_platform:
      return "closed_by_platform";
    case state::not_opened:
      return "not_opened";
  }
  return "opening";
}

std::string_view to_string(checks_state value) noexcept {
  constexpr std::array<std::string_view, 4> words = {"none", "pending", "passed", "failed"};
  return words[static_cast<std::size_t>(value)];
}

result<applied> sqlite_writer::apply(const claim_pull_request& op) {
  const pull_request_row& row = op.value;
  SKEIN_TRY(run, find_run(row.run_id));
  {
    query known(connection_->prepared("SELECT state FROM pull_requests WHERE run_seq = ?1"),
                run.seq);
    if (known.step()) {
      const auto stored = state_of_row(known.text(0));
      if (stored == state::opening) return applied{.state = run.state};
      if (stored != state::not_opened) {
        return refusal(errc::conflict, "run " + row.run_id + " has a pull request that is " +
                                           known.text(0) + " already");
      }
    }
  }
  const std::string paths = nlohmann::json(row.paths).dump();
  query(connection_->prepared(
            "INSERT OR REPLACE INTO pull_requests (run_seq, forge, repository, repo_url, branch, "
            "commit_id, base_branch, fingerprint, paths_json, state, number, url, head_commit, "
            "checks, feedback_rounds, branch_there, asked_ms, opened_ms, touched_ms, reminded_ms, "
            "closed_ms, base_commit) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'opening', 0, '', "
            "'', 'none', 0, 0, 0, 0, 0, 0, 0, ?10)"),
        run.seq, row.forge, row.repository, row.repo_url, row.branch, row.commit, row.base_branch,
        row.fingerprint, paths, row.base_commit)
      .run();
  static const std::string kind = "pull_request_claimed";
  static const std::string system = "system";
  const std::int64_t event = append(
      kind, run.seq, row.run_id, run.campaign, run.tenant, system,
      payload_text({{"forge", row.forge}, {"repository", row.repository}, {"branch", row.branch}}));
  return applied{.affected = 1, .event_seq = event, .state = run.state};
}

result<applied> sqlite_writer::apply(const set_pull_request& op) {
  SKEIN_TRY(run, find_run(op.run_id));
  std::string stored;
  {
    query known(connection_->prepared("SELECT state FROM pull_requests WHERE run_seq = ?1"),
                run.seq);
    if (!known.step()) return refusal(errc::not_found, "run " + op.run_id + " has no pull request");
    stored = known.text(0);
  }
  std::optional<std::string> to;
  if (op.state && to_string(*op.state) != stored) {
    const auto from = state_of_row(stored);
    to = to_string(*op.state);
    if (!from || !is_step(*from, *op.state)) {
      return refusal(errc::conflict, "set the pull request of run " + op.run_id + " to " + *to +
                                         ": it is " + stored);
    }
  }
  std::optional<std::string> checks;
  if (op.checks) checks = to_string(*op.checks);
  query(connection_->prepared(
            "UPDATE pull_requests SET state = coalesce(?2, state), number = coalesce(?3, number), "
            "url = coalesce(?4, url), head_commit = coalesce(?5, head_commit), checks = "
            "coalesce(?6, checks), feedback_rounds = coalesce(?7, feedback_rounds), branch_there = "
            "coalesce(?8, branch_there), asked_ms = coalesce(?9, asked_ms), opened_ms = "
            "coalesce(?10, opened_ms), touched_ms = coalesce(?11, touched_ms), reminded_ms = "
            "coalesce(?12, reminded_ms), closed_ms = coalesce(?13, closed_ms), commit_id = "
            "coalesce(?14, commit_id), base_commit = coalesce(?15, base_commit), rebases = "
            "coalesce(?16, rebases), rebase_end = coalesce(?17, rebase_end) WHERE run_seq = ?1"),
        run.seq, to, op.number, op.url, op.head_commit, checks, op.feedback_rounds, op.branch_there,
        op.asked_ms, op.opened_ms, op.touched_ms, op.reminded_ms, op.closed_ms,
        op.commit, op.base_commit, op.rebases, op.rebase_end)
      .run();
  if (op.kind.empty()) return applied{.affected = 1, .state = run.state};
  nlohmann::json fields = {{"from", stored}};
  if (to) fields["to"] = *to;
  if (op.number) fields["number"] = *op.number;
  if (op.url) fields["url"] = *op.url;
  if (checks) fields["checks"] = *checks;
  const std::int64_t event = append(op.kind, run.seq, op.run_id, run.campaign, run.tenant, op.by,
                                    payload_text(std::move(fields), op.payload));
  return applied{.affected = 1, .event_seq = event, .state = run.state};
}

result<applied> sqlite_writer::apply(const take_delivery& op) {
  const std::uint64_t taken =
      query(connection_->prepared("INSERT INTO deliveries (forge, id, at_ms) VALUES (?1, ?2, ?3) "
                                  "ON CONFLICT DO NOTHING"),
            op.forge, op.id, now_ms_)
          .run();
  query(connection_->prepared("DELETE FROM deliveries WHERE seq <= (SELECT max(seq) FROM "
                              "deliveries) - ?1"),
        deliveries_kept)
      .run();
  return applied{.affected = taken};
}

}  // namespace skein::store
