// External agents' documents as JSON and back.
#include "schema/agent_file.hpp"

#include "schema/json_read.hpp"
#include "schema/spec_json.hpp"

namespace skein::schema {

using nlohmann::json;

json to_json(const agent_file& value) {
  json spec = {{"description", value.description},
               {"command", value.command},
               {"wire", value.wire},
               {"environment", value.environment},
               {"files", value.files},
               {"manifest", to_json(value.manifest)}};
  if (!value.check.empty()) spec["check"] = value.check;
  if (!value.provider.empty()) spec["provider"] = value.provider;
  if (!value.model.empty()) spec["model"] = value.model;
  return detail::document_json("Agent", {{"name", value.name}}, std::move(spec));
}

agent_file agent_from_json(const json& document) {
  using detail::read;
  return detail::reading("agent", [&] {
    detail::expect_kind(document, "Agent");
    agent_file out;
    read(detail::member(document, "metadata"), "name", out.name);
    const json& spec = detail::member(document, "spec");
    read(spec, "description", out.description);
    read(spec, "check", out.check);
    read(spec, "command", out.command);
    read(spec, "wire", out.wire);
    read(spec, "provider", out.provider);
    read(spec, "model", out.model);
    read(spec, "environment", out.environment);
    read(spec, "files", out.files);
    out.manifest = manifest_from_json(detail::member(spec, "manifest"));
    return out;
  });
}

}  // namespace skein::schema
