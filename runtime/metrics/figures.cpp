// The queries behind the figures: each walks an index that holds what it needs, or only new rows.
#include "runtime/metrics/figures.hpp"

#include "runtime/store/connection.hpp"
#include "runtime/store/writer.hpp"

#include <algorithm>

namespace skein::metrics {

namespace {

using store::query;

/// An event kind never changes, so a run's way through its states is counted by them.
constexpr const char* outcomes_since =
    "SELECT json_extract(r.failure_json, '$.failureClass'), count(*) FROM events e JOIN "
    "run_results "
    "r ON r.run_seq = e.run_seq WHERE e.seq > ?1 AND e.seq <= ?2 AND e.kind IN ('run_rejected', "
    "'run_preparation_failed', 'run_verification_failed', 'run_blocked', 'run_approval_denied', "
    "'run_budget_exhausted', 'run_killed', 'run_infrastructure_failed', 'run_publish_failed') "
    "GROUP BY 1";

/// Labels have to be short and plain; kinds are, unless somebody wrote the row by hand.
bool is_plain(const std::string& word) {
  return !word.empty() && word.size() <= 64 && std::ranges::all_of(word, [](char each) {
    return (each >= 'a' && each <= 'z') || (each >= '0' && each <= '9') || each == '_';
  });
}

void count_states(store::connection& on, const char* sql, figures& into) {
  query rows(on.prepared(sql));
  while (rows.step()) {
    const auto state = schema::parse_run_state(rows.text(0));
    if (!state) continue;
    into.runs[static_cast<std::size_t>(*state)] += static_cast<std::uint64_t>(rows.integer(1));
  }
}

std::uint64_t number(store::connection& on, const char* sql) {
  query row(on.prepared(sql));
  return row.step() ? static_cast<std::uint64_t>(row.integer(0)) : 0;
}

std::vector<tenant_figure> read_tenants(store::connection& on) {
  std::vector<tenant_figure> out;
  tenant_figure rest;
  bool more = false;
  query rows(
      on.prepared("SELECT tenant, usd, tokens FROM tenant_usage ORDER BY usd DESC, tokens "
                  "DESC, tenant"));
  while (rows.step()) {
    tenant_figure each{rows.text(0), rows.real(1), static_cast<std::uint64_t>(rows.integer(2))};
    if (out.size() < most_tenants) {
      out.push_back(std::move(each));
      continue;
    }
    more = true;
    rest.usd += each.usd;
    rest.tokens += each.tokens;
  }
  if (more) out.push_back(std::move(rest));
  return out;
}

}  // namespace

std::uint64_t figures::cells_in_use() const {
  using schema::run_state;
  return in(run_state::prepare) + in(run_state::agent) + in(run_state::verify);
}

result<std::unique_ptr<figure_source>> figure_source::open(const store::state_layout& layout) {
  const auto path = layout.database();
  try {
    auto on = std::make_unique<store::connection>(
        path.string(), SQLite::OPEN_READONLY | SQLite::OPEN_NOMUTEX, path);
    return std::unique_ptr<figure_source>(new figure_source(std::move(on)));
  } catch (const SQLite::Exception& failed) {
    return store::sqlite_error("read figures", path, failed);
  }
}

figure_source::figure_source(std::unique_ptr<store::connection> on) : on_(std::move(on)) {}
figure_source::~figure_source() = default;

result<figures> figure_source::look() {
  return store::guarded(*on_, "read figures", [this] { return read(); });
}

void figure_source::count_new_events() {
  query head(on_->prepared("SELECT coalesce(max(seq), 0) FROM events"));
  const std::int64_t newest = head.step() ? head.integer(0) : 0;
  if (newest <= last_event_) return;
  std::map<std::string, std::uint64_t> failures;
  query outcomes(on_->prepared(outcomes_since), last_event_, newest);
  while (outcomes.step()) {
    if (!outcomes.null(0)) {
      failures[outcomes.text(0)] += static_cast<std::uint64_t>(outcomes.integer(1));
    }
  }
  query admitted(
      on_->prepared("SELECT count(*) FROM events WHERE seq > ?1 AND seq <= ?2 AND kind = "
                    "'run_prepare'"),
      last_event_, newest);
  if (admitted.step()) admissions_ += static_cast<std::uint64_t>(admitted.integer(0));
  for (const auto& [name, count] : failures) failures_[name] += count;
  last_event_ = newest;
}

void figure_source::count_new_incidents() {
  query rows(on_->prepared("SELECT seq, kind FROM incidents WHERE seq > ?1 ORDER BY seq"),
             last_incident_);
  while (rows.step()) {
    last_incident_ = rows.integer(0);
    std::string kind = rows.text(1);
    const bool known = incidents_.contains(kind);
    if (!known && (!is_plain(kind) || incidents_.size() >= most_kinds)) kind = "other";
    ++incidents_[kind];
  }
}

result<figures> figure_source::read() {
  count_new_events();
  count_new_incidents();
  figures out;
  // Three questions instead of one, because each has an index that is all it has to read.
  count_states(*on_, "SELECT state, count(*) FROM runs WHERE phase = 2 GROUP BY state", out);
  count_states(*on_, "SELECT state, count(*) FROM runs WHERE phase = 1 GROUP BY state", out);
  out.runs[static_cast<std::size_t>(schema::run_state::schedule)] +=
      number(*on_, "SELECT count(*) FROM runs WHERE phase = 0");
  out.queued = number(*on_, "SELECT count(*) FROM runs WHERE phase = 0 AND eligible = 1");
  out.submitted = number(*on_, "SELECT coalesce(max(seq), 0) FROM runs");
  out.approvals_pending = number(*on_, "SELECT count(*) FROM approvals WHERE state = 'pending'");
  out.outbox_open =
      number(*on_, "SELECT count(*) FROM outbox WHERE state IN ('pending', 'unknown')");
  query switches(on_->prepared("SELECT kind, count(*) FROM switches GROUP BY kind"));
  while (switches.step()) {
    out.switches[switches.text(0)] = static_cast<std::uint64_t>(switches.integer(1));
  }
  out.tenants = read_tenants(*on_);
  out.events = static_cast<std::uint64_t>(last_event_);
  out.admissions = admissions_;
  out.failures = failures_;
  out.incidents = incidents_;
  return out;
}

}  // namespace skein::metrics
