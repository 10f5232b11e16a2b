// Queries about approvals and incidents.
#include "runtime/store/sqlite_reader.hpp"
#include "runtime/store/stored_json.hpp"

#include <nlohmann/json.hpp>

#include <limits>
#include <stdexcept>

namespace skein::store {

namespace {

schema::risk_level risk_of(const std::string& word) {
  for (const auto each :
       {schema::risk_level::low, schema::risk_level::medium, schema::risk_level::high}) {
    if (schema::to_string(each) == word) return each;
  }
  throw std::runtime_error("unknown risk " + word);
}

std::int64_t rows_of(std::uint32_t limit) {
  return limit == 0 ? std::numeric_limits<std::int64_t>::max() : limit;
}

}  // namespace

result<std::vector<schema::approval>> sqlite_reader::approvals(const approval_filter& filter) const {
  return guarded(connection_, "list approvals", [&]() -> result<std::vector<schema::approval>> {
    const std::string state = filter.state ? std::string(to_string(*filter.state)) : "";
    query rows(
        connection_.prepared(
            "SELECT r.id, coalesce(r.campaign, ''), r.tenant, o.repo_url, o.submitter, a.risk, "
            "a.diff_sha256, a.state, a.required, a.why_json, a.created_ms, a.expires_ms, "
            "a.escalated_ms, a.run_seq, a.attempt FROM approvals a JOIN runs r ON r.seq = a.run_seq "
            "JOIN run_origins o ON o.run_seq = a.run_seq WHERE (?1 = '' OR a.state = ?1) AND (?2 = "
            "'' OR r.id = ?2) AND (?3 = '' OR r.tenant = ?3) AND (?4 = '' OR r.campaign = ?4) ORDER "
            "BY a.created_ms, a.run_seq, a.attempt LIMIT ?5"),
        state, filter.run_id, filter.tenant, filter.campaign, rows_of(filter.limit));
    std::vector<schema::approval> out;
    while (rows.step()) {
      auto& one = out.emplace_back();
      one.run_id = rows.text(0);
      one.campaign = rows.text(1);
      one.tenant = rows.text(2);
      one.repo_url = rows.text(3);
      one.submitter = rows.text(4);
      one.risk = risk_of(rows.text(5));
      one.diff_sha256 = rows.text(6);
      one.state = schema::approval_state_of(rows.text(7));
      one.required = rows.small(8);
      one.why = nlohmann::json::parse(rows.text(9)).get<std::vector<std::string>>();
      one.created_ms = rows.integer(10);
      one.expires_ms = rows.integer(11);
      one.escalated_ms = rows.integer(12);
      query votes(connection_.prepared("SELECT voter, approve, reason, at_ms FROM approval_votes "
                                       "WHERE run_seq = ?1 AND attempt = ?2 ORDER BY at_ms, voter"),
                  rows.integer(13), rows.integer(14));
      while (votes.step()) {
        one.votes.push_back(
            {votes.text(0), votes.integer(1) != 0, votes.text(2), votes.integer(3)});
      }
    }
    return out;
  });
}

result<std::vector<incident_row>> sqlite_reader::incidents(const std::string& run_id,
                                                           const std::string& tenant,
                                                           std::uint32_t limit) const {
  return guarded(connection_, "list incidents", [&]() -> result<std::vector<incident_row>> {
    query rows(connection_.prepared(
                   "SELECT i.seq, i.at_ms, i.kind, coalesce(r.id, ''), i.campaign, i.tenant, "
                   "i.summary, i.facts_json FROM incidents i LEFT JOIN runs r ON r.seq = i.run_seq "
                   "WHERE (?1 = '' OR r.id = ?1) AND (?2 = '' OR i.tenant = ?2) ORDER BY i.seq DESC "
                   "LIMIT ?3"),
               run_id, tenant, rows_of(limit));
    std::vector<incident_row> out;
    while (rows.step()) {
      out.push_back({rows.integer(0), rows.integer(1), rows.text(2), rows.text(3), rows.text(4),
                     rows.text(5), rows.text(6), nlohmann::json::parse(rows.text(7))});
    }
    return out;
  });
}

}  // namespace skein::store
