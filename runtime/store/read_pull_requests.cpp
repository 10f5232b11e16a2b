// Queries about pull requests.
#include "runtime/store/sqlite_reader.hpp"

#include <nlohmann/json.hpp>

#include <limits>
#include <stdexcept>

namespace skein::store {

namespace {

template <class Enum>
Enum word_in(const std::string& word, std::initializer_list<Enum> all) {
  for (const Enum each : all) {
    if (to_string(each) == word) return each;
  }
  throw std::runtime_error("unknown word " + word);
}

pull_request_row read_row(const query& row) {
  using state = pull_request_state;
  pull_request_row out;
  out.run_id = row.text(0);
  out.campaign = row.text(1);
  out.tenant = row.text(2);
  out.forge = row.text(3);
  out.repository = row.text(4);
  out.repo_url = row.text(5);
  out.branch = row.text(6);
  out.commit = row.text(7);
  out.base_branch = row.text(8);
  out.fingerprint = row.text(9);
  out.paths = nlohmann::json::parse(row.text(10)).get<std::vector<std::string>>();
  out.state =
      word_in(row.text(11), {state::opening, state::open, state::merged, state::closed_by_person,
                             state::closed_by_platform, state::not_opened});
  out.number = row.integer(12);
  out.url = row.text(13);
  out.head_commit = row.text(14);
  out.checks = word_in(row.text(15), {checks_state::none, checks_state::pending,
                                      checks_state::passed, checks_state::failed});
  out.feedback_rounds = row.small(16);
  out.branch_there = row.integer(17) != 0;
  out.asked_ms = row.integer(18);
  out.opened_ms = row.integer(19);
  out.touched_ms = row.integer(20);
  out.reminded_ms = row.integer(21);
  out.closed_ms = row.integer(22);
  out.base_commit = row.text(23);
  out.rebases = row.small(24);
  out.rebase_end = row.text(25);
  return out;
}

}  // namespace

result<std::vector<pull_request_row>> sqlite_reader::pull_requests(
    const pull_request_filter& filter) const {
  using rows_type = std::vector<pull_request_row>;
  return guarded(connection_, "list pull requests", [&]() -> result<rows_type> {
    const std::int64_t most =
        filter.limit == 0 ? std::numeric_limits<std::int64_t>::max() : filter.limit;
    query rows(
        connection_.prepared(
            "SELECT r.id, coalesce(r.campaign, ''), r.tenant, p.forge, p.repository, p.repo_url, "
            "p.branch, p.commit_id, p.base_branch, p.fingerprint, p.paths_json, p.state, p.number, "
            "p.url, p.head_commit, p.checks, p.feedback_rounds, p.branch_there, p.asked_ms, "
            "p.opened_ms, p.touched_ms, p.reminded_ms, p.closed_ms, CASE p.base_commit WHEN '' THEN "
            "coalesce((SELECT x.base_commit FROM run_results x WHERE x.run_seq = p.run_seq), '') "
            "ELSE p.base_commit END, p.rebases, p.rebase_end FROM pull_requests p JOIN runs r ON "
            "r.seq = p.run_seq WHERE (?1 = '' OR r.id = ?1) AND (?2 = '' OR p.forge = ?2) AND "
            "(?3 = '' OR p.repository = ?3) AND (?4 = '' OR r.campaign = ?4) AND (?5 = '' OR "
            "r.tenant = ?5) AND (?6 = 0 OR p.state IN ('opening', 'open') OR p.branch_there = 1) "
            "ORDER BY p.run_seq LIMIT ?7"),
        filter.run_id, filter.forge, filter.repository, filter.campaign, filter.tenant,
        filter.cared_for, most);
    rows_type out;
    while (rows.step()) out.push_back(read_row(rows));
    return out;
  });
}

result<pull_request_totals> sqlite_reader::pull_request_figures(const std::string& campaign) const {
  return guarded(connection_, "count pull requests", [&]() -> result<pull_request_totals> {
    query row(connection_.prepared(
                  "SELECT coalesce(sum(p.state = 'open'), 0), coalesce(sum(p.state = 'open' AND "
                  "p.checks = 'failed'), 0), coalesce(sum(p.state = 'merged'), 0), "
                  "coalesce(sum(p.state = 'closed_by_person'), 0) FROM runs r JOIN pull_requests p "
                  "ON p.run_seq = r.seq WHERE r.campaign = ?1"),
              campaign);
    pull_request_totals out;
    if (row.step()) out = {row.small(0), row.small(1), row.small(2), row.small(3)};
    return out;
  });
}

}  // namespace skein::store
