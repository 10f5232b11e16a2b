// Policy documents as JSON and back. Conditions may stand in `when`, in `when.condition` and in
// `condition`; they become one set.
#include "schema/policy.hpp"

#include "schema/json_read.hpp"
#include "schema/spec_json.hpp"

#include <array>
#include <utility>

namespace skein::schema {

using nlohmann::json;

namespace {

constexpr std::array<std::pair<policy_action, std::string_view>, 7> actions{
    {{policy_action::allow, "allow"},
     {policy_action::deny, "deny"},
     {policy_action::deny_unless_allowed, "deny_unless_allowed"},
     {policy_action::deny_if_false, "deny_if_false"},
     {policy_action::needs_approval, "needs_approval"},
     {policy_action::draft_only, "draft_only"},
     {policy_action::analysis_only, "analysis_only"}}};

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// One value or a list of them.
void read_list(const json& object, const char* key, std::vector<std::string>& target) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return;
  target.clear();
  if (!found->is_array()) {
    target.push_back(text_of(*found));
    return;
  }
  for (const json& each : *found) target.push_back(text_of(each));
}

void read_conditions(const json& from, policy_conditions& into) {
  read_list(from, "tool", into.tools);
  read_list(from, "normalizedPathUnder", into.path_under);
  read_list(from, "normalizedPathNotUnder", into.path_not_under);
  read_list(from, "pathMatches", into.path_matches);
  read_list(from, "pathNotMatches", into.path_not_matches);
  read_list(from, "pathIs", into.path_is);
  for (const auto& [name, value] : detail::member(from, "args").items()) {
    read_list(detail::member(from, "args"), name.c_str(), into.args[name]);
  }
  detail::read(from, "argMatches", into.arg_matches);
  read_list(from, "capability", into.capabilities);
  read_list(from, "withoutCapability", into.without_capabilities);
  read_list(from, "lane", into.lanes);
  read_list(from, "risk", into.risks);
  read_list(from, "tenant", into.tenants);
  if (detail::has(from, "requiredVerifiersAllPassed")) {
    into.required_verifiers_all_passed = from.at("requiredVerifiersAllPassed").get<bool>();
  }
  read_list(from, "diffTouches", into.diff_touches);
  read_list(from, "diffHas", into.diff_has);
  if (detail::has(from, "diffFilesAbove")) into.diff_files_above = from.at("diffFilesAbove");
  if (detail::has(from, "diffLinesAbove")) into.diff_lines_above = from.at("diffLinesAbove");
}

policy_example read_example(const json& from, const policy_conditions& when, bool allowed,
                            std::string pointer) {
  policy_example out;
  out.allowed = allowed;
  out.pointer = std::move(pointer);
  if (!when.tools.empty()) out.tool = when.tools.front();
  if (from.is_string()) {
    const char* subject = out.tool == "run_shell" ? "command" : "path";
    out.args_json = json{{subject, from.get<std::string>()}}.dump();
    return out;
  }
  detail::read(from, "tool", out.tool);
  out.args_json = detail::member(from, "args").dump();
  out.facts_json = detail::member(from, "facts").dump();
  read_list(from, "capabilities", out.capabilities);
  detail::read(from, "lane", out.lane);
  detail::read(from, "risk", out.risk);
  detail::read(from, "tenant", out.tenant);
  return out;
}

void read_examples(const json& from, const char* key, bool allowed, policy_rule& into) {
  const auto found = from.find(key);
  if (found == from.end() || !found->is_array()) return;
  for (std::size_t at = 0; at < found->size(); ++at) {
    into.examples.push_back(read_example((*found)[at], into.when, allowed,
                                         std::string(key) + "/" + std::to_string(at)));
  }
}

void read_allow(const json& from, policy_rule& into) {
  for (const json& each : detail::member(from, "allow")) {
    if (each.is_string()) {
      into.allow.push_back(each.get<std::string>());
      continue;
    }
    policy_command command;
    detail::read(each, "command", command.command);
    read_list(each, "flags", command.flags);
    read_list(each, "operands", command.operands);
    if (command.operands == std::vector<std::string>{"none"}) command.operands.clear();
    detail::read(each, "maxOperands", command.max_operands);
    into.allow_commands.push_back(std::move(command));
  }
}

policy_rule read_rule(const json& from) {
  policy_rule out;
  detail::read(from, "rule", out.name);
  detail::read(from, "description", out.description);
  detail::read(from, "reason", out.reason);
  detail::read(from, "alternative", out.alternative);
  const std::string word = from.at("action").get<std::string>();
  for (const auto& [action, text] : actions) {
    if (text == word) out.action = action;
  }
  const json& when = detail::member(from, "when");
  read_conditions(when, out.when);
  read_conditions(detail::member(when, "condition"), out.when);
  read_conditions(detail::member(from, "condition"), out.when);
  read_allow(from, out);
  read_list(from, "allowPrefixes", out.allow_prefixes);
  read_list(from, "denyPatterns", out.deny_patterns);
  read_examples(from, "allows", true, out);
  read_examples(from, "denies", false, out);
  return out;
}

void put(json& into, const char* key, const std::vector<std::string>& list) {
  if (!list.empty()) into[key] = list;
}
void put(json& into, const char* key, const std::string& text) {
  if (!text.empty()) into[key] = text;
}

json conditions_json(const policy_conditions& value) {
  json out = json::object();
  put(out, "tool", value.tools);
  put(out, "normalizedPathUnder", value.path_under);
  put(out, "normalizedPathNotUnder", value.path_not_under);
  put(out, "pathMatches", value.path_matches);
  put(out, "pathNotMatches", value.path_not_matches);
  put(out, "pathIs", value.path_is);
  if (!value.args.empty()) out["args"] = value.args;
  if (!value.arg_matches.empty()) out["argMatches"] = value.arg_matches;
  put(out, "capability", value.capabilities);
  put(out, "withoutCapability", value.without_capabilities);
  put(out, "lane", value.lanes);
  put(out, "risk", value.risks);
  put(out, "tenant", value.tenants);
  if (value.required_verifiers_all_passed) {
    out["requiredVerifiersAllPassed"] = *value.required_verifiers_all_passed;
  }
  put(out, "diffTouches", value.diff_touches);
  put(out, "diffHas", value.diff_has);
  if (value.diff_files_above) out["diffFilesAbove"] = *value.diff_files_above;
  if (value.diff_lines_above) out["diffLinesAbove"] = *value.diff_lines_above;
  return out;
}

json example_json(const policy_example& value) {
  json out{{"tool", value.tool}, {"args", json::parse(value.args_json)}};
  if (value.facts_json != "{}") out["facts"] = json::parse(value.facts_json);
  put(out, "capabilities", value.capabilities);
  put(out, "lane", value.lane);
  put(out, "risk", value.risk);
  put(out, "tenant", value.tenant);
  return out;
}

}  // namespace

std::string to_string(const source_place& value) {
  if (value.line == 0) return value.file;
  return value.file + ":" + std::to_string(value.line) + ":" + std::to_string(value.column);
}

std::string_view to_string(policy_action value) noexcept {
  for (const auto& [action, text] : actions) {
    if (action == value) return text;
  }
  return "deny";
}

source_place place_of(const policy_rule& rule, std::string pointer) {
  for (;;) {
    if (const auto found = rule.places.find(pointer); found != rule.places.end()) {
      return found->second;
    }
    if (pointer.empty()) return {};
    const std::size_t slash = pointer.rfind('/');
    pointer.resize(slash == std::string::npos ? 0 : slash);
  }
}

json to_json(const policy_rule& value) {
  json out{{"rule", value.name}, {"action", to_string(value.action)}};
  out["when"] = conditions_json(value.when);
  put(out, "description", value.description);
  put(out, "reason", value.reason);
  put(out, "alternative", value.alternative);
  json allow = value.allow;
  for (const policy_command& each : value.allow_commands) {
    allow.push_back({{"command", each.command},
                     {"flags", each.flags},
                     {"operands", each.operands},
                     {"maxOperands", each.max_operands}});
  }
  if (!allow.empty()) out["allow"] = std::move(allow);
  put(out, "allowPrefixes", value.allow_prefixes);
  put(out, "denyPatterns", value.deny_patterns);
  for (const policy_example& each : value.examples) {
    out[each.allowed ? "allows" : "denies"].push_back(example_json(each));
  }
  return out;
}

json to_json(const policy_file& value) {
  json out{{"apiVersion", detail::api_version}, {"kind", "Policy"}, {"rules", json::array()}};
  if (!value.name.empty()) out["metadata"]["name"] = value.name;
  if (!value.description.empty()) out["metadata"]["description"] = value.description;
  for (const policy_rule& each : value.rules) out["rules"].push_back(to_json(each));
  return out;
}

policy_file policy_from_json(const json& document) {
  return detail::reading("policy", [&] {
    detail::expect_kind(document, "Policy");
    policy_file out;
    detail::read(detail::member(document, "metadata"), "name", out.name);
    detail::read(detail::member(document, "metadata"), "description", out.description);
    for (const json& each : detail::member(document, "rules")) out.rules.push_back(read_rule(each));
    return out;
  });
}

}  // namespace skein::schema
