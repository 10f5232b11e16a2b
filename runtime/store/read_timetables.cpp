// Queries about timetables.
#include "runtime/store/sqlite_reader.hpp"

#include <nlohmann/json.hpp>

namespace skein::store {

result<std::vector<timetable_row>> sqlite_reader::timetables() const {
  return guarded(connection_, "list timetables", [&]() -> result<std::vector<timetable_row>> {
    query rows(connection_.prepared(
        "SELECT name, tenant, spec_json, directory, submitter, considered_ms, last_campaign, "
        "given_up FROM timetables ORDER BY name"));
    std::vector<timetable_row> out;
    while (rows.step()) {
      auto& row = out.emplace_back();
      row.name = rows.text(0);
      row.tenant = rows.text(1);
      row.value = schema::campaign_from_json(nlohmann::json::parse(rows.text(2)));
      row.directory = rows.text(3);
      row.submitter = rows.text(4);
      row.considered_ms = rows.integer(5);
      row.last_campaign = rows.text(6);
      row.given_up = static_cast<std::uint64_t>(rows.integer(7));
    }
    return out;
  });
}

}  // namespace skein::store
