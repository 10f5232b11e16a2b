// Queries about runs and what was interrupted.
#include "runtime/store/run_row.hpp"
#include "runtime/store/sqlite_reader.hpp"
#include "schema/identity.hpp"

namespace skein::store {

namespace {

/// FROM and WHERE of a filter. The index is named where the planner, which has no statistics, could
/// take one that is far too wide. Parameters: ?1 after_seq, ?2 tenant, ?3 campaign, ?4 state.
struct filter_text {
  std::string source;
  std::string where;
};

filter_text text_of(const run_filter& filter) {
  filter_text out{"runs r", " WHERE r.seq > ?1 AND (?2 = '' OR r.tenant = ?2)"};
  const int phase = filter.state ? phase_of(*filter.state) : -1;
  if (!filter.campaign.empty()) {
    out.source += " INDEXED BY runs_by_campaign";
    out.where += " AND r.campaign = ?3";
  } else if (phase == 0) {
    out.source += " INDEXED BY runs_queue";
  } else if (phase == 1) {
    out.source += " INDEXED BY runs_underway";
  } else if (phase == 2) {
    out.source += " INDEXED BY runs_final";
  } else if (filter.non_final_only) {
    out.where +=
        " AND r.seq IN (SELECT seq FROM runs INDEXED BY runs_queue WHERE phase = 0 UNION ALL "
        "SELECT seq FROM runs INDEXED BY runs_underway WHERE phase = 1)";
  } else if (!filter.tenant.empty()) {
    out.source += " INDEXED BY runs_by_tenant";
    out.where += " AND r.tenant = ?2";
  }
  if (filter.state) out.where += " AND r.phase = " + std::to_string(phase) + " AND r.state = ?4";
  if (filter.non_final_only) out.where += " AND r.phase < 2";
  if (!filter.with_superseded) out.where += " AND r.superseded = 0";
  // Every parameter has to occur, or its number does not exist.
  out.where += " AND ?3 = ?3 AND ?4 = ?4";
  return out;
}

const std::string none;

const std::string& state_text(const run_filter& filter) {
  return filter.state ? word_of(*filter.state) : none;
}

}  // namespace

result<std::string> sqlite_reader::resolve_run(const std::string& prefix) const {
  return guarded(connection_, "find run " + prefix, [&]() -> result<std::string> {
    const error missing{errc::not_found, "no run " + prefix, "list them with `skein get runs`"};
    if (prefix.empty()) return missing;
    // Ids are made of letters and digits, which all come before this character.
    const std::string end = prefix + "\x7f";
    query rows(
        connection_.prepared("SELECT id FROM runs WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 6"),
        prefix, end);
    std::vector<std::string> found;
    while (rows.step()) found.push_back(rows.text(0));
    if (found.empty()) return missing;
    if (found.size() == 1 || found.front() == prefix) return found.front();
    std::string candidates;
    for (std::size_t i = 0; i < found.size() && i < 5; ++i) {
      candidates += (i == 0 ? "" : ", ") + found[i];
    }
    if (found.size() > 5) candidates += " …";
    return error{errc::conflict, "run " + prefix + " is ambiguous: " + candidates,
                 "give more characters of the id"};
  });
}

result<schema::run> sqlite_reader::run(const std::string& id) const {
  return guarded(connection_, "read run " + id, [&]() -> result<schema::run> {
    query row(connection_.prepared(select_runs() + " WHERE r.id = ?1"), id);
    if (!row.step()) {
      return error{errc::not_found, "no run " + id, "list them with `skein get runs`"};
    }
    return read_run(row);
  });
}

result<std::vector<schema::run>> sqlite_reader::runs(const run_filter& filter) const {
  return guarded(connection_, "list runs", [&]() -> result<std::vector<schema::run>> {
    const filter_text text = text_of(filter);
    const std::int64_t limit = filter.limit == 0 ? -1 : std::int64_t{filter.limit};
    query rows(
        connection_.prepared(select_runs(text.source) + text.where + " ORDER BY r.seq LIMIT ?5"),
        filter.after_seq, filter.tenant, filter.campaign, state_text(filter), limit);
    std::vector<schema::run> out;
    while (rows.step()) out.push_back(read_run(rows));
    return out;
  });
}

result<std::uint64_t> sqlite_reader::count_runs(const run_filter& filter) const {
  return guarded(connection_, "count runs", [&]() -> result<std::uint64_t> {
    const filter_text text = text_of(filter);
    query row(connection_.prepared("SELECT count(*) FROM " + text.source + text.where),
              filter.after_seq, filter.tenant, filter.campaign, state_text(filter));
    return row.step() ? static_cast<std::uint64_t>(row.integer(0)) : 0U;
  });
}

result<std::string> sqlite_reader::task_json(const std::string& sha256) const {
  return guarded(connection_, "read task " + sha256, [&]() -> result<std::string> {
    query row(connection_.prepared("SELECT json FROM tasks WHERE sha256 = ?1"), sha256);
    if (!row.step()) return error{errc::not_found, "no task " + sha256, ""};
    std::string json = row.text(0);
    // C13: the snapshot is what it was when the run was admitted, or it is not used.
    if (schema::sha256_hex(json) != sha256) {
      return error{errc::corrupt, "the stored text of task " + sha256 + " was changed",
                   "restore a backup; see `skein audit verify`"};
    }
    return json;
  });
}

result<std::vector<schema::run>> sqlite_reader::interrupted() const {
  return guarded(connection_, "list interrupted runs", [&]() -> result<std::vector<schema::run>> {
    query rows(connection_.prepared(select_runs("runs r INDEXED BY runs_underway") +
                                    " WHERE r.phase = 1 ORDER BY r.seq"));
    std::vector<schema::run> out;
    while (rows.step()) out.push_back(read_run(rows));
    return out;
  });
}

result<std::uint64_t> sqlite_reader::queue_position(const std::string& run_id) const {
  return guarded(
      connection_, "find run " + run_id + " in the queue", [&]() -> result<std::uint64_t> {
        query row(connection_.prepared("SELECT seq FROM runs WHERE id = ?1"), run_id);
        if (!row.step()) return error{errc::not_found, "no run " + run_id, ""};
        query count(connection_.prepared("SELECT count(*) FROM runs INDEXED BY runs_queue WHERE "
                                         "phase = 0 AND eligible = 1 AND seq < ?1"),
                    row.integer(0));
        return count.step() ? static_cast<std::uint64_t>(count.integer(0)) : 0U;
      });
}

}  // namespace skein::store
