// The operations on campaigns. They touch many rows, so each is all or nothing.
#include "runtime/store/sqlite_writer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace skein::store {

namespace {

const std::string& kind_of_change(std::optional<schema::campaign_state> state) {
  static const std::string resumed = "campaign_resumed";
  static const std::string paused = "campaign_paused";
  static const std::string halted = "campaign_halted";
  static const std::string aborted = "campaign_aborted";
  static const std::string completed = "campaign_completed";
  static const std::string wave_opened = "campaign_wave_opened";
  if (!state) return wave_opened;
  switch (*state) {
    case schema::campaign_state::running:
      return resumed;
    case schema::campaign_state::paused:
      return paused;
    case schema::campaign_state::halted:
      return halted;
    case schema::campaign_state::aborted:
      return aborted;
    case schema::campaign_state::completed:
      return completed;
  }
  return wave_opened;
}

}  // namespace

result<applied> sqlite_writer::apply(const add_campaign& op) {
  return all_or_nothing([&]() -> result<applied> {
    if (op.value.name.empty()) return refusal(errc::invalid, "start campaign: it has no name");
    // What cannot be read back must not get in.
    try {
      static_cast<void>(schema::campaign_from_json(nlohmann::json::parse(op.spec_json)));
    } catch (const std::exception& failed) {
      return refusal(errc::invalid, "start campaign " + op.value.name +
                                        ": its stored text is no campaign: " + failed.what());
    }
    std::uint32_t open_wave = 0;
    for (const add_run& each : op.runs) {
      if (each.eligible) open_wave = std::max(open_wave, each.value.wave);
    }
    const std::string running(schema::to_string(schema::campaign_state::running));
    query insert(connection_->prepared(
                     "INSERT INTO campaigns (name, tenant, spec_sha256, spec_json, state, "
                     "open_wave, reason, created_ms, updated_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, "
                     "'', ?7, ?7) ON CONFLICT DO NOTHING"),
                 op.value.name, op.value.tenant, op.spec_sha256, op.spec_json, running, open_wave,
                 now_ms_);
    if (insert.run() == 0) {
      return refusal(errc::conflict, "start campaign " + op.value.name + ": the name is taken",
                     "choose another name, or continue it with `skein campaign resume`");
    }
    static const std::string started = "campaign_started";
    static const std::string none;
    applied out{.affected = 1};
    out.event_seq =
        append(started, 0, none, op.value.name, op.value.tenant, op.by.empty() ? "system" : op.by,
               payload_text({{"runs", op.runs.size()}, {"sha256", op.spec_sha256}}));
    for (const auto& [sha256, json] : op.tasks) {
      SKEIN_CHECK(apply(put_task{sha256, json}));
    }
    for (const add_run& each : op.runs) {
      SKEIN_TRY(added, apply(each));
      out.affected += added.affected;
      out.event_seq = added.event_seq;
    }
    return out;
  });
}

result<applied> sqlite_writer::apply(const set_campaign& op) {
  std::string state;
  std::uint32_t open_wave = 0;
  std::string reason;
  std::string tenant;
  {
    query row(connection_->prepared(
                  "SELECT state, open_wave, reason, tenant FROM campaigns WHERE name = ?1"),
              op.name);
    if (!row.step()) {
      return refusal(errc::not_found, "no campaign " + op.name,
                     "list them with `skein get campaigns`");
    }
    state = row.text(0);
    open_wave = row.small(1);
    reason = row.text(2);
    tenant = row.text(3);
  }
  const std::string new_state = op.state ? std::string(schema::to_string(*op.state)) : state;
  // Waves only ever open.
  const std::uint32_t new_wave = std::max(open_wave, op.open_wave.value_or(open_wave));
  const bool opens = op.open_wave.has_value() && new_wave > open_wave;
  if (new_state == state && !opens && op.reason == reason) return applied{};

  std::optional<std::string> excused;
  if (!op.excused.is_null()) excused = op.excused.dump();
  applied out{.affected = 1};
  query(connection_->prepared("UPDATE campaigns SET state = ?2, open_wave = ?3, reason = ?4, "
                              "updated_ms = ?5, excused_json = coalesce(?6, excused_json) WHERE name = ?1"),
        op.name, new_state, new_wave, op.reason, now_ms_, excused)
      .run();
  static const std::string running(schema::to_string(schema::campaign_state::running));
  // Runs that are under way too: a crash may put them back into the queue.
  if (new_state != running && state == running) {
    query(connection_->prepared("UPDATE runs INDEXED BY runs_by_campaign SET eligible = 0 WHERE "
                                "campaign = ?1 AND phase < 2 AND eligible = 1"),
          op.name)
        .run();
  }
  std::uint64_t released = 0;
  if (new_state == running && (opens || state != running)) {
    released = query(connection_->prepared(
                         "UPDATE runs INDEXED BY runs_by_campaign SET eligible = 1 WHERE "
                         "campaign = ?1 AND wave <= ?2 AND phase < 2 AND eligible = 0"),
                     op.name, new_wave)
                   .run();
    out.affected += released;
  }
  nlohmann::json fields{{"from", state}, {"to", new_state}, {"reason", op.reason}};
  if (excused) fields["excused"] = op.excused;
  if (opens) {
    fields["openWave"] = new_wave;
    fields["released"] = released;
  }
  static const std::string none;
  out.event_seq = append(kind_of_change(new_state == state && opens ? std::nullopt : op.state), 0,
                         none, op.name, tenant, op.by, payload_text(std::move(fields)));
  return out;
}

result<applied> sqlite_writer::apply(const retry_runs& op) {
  return all_or_nothing([&]() -> result<applied> {
    std::string tenant;
    {
      query row(connection_->prepared("SELECT tenant FROM campaigns WHERE name = ?1"), op.campaign);
      if (!row.step()) return refusal(errc::not_found, "no campaign " + op.campaign);
      tenant = row.text(0);
    }
    applied out;
    for (const std::string& id : op.superseded) {
      SKEIN_TRY(run, find_run(id));
      if (run.campaign != op.campaign) {
        return refusal(errc::conflict,
                       "retry run " + id + ": it is not part of campaign " + op.campaign);
      }
      if (!schema::is_final(run.state) || schema::is_success(run.state)) {
        return refusal(errc::conflict, "retry run " + id + ": it is " + word_of(run.state) +
                                           ", only a failed run can be replaced");
      }
      const std::uint64_t marked =
          query(connection_->prepared(
                    "UPDATE runs SET superseded = 1, updated_ms = ?2 WHERE seq = ?1 AND "
                    "superseded = 0"),
                run.seq, now_ms_)
              .run();
      if (marked == 0) {
        return refusal(errc::conflict, "retry run " + id + ": another run has replaced it already");
      }
      out.affected += marked;
    }
    static const std::string superseded = "runs_superseded";
    static const std::string none;
    out.event_seq =
        append(superseded, 0, none, op.campaign, tenant, op.by,
               payload_text({{"runs", op.superseded}, {"replacements", op.runs.size()}}));
    for (const add_run& each : op.runs) {
      if (each.value.campaign != op.campaign) {
        return refusal(errc::invalid, "retry campaign " + op.campaign + ": run " + each.value.id +
                                          " belongs to another");
      }
      SKEIN_TRY(added, apply(each));
      out.affected += added.affected;
      out.event_seq = added.event_seq;
    }
    return out;
  });
}

}  // namespace skein::store
