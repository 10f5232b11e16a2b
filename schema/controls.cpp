// The table of controls as JSON and back.
#include "schema/controls.hpp"

#include "schema/json_read.hpp"
#include "schema/spec_json.hpp"

namespace skein::schema {

using nlohmann::json;

json to_json(const control& value) {
  json out = {{"id", value.id},       {"guarantee", value.guarantee}, {"code", value.code},
              {"tests", value.tests}, {"record", value.record},       {"planned", value.planned}};
  if (!value.why.empty()) out["why"] = value.why;
  if (!value.missing.empty()) out["missing"] = value.missing;
  return out;
}

json to_json(const asset& value) {
  return {{"id", value.id},
          {"name", value.name},
          {"touchedBy", value.touched_by},
          {"boundary", value.boundary},
          {"worstFailure", value.worst},
          {"controls", value.controls},
          {"provingLog", value.log}};
}

json to_json(const control_table& value) {
  json out = {{"apiVersion", detail::api_version},
              {"kind", "Controls"},
              {"controls", json::array()},
              {"assets", json::array()}};
  for (const control& each : value.controls) out["controls"].push_back(to_json(each));
  for (const asset& each : value.assets) out["assets"].push_back(to_json(each));
  return out;
}

control_table controls_from_json(const json& document) {
  using detail::read;
  return detail::reading("table of controls", [&] {
    detail::expect_kind(document, "Controls");
    control_table out;
    for (const json& entry : detail::member(document, "controls")) {
      control& each = out.controls.emplace_back();
      read(entry, "id", each.id);
      read(entry, "guarantee", each.guarantee);
      read(entry, "code", each.code);
      read(entry, "tests", each.tests);
      read(entry, "record", each.record);
      read(entry, "why", each.why);
      read(entry, "planned", each.planned);
      read(entry, "missing", each.missing);
    }
    for (const json& entry : detail::member(document, "assets")) {
      asset& each = out.assets.emplace_back();
      read(entry, "id", each.id);
      read(entry, "name", each.name);
      read(entry, "touchedBy", each.touched_by);
      read(entry, "boundary", each.boundary);
      read(entry, "worstFailure", each.worst);
      read(entry, "controls", each.controls);
      read(entry, "provingLog", each.log);
    }
    return out;
  });
}

}  // namespace skein::schema
