// The task document as JSON and back. Every default is written out, so that the frozen text does
// not change its meaning when a default does.
#include "schema/task.hpp"

#include "schema/json_read.hpp"
#include "schema/quantity.hpp"
#include "schema/spec_json.hpp"

namespace skein::schema {

using nlohmann::json;

std::vector<std::string> granted_names(const capability_spec& value) {
  std::vector<std::string> out;
  if (value.network != network_grant::none) out.emplace_back("network");
  const std::pair<bool, const char*> all[] = {{value.modify_ci, "modifyCi"},
                                              {value.modify_lockfile, "modifyLockfile"},
                                              {value.modify_tests, "modifyTests"},
                                              {value.modify_agent_config, "modifyAgentConfig"},
                                              {value.modify_tool_config, "modifyToolConfig"},
                                              {value.modify_git_config, "modifyGitConfig"}};
  for (const auto& [granted, name] : all) {
    if (granted) out.emplace_back(name);
  }
  return out;
}

std::string_view to_string(risk_level value) noexcept {
  switch (value) {
    case risk_level::low:
      return "low";
    case risk_level::medium:
      return "medium";
    case risk_level::high:
      return "high";
  }
  return "high";
}

std::string_view to_string(agent_kind value) noexcept {
  switch (value) {
    case agent_kind::script:
      return "script";
    case agent_kind::model:
      return "model";
    case agent_kind::external:
      return "external";
    case agent_kind::replay:
      return "replay";
  }
  return "script";
}

std::string_view to_string(publish_mode value) noexcept {
  switch (value) {
    case publish_mode::pr:
      return "pr";
    case publish_mode::draft:
      return "draft";
    case publish_mode::patch:
      return "patch";
    case publish_mode::none:
      return "none";
  }
  return "none";
}

namespace {

template <class Enum>
void read_word(const json& object, const char* key, std::initializer_list<Enum> values,
               Enum& target) {
  if (!detail::has(object, key)) return;
  const auto& text = object.at(key).get_ref<const std::string&>();
  for (const Enum value : values) {
    if (to_string(value) == text) {
      target = value;
      return;
    }
  }
  throw std::logic_error(std::string("not a valid ") + key + ": " + text);
}

/// Optional texts are left out when empty: their absence is their default.
void put_text(json& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}

json repo_json(const repo_spec& value) {
  json out = json::object();
  put_text(out, "url", value.url);
  put_text(out, "branch", value.branch);
  put_text(out, "commit", value.commit);
  return out;
}

repo_spec repo_from_json(const json& value) {
  repo_spec out;
  detail::read(value, "url", out.url);
  detail::read(value, "branch", out.branch);
  detail::read(value, "commit", out.commit);
  return out;
}

json scope_json(const scope_spec& value) {
  return {{"include", value.include},
          {"exclude", value.exclude},
          {"maxFiles", value.max_files},
          {"maxChangedLines", value.max_changed_lines}};
}

scope_spec scope_from_json(const json& value) {
  scope_spec out;
  detail::read(value, "include", out.include);
  detail::read(value, "exclude", out.exclude);
  detail::read(value, "maxFiles", out.max_files);
  detail::read(value, "maxChangedLines", out.max_changed_lines);
  return out;
}

json capabilities_json(const capability_spec& value) {
  json network = "none";
  if (value.network == network_grant::registries) network = "registries";
  if (value.network == network_grant::allow) network = {{"allow", value.network_allow}};
  json out = {{"network", std::move(network)},
          {"modifyCi", value.modify_ci},
          {"modifyLockfile", value.modify_lockfile},
          {"modifyTests", value.modify_tests}};
  // Later than the others: a task that was accepted without them keeps its identity.
  if (value.modify_agent_config) out["modifyAgentConfig"] = true;
  if (value.modify_tool_config) out["modifyToolConfig"] = true;
  if (value.modify_git_config) out["modifyGitConfig"] = true;
  return out;
}

capability_spec capabilities_from_json(const json& value) {
  capability_spec out;
  if (detail::has(value, "network")) {
    const json& network = value.at("network");
    if (network.is_object()) {
      out.network = network_grant::allow;
      detail::read(network, "allow", out.network_allow);
    } else if (network == "registries") {
      out.network = network_grant::registries;
    } else if (network != "none") {
      throw std::logic_error("not a valid network grant: " + network.dump());
    }
  }
  detail::read(value, "modifyCi", out.modify_ci);
  detail::read(value, "modifyLockfile", out.modify_lockfile);
  detail::read(value, "modifyTests", out.modify_tests);
  detail::read(value, "modifyAgentConfig", out.modify_agent_config);
  detail::read(value, "modifyToolConfig", out.modify_tool_config);
  detail::read(value, "modifyGitConfig", out.modify_git_config);
  return out;
}

json agent_json(const agent_spec& value) {
  json out = {{"kind", to_string(value.kind)}};
  if (!value.steps.empty() || value.kind == agent_kind::script) {
    json steps = json::array();
    for (const step_spec& each : value.steps) {
      json step = {{"run", each.run}};
      if (each.timeout) step["timeout"] = format_duration(*each.timeout);
      steps.push_back(std::move(step));
    }
    out["steps"] = std::move(steps);
  }
  put_text(out, "provider", value.provider);
  put_text(out, "model", value.model);
  put_text(out, "use", value.use);
  put_text(out, "transcript", value.transcript);
  if (!value.tools.empty()) out["tools"] = value.tools;
  return out;
}

agent_spec agent_from_json(const json& value) {
  agent_spec out;
  read_word(value, "kind",
            {agent_kind::script, agent_kind::model, agent_kind::external, agent_kind::replay},
            out.kind);
  for (const json& each : detail::member(value, "steps")) {
    step_spec step;
    detail::read(each, "run", step.run);
    if (detail::has(each, "timeout")) {
      step.timeout.emplace();
      detail::read_duration(each, "timeout", *step.timeout);
    }
    out.steps.push_back(std::move(step));
  }
  detail::read(value, "provider", out.provider);
  detail::read(value, "model", out.model);
  detail::read(value, "use", out.use);
  detail::read(value, "transcript", out.transcript);
  detail::read(value, "tools", out.tools);
  return out;
}

json verifier_json(const verifier_spec& value) {
  json out = {{"required", value.required}};
  put_text(out, "name", value.name);
  put_text(out, "run", value.run);
  put_text(out, "use", value.use);
  // 0 with `use` says that the platform's file decides.
  if (value.use.empty() || value.timeout.count() != 0) {
    out["timeout"] = format_duration(value.timeout);
  }
  return out;
}

verifier_spec task_verifier_from_json(const json& value) {
  verifier_spec out;
  detail::read(value, "name", out.name);
  detail::read(value, "run", out.run);
  detail::read(value, "use", out.use);
  detail::read(value, "required", out.required);
  if (!out.use.empty()) out.timeout = std::chrono::milliseconds{0};
  detail::read_duration(value, "timeout", out.timeout);
  return out;
}

json budget_json(const budget_spec& value) {
  return {{"attempts", value.attempts},
          {"repairs", value.repairs},
          {"wallClock", format_duration(value.wall_clock)},
          {"tokens", value.tokens},
          {"usd", value.usd},
          {"toolCalls", value.tool_calls},
          {"shellOutputBytes", value.shell_output_bytes},
          {"fileReadBytes", value.file_read_bytes}};
}

budget_spec budget_from_json(const json& value) {
  budget_spec out;
  detail::read(value, "attempts", out.attempts);
  detail::read(value, "repairs", out.repairs);
  detail::read_duration(value, "wallClock", out.wall_clock);
  detail::read(value, "tokens", out.tokens);
  detail::read(value, "usd", out.usd);
  detail::read(value, "toolCalls", out.tool_calls);
  detail::read_bytes(value, "shellOutputBytes", out.shell_output_bytes);
  detail::read_bytes(value, "fileReadBytes", out.file_read_bytes);
  return out;
}

json resources_json(const resource_spec& value) {
  json out = json::object();
  if (value.memory_bytes != 0) out["memory"] = value.memory_bytes;
  if (value.cpus != 0) out["cpus"] = value.cpus;
  return out;
}

resource_spec resources_from_json(const json& value) {
  resource_spec out;
  detail::read_bytes(value, "memory", out.memory_bytes);
  detail::read(value, "cpus", out.cpus);
  return out;
}

json publish_json(const publish_spec& value) {
  json out = {{"mode", to_string(value.mode)},
              {"branchPrefix", value.branch_prefix},
              {"labels", value.labels},
              {"reviewers", value.reviewers}};
  if (value.reviewers == std::vector<std::string>{"codeowners"}) out["reviewers"] = "codeowners";
  put_text(out, "title", value.title);
  return out;
}

publish_spec publish_from_json(const json& value) {
  publish_spec out;
  read_word(value, "mode",
            {publish_mode::pr, publish_mode::draft, publish_mode::patch, publish_mode::none},
            out.mode);
  detail::read(value, "branchPrefix", out.branch_prefix);
  detail::read(value, "title", out.title);
  detail::read(value, "labels", out.labels);
  if (detail::has(value, "reviewers")) {
    const json& reviewers = value.at("reviewers");
    if (reviewers.is_string()) {
      out.reviewers = {reviewers.get<std::string>()};
    } else {
      detail::read(value, "reviewers", out.reviewers);
    }
  }
  return out;
}

json follow_up_json(const follow_up_spec& value) {
  json failed = json::array();
  for (const auto& each : value.failed) {
    failed.push_back({{"name", each.name}, {"url", each.url}, {"output", each.output}});
  }
  json out = {{"run", value.run},
              {"pullRequest", value.pull_request},
              {"branch", value.branch},
              {"round", value.round},
              {"failed", std::move(failed)}};
  if (value.rebase()) {
    out["from"] = value.from;
    out["head"] = value.head;
  }
  return out;
}

follow_up_spec follow_up_from_json(const json& value) {
  follow_up_spec out;
  detail::read(value, "run", out.run);
  detail::read(value, "pullRequest", out.pull_request);
  detail::read(value, "branch", out.branch);
  detail::read(value, "round", out.round);
  detail::read(value, "from", out.from);
  detail::read(value, "head", out.head);
  for (const json& each : detail::member(value, "failed")) {
    auto& check = out.failed.emplace_back();
    detail::read(each, "name", check.name);
    detail::read(each, "url", check.url);
    detail::read(each, "output", check.output);
  }
  return out;
}

}  // namespace

namespace detail {

json spec_json(const task_spec& value) {
  json out = {{"intent", value.intent},
              {"risk", to_string(value.risk)},
              {"scope", scope_json(value.scope)},
              {"capabilities", capabilities_json(value.capabilities)},
              {"budget", budget_json(value.budget)},
              {"publish", publish_json(value.publish)}};
  json repo = repo_json(value.repo);
  if (!repo.empty()) out["repo"] = std::move(repo);
  if (value.agent_given || value.agent != agent_spec{}) out["agent"] = agent_json(value.agent);
  json verifiers = json::array();
  for (const verifier_spec& each : value.verifiers) verifiers.push_back(verifier_json(each));
  out["verifiers"] = std::move(verifiers);
  // Only when it says something: hashes of tasks that were frozen without it stay what they are.
  if (value.resources != resource_spec{}) out["resources"] = resources_json(value.resources);
  if (value.priority != 0) out["priority"] = value.priority;
  if (value.follow_up) out["followUp"] = follow_up_json(*value.follow_up);
  return out;
}

task_spec spec_from_json(const json& value) {
  task_spec out;
  read(value, "intent", out.intent);
  read_word(value, "risk", {risk_level::low, risk_level::medium, risk_level::high}, out.risk);
  out.repo = repo_from_json(member(value, "repo"));
  out.scope = scope_from_json(member(value, "scope"));
  out.capabilities = capabilities_from_json(member(value, "capabilities"));
  out.agent_given = has(value, "agent");
  out.agent = agent_from_json(member(value, "agent"));
  for (const json& each : member(value, "verifiers")) {
    out.verifiers.push_back(task_verifier_from_json(each));
  }
  out.budget = budget_from_json(member(value, "budget"));
  out.resources = resources_from_json(member(value, "resources"));
  out.publish = publish_from_json(member(value, "publish"));
  read(value, "priority", out.priority);
  if (has(value, "followUp")) out.follow_up = follow_up_from_json(member(value, "followUp"));
  return out;
}

json metadata_json(const std::string& name, const std::string& tenant,
                   const std::map<std::string, std::string>& labels) {
  return {{"name", name}, {"tenant", tenant}, {"labels", labels}};
}

json document_json(const char* kind, json metadata, json spec) {
  return {{"apiVersion", api_version},
          {"kind", kind},
          {"metadata", std::move(metadata)},
          {"spec", std::move(spec)}};
}

void expect_kind(const json& document, const char* kind) {
  if (!document.is_object() || document.value("apiVersion", "") != api_version ||
      document.value("kind", "") != kind) {
    throw std::logic_error(std::string("not a document of kind ") + kind);
  }
}

void read_duration(const json& object, const char* key, std::chrono::milliseconds& target) {
  if (!has(object, key)) return;
  const auto value = duration_of(object.at(key));
  if (!value) throw std::logic_error(std::string("not a valid duration: ") + key);
  target = *value;
}

void read_bytes(const json& object, const char* key, std::uint64_t& target) {
  if (!has(object, key)) return;
  const auto value = bytes_of(object.at(key));
  if (!value) throw std::logic_error(std::string("not a valid size: ") + key);
  target = *value;
}

}  // namespace detail

json to_json(const task& value) {
  return detail::document_json("Task",
                               detail::metadata_json(value.name, value.tenant, value.labels),
                               detail::spec_json(value.spec));
}

task task_from_json(const json& document) {
  return detail::reading("task", [&] {
    detail::expect_kind(document, "Task");
    task out;
    const json& metadata = detail::member(document, "metadata");
    detail::read(metadata, "name", out.name);
    detail::read(metadata, "tenant", out.tenant);
    detail::read(metadata, "labels", out.labels);
    out.spec = detail::spec_from_json(detail::member(document, "spec"));
    return out;
  });
}

}  // namespace skein::schema
