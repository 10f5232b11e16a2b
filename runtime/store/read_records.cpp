// Queries about campaigns, events, switches, baselines, the outbox and tenants.
#include "runtime/store/run_row.hpp"
#include "runtime/store/sqlite_reader.hpp"
#include "runtime/store/stored_json.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <map>
#include <stdexcept>

namespace skein::store {

namespace {

/// The member of `all` whose word this is; throws std::runtime_error.
template <class Enum, std::size_t Count>
Enum of_word(const std::string& word, const std::array<Enum, Count>& all) {
  for (const Enum each : all) {
    if (to_string(each) == word) return each;
  }
  throw std::runtime_error("unknown word " + word);
}

constexpr std::array all_scopes{switch_scope::all, switch_scope::tenant, switch_scope::campaign,
                                switch_scope::repo, switch_scope::run};
constexpr std::array all_kinds{switch_kind::hold, switch_kind::drain, switch_kind::kill};
constexpr std::array all_outbox_states{outbox_state::pending, outbox_state::unknown,
                                       outbox_state::done, outbox_state::failed};

constexpr std::string_view select_campaigns =
    "SELECT spec_json, spec_sha256, state, open_wave, reason, created_ms, updated_ms, "
    "excused_json FROM campaigns";

campaign_row read_campaign(const query& row) {
  campaign_row out;
  out.value = schema::campaign_from_json(nlohmann::json::parse(row.text(0)));
  out.spec_sha256 = row.text(1);
  const auto state = schema::parse_campaign_state(row.text(2));
  if (!state) throw std::runtime_error("unknown campaign state " + row.text(2));
  out.state = *state;
  out.open_wave = row.small(3);
  out.reason = row.text(4);
  out.created_ms = row.integer(5);
  out.updated_ms = row.integer(6);
  if (const auto excused = row.text(7); !excused.empty()) {
    out.excused = nlohmann::json::parse(excused);
  }
  return out;
}

constexpr std::string_view select_intents =
    "SELECT r.id, o.attempt, o.repo_url, o.branch, o.commit_id, o.payload_json, o.state, o.detail ";

outbox_row read_intent(const query& row) {
  outbox_row out;
  out.run_id = row.text(0);
  out.attempt = row.small(1);
  out.repo_url = row.text(2);
  out.branch = row.text(3);
  out.commit = row.text(4);
  out.payload = nlohmann::json::parse(row.text(5));
  out.state = of_word(row.text(6), all_outbox_states);
  out.detail = row.text(7);
  return out;
}

}  // namespace

result<campaign_row> sqlite_reader::campaign(const std::string& name) const {
  return guarded(connection_, "read campaign " + name, [&]() -> result<campaign_row> {
    query row(connection_.prepared(std::string(select_campaigns) + " WHERE name = ?1"), name);
    if (!row.step()) {
      return error{errc::not_found, "no campaign " + name, "list them with `skein get campaigns`"};
    }
    return read_campaign(row);
  });
}

result<std::vector<campaign_row>> sqlite_reader::campaigns() const {
  return guarded(connection_, "list campaigns", [&]() -> result<std::vector<campaign_row>> {
    query rows(connection_.prepared(std::string(select_campaigns) + " ORDER BY rowid"));
    std::vector<campaign_row> out;
    while (rows.step()) out.push_back(read_campaign(rows));
    return out;
  });
}

result<std::vector<wave_totals>> sqlite_reader::totals(const std::string& campaign) const {
  return guarded(
      connection_, "count campaign " + campaign, [&]() -> result<std::vector<wave_totals>> {
        query rows(
            connection_.prepared(
                "SELECT wave, state, count(*) FROM runs INDEXED BY runs_by_campaign WHERE "
                "campaign = ?1 AND superseded = 0 GROUP BY wave, state ORDER BY wave, state"),
            campaign);
        std::vector<wave_totals> out;
        while (rows.step()) {
          const std::uint32_t wave = rows.small(0);
          if (out.empty() || out.back().wave != wave) out.push_back({wave, {}});
          out.back().states.emplace_back(state_of_word(rows.text(1)), rows.small(2));
        }
        return out;
      });
}

result<std::vector<event_row>> sqlite_reader::events(const std::string& run_id,
                                                     std::int64_t after_seq,
                                                     std::uint32_t limit) const {
  return guarded(connection_, "read events", [&]() -> result<std::vector<event_row>> {
    static const std::string columns =
        "SELECT e.seq, e.at_ms, e.kind, r.id, e.campaign, e.tenant, e.actor, e.payload, e.audited, "
        "lower(hex(e.hash)) ";
    static const std::string of_all =
        columns +
        "FROM events e LEFT JOIN runs r ON r.seq = e.run_seq WHERE e.seq > ?2 AND "
        "?1 = ?1 ORDER BY e.seq LIMIT ?3";
    static const std::string of_run =
        columns +
        "FROM runs r CROSS JOIN events e INDEXED BY events_by_run ON e.run_seq = r.seq "
        "WHERE r.id = ?1 AND e.seq > ?2 ORDER BY e.seq LIMIT ?3";
    const std::int64_t rows_wanted = limit == 0 ? -1 : std::int64_t{limit};
    query rows(connection_.prepared(run_id.empty() ? of_all : of_run), run_id, after_seq,
               rows_wanted);
    std::vector<event_row> out;
    while (rows.step()) {
      out.push_back({rows.integer(0), rows.integer(1), rows.text(2), rows.text(3), rows.text(4),
                     rows.text(5), rows.text(6), rows.text(7), rows.integer(8) != 0, rows.text(9)});
    }
    return out;
  });
}

result<std::vector<switch_row>> sqlite_reader::switches() const {
  return guarded(connection_, "list switches", [&]() -> result<std::vector<switch_row>> {
    query rows(
        connection_.prepared("SELECT kind, scope, target, actor, reason, since_ms FROM "
                             "switches ORDER BY since_ms, scope, target, kind"));
    std::vector<switch_row> out;
    while (rows.step()) {
      out.push_back({of_word(rows.text(0), all_kinds), of_word(rows.text(1), all_scopes),
                     rows.text(2), rows.text(3), rows.text(4), rows.integer(5)});
    }
    return out;
  });
}

result<std::optional<schema::verdict>> sqlite_reader::baseline(const std::string& repo_url,
                                                               const std::string& commit,
                                                               const std::string& digest) const {
  return guarded(
      connection_, "read a baseline of " + repo_url,
      [&]() -> result<std::optional<schema::verdict>> {
        query row(connection_.prepared("SELECT verdict_json FROM baselines WHERE repo_url = ?1 AND "
                                       "commit_id = ?2 AND verifier_digest = ?3"),
                  repo_url, commit, digest);
        if (!row.step()) return std::optional<schema::verdict>{};
        return std::optional(decode_verdict(row.text(0)));
      });
}

result<std::optional<outbox_row>> sqlite_reader::intent(const std::string& run_id) const {
  return guarded(
      connection_, "read the intent of run " + run_id, [&]() -> result<std::optional<outbox_row>> {
        query row(
            connection_.prepared(std::string(select_intents) +
                                 "FROM runs r JOIN outbox o ON o.run_seq = r.seq WHERE r.id = ?1"),
            run_id);
        if (!row.step()) return std::optional<outbox_row>{};
        return std::optional(read_intent(row));
      });
}

result<std::vector<outbox_row>> sqlite_reader::open_intents() const {
  return guarded(connection_, "list open intents", [&]() -> result<std::vector<outbox_row>> {
    query rows(connection_.prepared(
        std::string(select_intents) +
        "FROM outbox o INDEXED BY outbox_open JOIN runs r ON r.seq = o.run_seq WHERE o.state IN "
        "('pending', 'unknown') ORDER BY o.run_seq"));
    std::vector<outbox_row> out;
    while (rows.step()) out.push_back(read_intent(rows));
    return out;
  });
}

result<std::vector<tenant_usage>> sqlite_reader::tenants() const {
  return guarded(connection_, "list tenants", [&]() -> result<std::vector<tenant_usage>> {
    std::map<std::string, tenant_usage> found;
    const auto of = [&found](std::string tenant) -> tenant_usage& {
      tenant_usage& row = found[tenant];
      row.tenant = std::move(tenant);
      return row;
    };
    // Jumps from one name to the next in the index, whatever the number of runs.
    query names(connection_.prepared(
        "WITH RECURSIVE names (name) AS (SELECT min(tenant) FROM runs UNION ALL SELECT (SELECT "
        "min(tenant) FROM runs WHERE tenant > name) FROM names WHERE name IS NOT NULL) "
        "SELECT name FROM names WHERE name IS NOT NULL"));
    while (names.step()) static_cast<void>(of(names.text(0)));
    query active(
        connection_.prepared("SELECT tenant, count(*) FROM runs INDEXED BY runs_underway "
                             "WHERE phase = 1 GROUP BY tenant"));
    while (active.step()) of(active.text(0)).active = active.small(1);
    query queued(
        connection_.prepared("SELECT tenant, count(*) FROM runs INDEXED BY runs_queue "
                             "WHERE phase = 0 GROUP BY tenant"));
    while (queued.step()) of(queued.text(0)).queued = queued.small(1);
    query used(connection_.prepared("SELECT tenant, usd, tokens FROM tenant_usage"));
    while (used.step()) {
      tenant_usage& row = of(used.text(0));
      row.usd = used.real(1);
      row.tokens = static_cast<std::uint64_t>(used.integer(2));
    }
    std::vector<tenant_usage> out;
    for (auto& [name, row] : found) out.push_back(std::move(row));
    return out;
  });
}

}  // namespace skein::store
