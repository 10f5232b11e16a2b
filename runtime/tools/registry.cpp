#include "runtime/tools/registry.hpp"

#include "schema/document.hpp"
#include "schema/identity.hpp"
#include "schema/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <system_error>
#include <utility>

namespace skein::tools {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using schema::detail::in_quotes;

constexpr std::size_t most_files = 500;
constexpr std::size_t most_lines = 20;

result<std::vector<fs::path>> yaml_files(const fs::path& folder, bool needed) {
  std::vector<fs::path> out;
  std::error_code failed;
  fs::directory_iterator entries(folder, failed);
  if (failed == std::errc::no_such_file_or_directory && !needed) return out;
  if (failed) return errno_error("read tool folder " + folder.string(), failed.value());
  for (const fs::directory_iterator end; entries != end; entries.increment(failed)) {
    if (entries->path().extension() == ".yaml") out.push_back(entries->path());
    if (out.size() > most_files) {
      return error{errc::invalid,
                   "tool folder " + folder.string() + " holds more than " +
                       std::to_string(most_files) + " files",
                   "point to the folder with the platform's tools"};
    }
    if (failed) break;
  }
  if (failed) return errno_error("read tool folder " + folder.string(), failed.value());
  std::sort(out.begin(), out.end());
  return out;
}

struct read_folders {
  std::vector<schema::tool_descriptor> descriptors;
  std::vector<schema::tool_approval> approvals;
  std::optional<screen> rules;
};

error wrong(std::string lines) {
  return {errc::invalid, std::move(lines), "correct the file; `skein schema tool` says how"};
}

result<> read_file(const fs::path& path, bool shipped, read_folders& into) {
  schema::loaded read = schema::load_file(path.string());
  if (!read.problems.empty()) {
    std::string lines;
    for (std::size_t at = 0; at < read.problems.size() && at < most_lines; ++at) {
      lines += (at == 0 ? "" : "\n") + schema::to_string(read.problems[at]);
    }
    return wrong(std::move(lines));
  }
  for (schema::document& each : read.documents) {
    if (auto* tool = std::get_if<schema::tool_descriptor>(&each)) {
      into.descriptors.push_back(std::move(*tool));
    } else if (auto* list = std::get_if<schema::tool_approvals>(&each)) {
      std::move(list->approvals.begin(), list->approvals.end(), std::back_inserter(into.approvals));
    } else if (auto* rules = std::get_if<schema::tool_rules>(&each); rules != nullptr && shipped) {
      auto compiled = screen::compile(std::move(*rules));
      if (!compiled) return wrong(path.string() + ": " + compiled.error().message);
      into.rules = std::move(*compiled);
    } else {
      return wrong(path.string() +
                   ":1:1: a document of another kind, expected kind: Tool or ToolApprovals");
    }
  }
  return {};
}

/// What nobody who approves a descriptor would overlook.
std::string why_disabled(const registered_tool& tool, const schema::tool_approval* approval) {
  if (approval == nullptr) return "nobody approved it";
  if (approval->version != tool.descriptor.version || approval->sha256 != tool.sha256) {
    return "its descriptor changed since it was approved: SHA-256 " + tool.sha256 +
           ", approved was " + approval->sha256;
  }
  for (const tool_finding& each : tool.findings) {
    const auto& accepts = approval->accepts;
    if (std::find(accepts.begin(), accepts.end(), each.rule) != accepts.end()) continue;
    return to_string(each.at) + ": " + each.rule + ": " + each.what;
  }
  return {};
}

/// How a tool may be called as a task; no model sees it. A tool that must be called so cannot be
/// called from here.
bool is_for_clients(const json& execution) {
  return execution == json{{"taskSupport", "forbidden"}} ||
         execution == json{{"taskSupport", "optional"}};
}

/// The members that reach a model, or might.
json offered_part(const json& tool) {
  json out = tool;
  if (!out.is_object()) return out;
  out.erase("_meta");
  out.erase("icons");
  if (const auto found = out.find("execution"); found != out.end() && is_for_clients(*found))
    out.erase(found);
  return out;
}

json offer_of(const schema::tool_descriptor& descriptor) {
  json out = json::parse(descriptor.model_json, nullptr, false);
  if (!out.is_object()) out = json::object();
  out["name"] = descriptor.origin.tool;
  return out;
}

/// The first members that differ, for people.
std::string difference(const json& approved, const json& offered) {
  std::string out;
  const auto note = [&](const std::string& key) {
    out += (out.empty() ? "" : ", ") + in_quotes(key, 40);
  };
  for (const auto& [key, value] : approved.items()) {
    const auto found = offered.find(key);
    if (found == offered.end() || *found != value) note(key);
  }
  for (const auto& [key, value] : offered.items()) {
    if (!approved.contains(key) && out.size() < 200) note(key);
  }
  return out;
}

}  // namespace

std::string_view to_string(observed_tool::change value) noexcept {
  switch (value) {
    case observed_tool::change::unchanged:
      return "unchanged";
    case observed_tool::change::changed:
      return "changed";
    case observed_tool::change::vanished:
      return "vanished";
    case observed_tool::change::unknown:
      break;
  }
  return "unknown";
}

std::string digest_of_offer(const json& tool) {
  return schema::sha256_hex(schema::canonical_json(offered_part(tool)));
}

result<registry> registry::load(const std::vector<fs::path>& folders) {
  read_folders read;
  for (std::size_t at = 0; at < folders.size(); ++at) {
    SKEIN_TRY(files, yaml_files(folders[at], at == 0));
    for (const fs::path& file : files) SKEIN_CHECK(read_file(file, at == 0, read));
  }
  if (!read.rules) {
    return error{errc::invalid, "the tool folder has no rules about tools",
                 "put the shipped rules.yaml (kind: ToolRules) into the first folder"};
  }
  return make(std::move(read.descriptors), read.approvals, std::move(*read.rules));
}

result<registry> registry::make(std::vector<schema::tool_descriptor> descriptors,
                                const std::vector<schema::tool_approval>& approvals, screen rules) {
  std::vector<std::string> names;
  for (const auto& each : descriptors) names.push_back(each.name);
  registry out;
  for (schema::tool_descriptor& descriptor : descriptors) {
    registered_tool tool;
    tool.sha256 = schema::digest_of(descriptor);
    std::vector<std::string> others;
    std::copy_if(names.begin(), names.end(), std::back_inserter(others),
                 [&](const std::string& name) { return name != descriptor.name; });
    tool.findings = rules.look({told_by(descriptor)}, others);
    tool.descriptor = std::move(descriptor);
    const std::string& name = tool.descriptor.name;
    const auto approval = std::find_if(approvals.begin(), approvals.end(),
                                       [&](const auto& each) { return each.tool == name; });
    tool.disabled = why_disabled(tool, approval == approvals.end() ? nullptr : &*approval);
    const json model = json::parse(tool.descriptor.model_json, nullptr, false);
    auto compiled = argument_schema::compile(model.value("inputSchema", json::object()));
    if (compiled) {
      tool.schema = std::move(*compiled);
    } else if (tool.disabled.empty()) {
      tool.disabled = "its inputSchema: " + compiled.error().message;
    }
    const schema::source_place at = tool.descriptor.places.contains("metadata/name")
                                        ? tool.descriptor.places.at("metadata/name")
                                        : schema::source_place{};
    if (const auto [first, is_new] = out.tools_.try_emplace(name, tool); !is_new) {
      return wrong(to_string(at) + ": a second tool called " + in_quotes(name) +
                   ", expected each name once");
    }
  }
  return out;
}

result<const registered_tool*> registry::usable(std::string_view name) const {
  const auto found = tools_.find(name);
  if (found == tools_.end()) {
    return error{errc::not_found, "there is no tool called " + in_quotes(name),
                 "use one of the approved tools"};
  }
  if (!found->second.disabled.empty()) {
    return error{errc::refused, "tool " + found->first + " is disabled: " + found->second.disabled,
                 "let a person look at it and approve its descriptor again"};
  }
  return &found->second;
}

result<> registry::check_call(std::string_view name, const json& arguments) const {
  SKEIN_TRY(tool, usable(name));
  const auto checked = tool->schema->check(arguments);
  if (checked) return {};
  return error{errc::invalid, "call of " + std::string(name) + ": " + checked.error().message,
               checked.error().remedy};
}

void registry::disable(registered_tool& tool, std::string why, observed_tool& told) {
  told.detail = why;
  told.disabled = tool.descriptor.name;
  if (tool.disabled.empty()) tool.disabled = std::move(why);
}

std::vector<observed_tool> registry::distrust(const std::string& server, const std::string& why) {
  std::vector<observed_tool> out;
  for (auto& [name, tool] : tools_) {
    const schema::tool_origin& origin = tool.descriptor.origin;
    if (origin.from != schema::tool_origin::source::mcp || origin.server != server) continue;
    observed_tool told{server, origin.tool, observed_tool::change::changed, {}, {}};
    disable(tool, "server " + server + ": " + why, told);
    out.push_back(std::move(told));
  }
  return out;
}

std::vector<observed_tool> registry::observe(const std::string& server, const std::string& version,
                                             const json& list) {
  const json* offers = &list;
  if (list.is_object() && list.contains("tools")) offers = &list["tools"];
  std::map<std::string, std::vector<const json*>> by_name;
  if (offers->is_array()) {
    for (const json& each : *offers) {
      const auto name = each.is_object() ? each.find("name") : each.end();
      const bool named = each.is_object() && name != each.end() && name->is_string();
      by_name[named ? name->get<std::string>() : std::string()].push_back(&each);
    }
  }
  std::vector<observed_tool> out;
  for (auto& [name, tool] : tools_) {
    const schema::tool_origin& origin = tool.descriptor.origin;
    if (origin.from != schema::tool_origin::source::mcp || origin.server != server) continue;
    observed_tool told{server, origin.tool, observed_tool::change::unchanged, {}, {}};
    const auto found = by_name.find(origin.tool);
    if (version != origin.version) {
      told.what = observed_tool::change::changed;
      disable(tool,
              "server " + server + " is version " + in_quotes(version, 40) + ", approved was " +
                  origin.version,
              told);
    } else if (found == by_name.end()) {
      told.what = observed_tool::change::vanished;
      disable(tool, "server " + server + " does not offer it any more", told);
    } else if (found->second.size() > 1) {
      told.what = observed_tool::change::changed;
      disable(tool, "server " + server + " offers it more than once", told);
    } else if (const json approved = offer_of(tool.descriptor);
               digest_of_offer(*found->second.front()) != digest_of_offer(approved)) {
      told.what = observed_tool::change::changed;
      disable(tool,
              "server " + server + " changed what was approved: " +
                  difference(approved, offered_part(*found->second.front())),
              told);
    }
    if (found != by_name.end()) by_name.erase(found);
    out.push_back(std::move(told));
  }
  for (const auto& [name, offered] : by_name) {
    out.push_back({server,
                   name,
                   observed_tool::change::unknown,
                   "server " + server + " offers " + in_quotes(name) + ", which nobody approved",
                   {}});
  }
  return out;
}

}  // namespace skein::tools
