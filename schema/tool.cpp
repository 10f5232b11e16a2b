// The documents about tools as JSON and back.
#include "schema/tool.hpp"

#include "schema/identity.hpp"
#include "schema/json_read.hpp"
#include "schema/spec_json.hpp"

namespace skein::schema {

using nlohmann::json;

namespace {

json origin_json(const tool_origin& value) {
  if (value.from == tool_origin::source::builtin) return {{"kind", "builtin"}};
  json out = {
      {"kind", "mcp"}, {"server", value.server}, {"version", value.version}, {"tool", value.tool}};
  if (!value.command.empty()) out["command"] = value.command;
  if (!value.url.empty()) out["url"] = value.url;
  if (value.reads_repository) out["repository"] = "read";
  if (value.network) out["network"] = "granted";
  return out;
}

tool_origin origin_from_json(const json& value, const std::string& name) {
  using detail::read;
  tool_origin out;
  if (value.at("kind") != "mcp") return out;
  out.from = tool_origin::source::mcp;
  out.tool = name;
  read(value, "server", out.server);
  read(value, "version", out.version);
  read(value, "tool", out.tool);
  read(value, "command", out.command);
  read(value, "url", out.url);
  out.reads_repository = value.value("repository", "none") == "read";
  out.network = value.value("network", "none") == "granted";
  return out;
}

json plain_document(const char* kind) {
  return {{"apiVersion", detail::api_version}, {"kind", kind}};
}

}  // namespace

json to_json(const capability_manifest& value) {
  return {{"newAsset", value.new_asset},
          {"newSideEffect", value.new_side_effect},
          {"dataLeaving", value.data_leaving},
          {"silentFailure", value.silent_failure},
          {"preventingGate", value.preventing_gate},
          {"provingLog", value.proving_log}};
}

capability_manifest manifest_from_json(const json& from) {
  using detail::read;
  capability_manifest out;
  read(from, "newAsset", out.new_asset);
  read(from, "newSideEffect", out.new_side_effect);
  read(from, "dataLeaving", out.data_leaving);
  read(from, "silentFailure", out.silent_failure);
  read(from, "preventingGate", out.preventing_gate);
  read(from, "provingLog", out.proving_log);
  return out;
}

json to_json(const tool_descriptor& value) {
  json spec = {{"origin", origin_json(value.origin)},
               {"description", value.description},
               {"model", json::parse(value.model_json)},
               {"manifest", to_json(value.manifest)}};
  return detail::document_json("Tool", {{"name", value.name}, {"version", value.version}},
                               std::move(spec));
}

tool_descriptor tool_from_json(const json& document) {
  using detail::read;
  return detail::reading("tool", [&] {
    detail::expect_kind(document, "Tool");
    tool_descriptor out;
    read(detail::member(document, "metadata"), "name", out.name);
    read(detail::member(document, "metadata"), "version", out.version);
    const json& spec = detail::member(document, "spec");
    out.origin = origin_from_json(detail::member(spec, "origin"), out.name);
    read(spec, "description", out.description);
    out.model_json = canonical_json(detail::member(spec, "model"));
    out.manifest = manifest_from_json(detail::member(spec, "manifest"));
    return out;
  });
}

std::string digest_of(const tool_descriptor& value) {
  return sha256_hex(canonical_json(to_json(value)));
}

json to_json(const tool_approvals& value) {
  json out = plain_document("ToolApprovals");
  json& list = out["approvals"] = json::array();
  for (const tool_approval& each : value.approvals) {
    json entry = {
        {"tool", each.tool}, {"version", each.version}, {"sha256", each.sha256}, {"by", each.by}};
    if (!each.reason.empty()) entry["reason"] = each.reason;
    if (!each.accepts.empty()) entry["accepts"] = each.accepts;
    list.push_back(std::move(entry));
  }
  return out;
}

tool_approvals tool_approvals_from_json(const json& document) {
  using detail::read;
  return detail::reading("list of approved tools", [&] {
    detail::expect_kind(document, "ToolApprovals");
    tool_approvals out;
    for (const json& entry : detail::member(document, "approvals")) {
      tool_approval& each = out.approvals.emplace_back();
      read(entry, "tool", each.tool);
      read(entry, "version", each.version);
      read(entry, "sha256", each.sha256);
      read(entry, "by", each.by);
      read(entry, "reason", each.reason);
      read(entry, "accepts", each.accepts);
    }
    return out;
  });
}

json to_json(const tool_rules& value) {
  json out = plain_document("ToolRules");
  json& phrases = out["phrases"] = json::array();
  for (const tool_phrase_rule& each : value.phrases) {
    phrases.push_back({{"rule", each.rule},
                       {"description", each.description},
                       {"in", each.on_words ? "words" : "text"},
                       {"patterns", each.patterns},
                       {"catches", each.catches},
                       {"passes", each.passes}});
  }
  json& parameters = out["parameters"] = json::array();
  for (const tool_parameter_rule& each : value.parameters) {
    parameters.push_back({{"rule", each.rule},
                          {"description", each.description},
                          {"names", each.names},
                          {"unlessTool", each.unless_tool},
                          {"catches", each.catches},
                          {"passes", each.passes}});
  }
  out["allowedHosts"] = value.allowed_hosts;
  out["schemaKeywords"] = value.schema_keywords;
  out["limits"] = {{"name", value.limits.name},
                   {"description", value.limits.description},
                   {"parameterDescription", value.limits.parameter_description},
                   {"otherText", value.limits.other_text},
                   {"schemaBytes", value.limits.schema_bytes},
                   {"schemaDepth", value.limits.schema_depth},
                   {"parameters", value.limits.parameters}};
  return out;
}

tool_rules tool_rules_from_json(const json& document) {
  using detail::read;
  return detail::reading("set of rules about tools", [&] {
    detail::expect_kind(document, "ToolRules");
    tool_rules out;
    for (const json& entry : detail::member(document, "phrases")) {
      tool_phrase_rule& each = out.phrases.emplace_back();
      read(entry, "rule", each.rule);
      read(entry, "description", each.description);
      each.on_words = entry.value("in", "words") == "words";
      read(entry, "patterns", each.patterns);
      read(entry, "catches", each.catches);
      read(entry, "passes", each.passes);
    }
    for (const json& entry : detail::member(document, "parameters")) {
      tool_parameter_rule& each = out.parameters.emplace_back();
      read(entry, "rule", each.rule);
      read(entry, "description", each.description);
      read(entry, "names", each.names);
      read(entry, "unlessTool", each.unless_tool);
      read(entry, "catches", each.catches);
      read(entry, "passes", each.passes);
    }
    read(document, "allowedHosts", out.allowed_hosts);
    read(document, "schemaKeywords", out.schema_keywords);
    const json& limits = detail::member(document, "limits");
    read(limits, "name", out.limits.name);
    read(limits, "description", out.limits.description);
    read(limits, "parameterDescription", out.limits.parameter_description);
    read(limits, "otherText", out.limits.other_text);
    read(limits, "schemaBytes", out.limits.schema_bytes);
    read(limits, "schemaDepth", out.limits.schema_depth);
    read(limits, "parameters", out.limits.parameters);
    return out;
  });
}

}  // namespace skein::schema
