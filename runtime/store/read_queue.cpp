// Queries about what waits to be admitted.
#include "runtime/store/sqlite_reader.hpp"
#include "schema/identity.hpp"

#include <nlohmann/json.hpp>

namespace skein::store {

namespace {

std::string json_list(const std::vector<std::string>& values) {
  return schema::canonical_json(nlohmann::json(values));
}

/// A row with what its frozen task says about labels, money and resources. A task of an earlier version may
/// lack a key.
const std::string select_queued =
    "SELECT r.id, r.seq, r.tenant, r.campaign, o.repo_url, r.attempt, r.rank, r.priority, "
    "r.preempted, coalesce(json_extract(t.json, '$.metadata.labels'), '{}'), "
    "coalesce(json_extract(t.json, '$.spec.agent.kind'), '') IN ('model', 'external'), "
    "coalesce(json_extract(t.json, '$.spec.budget.usd'), 0), "
    "coalesce(json_extract(t.json, '$.spec.budget.tokens'), 0), "
    "coalesce(json_extract(x.usage_json, '$.usd'), 0), "
    "coalesce(json_extract(x.usage_json, '$.tokensIn'), 0) + "
    "coalesce(json_extract(x.usage_json, '$.tokensOut'), 0), "
    "coalesce(json_extract(t.json, '$.spec.resources.memory'), 0), "
    "coalesce(json_extract(t.json, '$.spec.resources.cpus'), 0) FROM runs r ";
const std::string with_task =
    " CROSS JOIN run_origins o ON o.run_seq = r.seq LEFT JOIN tasks t ON t.sha256 = "
    "o.task_sha256 LEFT JOIN run_results x ON x.run_seq = r.seq ";

std::vector<std::string> labels_of(const std::string& text) {
  std::vector<std::string> out;
  const auto labels = nlohmann::json::parse(text, nullptr, false);
  if (!labels.is_object()) return out;
  for (const auto& [key, value] : labels.items()) {
    if (value.is_string()) out.push_back(key + "=" + value.get<std::string>());
  }
  return out;
}

std::vector<queued_run> all_of(query& rows) {
  std::vector<queued_run> out;
  while (rows.step()) {
    auto& run = out.emplace_back();
    run.id = rows.text(0);
    run.seq = rows.integer(1);
    run.tenant = rows.text(2);
    run.campaign = rows.text(3);
    run.repo_url = rows.text(4);
    run.attempt = rows.small(5);
    run.rank = rows.integer(6);
    run.priority = static_cast<int>(rows.integer(7));
    run.preempted = rows.integer(8) != 0;
    run.labels = labels_of(rows.text(9));
    run.spends = rows.integer(10) != 0;
    run.budget_usd = rows.real(11);
    run.budget_tokens = static_cast<std::uint64_t>(rows.integer(12));
    run.used_usd = rows.real(13);
    run.used_tokens = static_cast<std::uint64_t>(rows.integer(14));
    run.resources.memory_bytes = static_cast<std::uint64_t>(rows.integer(15));
    run.resources.cpus = rows.real(16);
  }
  return out;
}

}  // namespace

result<std::vector<queued_run>> sqlite_reader::queued(const queue_filter& filter) const {
  return guarded(connection_, "read the queue", [&]() -> result<std::vector<queued_run>> {
    const std::string tenants = json_list(filter.skip_tenants);
    const std::string campaigns = json_list(filter.skip_campaigns);
    const std::string only_runs = json_list(filter.only_runs);
    const std::string only_campaigns = json_list(filter.only_campaigns);
    const bool everything = filter.only_runs.empty() && filter.only_campaigns.empty();
    // Few runs by name are found by name, whatever else is queued.
    const bool by_name = !filter.only_runs.empty() && filter.only_campaigns.empty();
    // A plus hides a column from the planner: the few are looked up, and nothing is walked through.
    const std::string where =
        by_name ? with_task +
                      "WHERE +r.phase = 0 AND +r.eligible = 1 AND +r.seq > ?1 AND r.id IN (SELECT "
                      "value FROM json_each(?6)) AND ?5 = ?5 AND ?7 = ?7 AND "
                : "INDEXED BY runs_queue" + with_task +
                      "WHERE r.phase = 0 AND r.eligible = 1 AND r.seq > ?1 AND (?5 OR r.id IN "
                      "(SELECT value FROM json_each(?6)) OR r.campaign IN (SELECT value FROM "
                      "json_each(?7))) AND ";
    query rows(connection_.prepared(select_queued + where +
                                    "r.tenant NOT IN (SELECT value FROM json_each(?2)) AND "
                                    "(r.campaign IS NULL OR r.campaign NOT IN (SELECT value FROM "
                                    "json_each(?3))) ORDER BY " +
                                    (by_name ? "+" : "") + "r.seq LIMIT ?4"),
               filter.after_seq, tenants, campaigns, filter.limit, everything, only_runs,
               only_campaigns);
    return all_of(rows);
  });
}

result<std::vector<queued_run>> sqlite_reader::lane(const lane_filter& filter) const {
  return guarded(connection_, "read the queue", [&]() -> result<std::vector<queued_run>> {
    query rows(connection_.prepared(
                   select_queued + "INDEXED BY runs_lane" + with_task +
                   "WHERE r.phase = 0 AND r.eligible = 1 AND r.tenant = ?1 AND r.campaign IS "
                   "nullif(?2, '') AND (r.rank, r.seq) > (?3, ?4) ORDER BY r.rank, r.seq LIMIT "
                   "?5"),
               filter.tenant, filter.campaign, filter.after_rank, filter.after_seq, filter.limit);
    return all_of(rows);
  });
}

result<queue_counts> sqlite_reader::count_queue(const std::string& campaign) const {
  return guarded(connection_, "count the queue", [&]() -> result<queue_counts> {
    queue_counts out;
    query rows(connection_.prepared(
                   "SELECT tenant, campaign, count(*) FROM runs INDEXED BY runs_lane WHERE phase "
                   "= 0 AND eligible = 1 AND (?1 = '' OR campaign = ?1) GROUP BY tenant, campaign"),
               campaign);
    while (rows.step()) {
      out.lanes.push_back(
          {rows.text(0), rows.text(1), static_cast<std::uint64_t>(rows.integer(2))});
    }
    query last(connection_.prepared("SELECT coalesce(max(seq), 0) FROM runs"));
    if (last.step()) out.last_seq = last.integer(0);
    return out;
  });
}

}  // namespace skein::store
