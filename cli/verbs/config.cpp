// config validate: says whether files are what a fleet would accept.
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/render/printable.hpp"
#include "cli/settings.hpp"
#include "cli/verbs/verbs.hpp"
#include "schema/document.hpp"

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

namespace skein::cli {

namespace {

std::string kind_of(const schema::document& value) {
  if (const auto* each = std::get_if<schema::task>(&value)) return "Task " + each->name;
  if (const auto* each = std::get_if<schema::campaign>(&value)) return "Campaign " + each->name;
  if (const auto* each = std::get_if<schema::verifier_file>(&value))
    return "Verifier " + each->name;
  if (const auto* each = std::get_if<schema::policy_file>(&value))
    return each->name.empty() ? "Policy" : "Policy " + each->name;
  if (const auto* each = std::get_if<schema::tool_descriptor>(&value)) return "Tool " + each->name;
  if (const auto* each = std::get_if<schema::agent_file>(&value)) return "Agent " + each->name;
  if (std::holds_alternative<schema::tool_approvals>(value)) return "ToolApprovals";
  if (std::holds_alternative<schema::tool_rules>(value)) return "ToolRules";
  if (std::holds_alternative<schema::control_table>(value)) return "Controls";
  return "Config";
}

std::string shown_name(const std::string& file) {
  return file == "-" ? "standard input" : file;
}

nlohmann::json problems_json(const std::vector<schema::diagnostic>& problems) {
  auto out = nlohmann::json::array();
  for (const auto& each : problems) {
    out.push_back({{"line", each.line},
                   {"column", each.column},
                   {"what", each.what},
                   {"expected", each.expected}});
  }
  return out;
}

/// Data on stdout: what is right. Diagnostics on stderr, in the form that editors jump to.
bool validate(const std::string& file, output& out, nlohmann::json& into) {
  const auto loaded = schema::load_file(file);
  auto documents = nlohmann::json::array();
  std::string kinds;
  for (const auto& each : loaded.documents) {
    documents.push_back(kind_of(each));
    kinds += (kinds.empty() ? "" : ", ") + kind_of(each);
  }
  into.push_back({{"file", file},
                  {"ok", loaded.problems.empty()},
                  {"documents", documents},
                  {"problems", problems_json(loaded.problems)}});
  for (const auto& each : loaded.problems) {
    write_all(STDERR_FILENO, printable(schema::to_string(each)) + "\n");
  }
  if (!loaded.problems.empty()) return false;
  if (!out.structured()) out.print(printable(shown_name(file)) + ": ok (" + kinds + ")\n");
  return true;
}

int validate_all(const global_options& global, std::vector<std::string> files) {
  output out(global);
  if (files.empty()) {
    const auto effective = settings_file(global);
    if (!effective) {
      if (out.structured()) {
        out.print(nlohmann::json::array());
      } else {
        out.print("no configuration file: the defaults hold\n");
      }
      return out.finish(exit_ok);
    }
    files.push_back(effective->string());
    // As the fleet reads it: of the right kind, too.
    if (auto loaded = load_settings(global); !loaded) return report(loaded.error());
  }
  bool good = true;
  auto all = nlohmann::json::array();
  for (const auto& each : files) good = validate(each, out, all) && good;
  if (out.structured()) out.print(all);
  return out.finish(good ? exit_ok : exit_usage);
}

}  // namespace

void add_config(CLI::App& app, invocation& call) {
  auto* verb = app.add_subcommand("config", "look after configuration files");
  auto files = std::make_shared<std::vector<std::string>>();
  auto* check = verb->add_subcommand(
      "validate", "check tasks, campaigns, verifiers and skein.yaml without running anything");
  check->add_option("FILE", *files, "`-` is standard input; without one, the skein.yaml in effect");
  check->callback([&call, files] {
    call.action = [&call, files] { return validate_all(call.global, *files); };
  });
}

}  // namespace skein::cli
