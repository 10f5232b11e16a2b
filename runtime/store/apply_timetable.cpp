// The operations on timetables.
#include "runtime/store/sqlite_writer.hpp"

#include <nlohmann/json.hpp>

namespace skein::store {

namespace {

const std::string none;

std::string by_or_system(const std::string& by) {
  return by.empty() ? "system" : by;
}

}  // namespace

result<applied> sqlite_writer::apply(const put_timetable& op) {
  if (op.name.empty()) return refusal(errc::invalid, "start timetable: it has no name");
  try {
    static_cast<void>(schema::campaign_from_json(nlohmann::json::parse(op.spec_json)));
  } catch (const std::exception& failed) {
    return refusal(errc::invalid,
                   "start timetable " + op.name + ": its text is no campaign: " + failed.what());
  }
  {
    query row(connection_->prepared("SELECT spec_json FROM timetables WHERE name = ?1"), op.name);
    if (row.step()) {
      if (row.text(0) == op.spec_json) return applied{};
      return refusal(errc::conflict, "timetable " + op.name + " exists with other content",
                     "end it first: skein campaign abort " + op.name);
    }
  }
  query(connection_->prepared(
            "INSERT INTO timetables (name, tenant, spec_json, directory, submitter, considered_ms, "
            "last_campaign, given_up, updated_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, '', 0, ?7)"),
        op.name, op.tenant, op.spec_json, op.directory, op.by, op.considered_ms, now_ms_)
      .run();
  static const std::string started = "timetable_started";
  return applied{.affected = 1,
                 .event_seq = append(started, 0, none, op.name, op.tenant, by_or_system(op.by),
                                     payload_text({{"consideredMs", op.considered_ms}}))};
}

result<applied> sqlite_writer::apply(const move_timetable& op) {
  std::string tenant;
  {
    query row(connection_->prepared("SELECT tenant FROM timetables WHERE name = ?1"), op.name);
    if (!row.step()) return refusal(errc::not_found, "no timetable " + op.name);
    tenant = row.text(0);
  }
  query(connection_->prepared("UPDATE timetables SET considered_ms = ?2, last_campaign = "
                              "coalesce(nullif(?3, ''), last_campaign), given_up = given_up + ?4, "
                              "updated_ms = ?5 WHERE name = ?1"),
        op.name, op.considered_ms, op.campaign, static_cast<std::int64_t>(op.given_up), now_ms_)
      .run();
  applied out{.affected = 1};
  // Time that only passes is not worth a line.
  if (op.campaign.empty() && op.given_up == 0) return out;
  static const std::string fired = "timetable_fired";
  static const std::string missed = "timetable_missed";
  nlohmann::json fields{{"consideredMs", op.considered_ms}, {"givenUp", op.given_up}};
  if (!op.campaign.empty()) fields["campaign"] = op.campaign;
  out.event_seq = append(op.campaign.empty() ? missed : fired, 0, none, op.name, tenant, "system",
                         payload_text(std::move(fields)));
  return out;
}

result<applied> sqlite_writer::apply(const drop_timetable& op) {
  std::string tenant;
  {
    query row(connection_->prepared("SELECT tenant FROM timetables WHERE name = ?1"), op.name);
    if (!row.step()) return refusal(errc::not_found, "no timetable " + op.name);
    tenant = row.text(0);
  }
  query(connection_->prepared("DELETE FROM timetables WHERE name = ?1"), op.name).run();
  static const std::string ended = "timetable_ended";
  return applied{.affected = 1,
                 .event_seq = append(ended, 0, none, op.name, tenant, by_or_system(op.by), "{}")};
}

}  // namespace skein::store
