// Queries about what campaigns have used and how they come along.
#include "runtime/store/sqlite_reader.hpp"

namespace skein::store {

result<std::vector<campaign_usage>> sqlite_reader::campaign_use(const std::string& tenant) const {
  return guarded(connection_, "sum up campaigns", [&]() -> result<std::vector<campaign_usage>> {
    query rows(connection_.prepared(
                   "SELECT r.campaign, coalesce(sum(json_extract(x.usage_json, '$.usd')), 0), "
                   "coalesce(sum(coalesce(json_extract(x.usage_json, '$.tokensIn'), 0) + "
                   "coalesce(json_extract(x.usage_json, '$.tokensOut'), 0)), 0) FROM campaigns c "
                   "CROSS JOIN runs r INDEXED BY runs_by_campaign ON r.campaign = c.name LEFT JOIN "
                   "run_results x ON x.run_seq = r.seq WHERE c.tenant = ?1 AND c.state NOT IN "
                   "('aborted', 'completed') GROUP BY r.campaign"),
               tenant);
    std::vector<campaign_usage> out;
    while (rows.step()) {
      out.push_back(
          {tenant, rows.text(0), rows.real(1), static_cast<std::uint64_t>(rows.integer(2))});
    }
    return out;
  });
}

result<std::vector<opened_pull_request>> sqlite_reader::opened_since(const std::string& tenant,
                                                                     std::int64_t since_ms) const {
  return guarded(
      connection_, "list what was opened", [&]() -> result<std::vector<opened_pull_request>> {
        query rows(
            connection_.prepared("SELECT id, campaign, updated_ms FROM runs INDEXED BY runs_final "
                                 "WHERE phase = 2 AND state IN ('published', 'draft_published') "
                                 "AND tenant = ?1 AND updated_ms >= ?2"),
            tenant, since_ms);
        std::vector<opened_pull_request> out;
        while (rows.step()) {
          out.push_back({rows.text(0), rows.text(1), rows.integer(2)});
        }
        return out;
      });
}

result<std::vector<std::int64_t>> sqlite_reader::ends(const std::string& campaign) const {
  return guarded(connection_, "list ends", [&]() -> result<std::vector<std::int64_t>> {
    query rows(connection_.prepared("SELECT updated_ms FROM runs INDEXED BY runs_by_campaign WHERE "
                                    "campaign = ?1 AND phase = 2 AND superseded = 0 ORDER BY "
                                    "updated_ms"),
               campaign);
    std::vector<std::int64_t> out;
    while (rows.step()) out.push_back(rows.integer(0));
    return out;
  });
}

}  // namespace skein::store
