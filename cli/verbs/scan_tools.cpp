// scan tools: what descriptors of tools hide from people or ask of a model; nothing is started,
// fetched or approved.
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/render/printable.hpp"
#include "cli/signals.hpp"
#include "cli/verbs/scan_verbs.hpp"
#include "runtime/tools/registry.hpp"
#include "runtime/tools/screen.hpp"

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>

#include <unistd.h>

namespace skein::cli {

namespace {

struct choices {
  std::string file;
  std::string format;
  bool digests = false;
};

/// The names that tools of others must not claim or speak about.
std::vector<std::string> known_names(const tools::registry& approved) {
  std::vector<std::string> out;
  for (const auto& [name, tool] : approved.tools()) out.push_back(name);
  return out;
}

/// The shape that every scanner's output has.
std::vector<scan::secret_finding> as_findings(const std::vector<tools::tool_finding>& found,
                                              const std::string& file) {
  std::vector<scan::secret_finding> out;
  for (const auto& each : found) {
    const std::string where = each.pointer.empty() ? "" : " " + each.pointer;
    out.push_back({each.rule, "tool " + each.tool + where + ": " + each.what, file, each.at.line,
                   each.fingerprint});
  }
  return out;
}

/// What an approval is bound to.
int print_digests(const global_options& global, const choices& chosen,
                  const tools::told_file& read) {
  global_options as = global;
  if (chosen.format == "json") as.output = output_format::json;
  output out(as);
  auto all = nlohmann::json::array();
  std::string text;
  for (const auto& each : read.descriptors) {
    const std::string digest = schema::digest_of(each);
    all.push_back({{"tool", each.name}, {"version", each.version}, {"sha256", digest}});
    text += printable(each.name) + " " + printable(each.version) + " " + digest + "\n";
  }
  if (out.structured()) {
    out.print(all);
  } else {
    out.print(text);
  }
  return out.finish(exit_ok);
}

int scan_tools(const global_options& global, const choices& chosen) {
  exit_at_interrupt(1);
  const auto shipped = shipped_configuration();
  if (!shipped) return report(shipped.error());
  const auto rules = tools::screen::load(*shipped / "tools" / "rules.yaml");
  if (!rules) return report(rules.error());
  const auto approved = tools::registry::load({*shipped / "tools"});
  if (!approved) return report(approved.error());
  const auto text = read_input(chosen.file, tools::most_descriptor_bytes);
  if (!text) return report(text.error());
  const std::string name = chosen.file == "-" ? "standard input" : chosen.file;
  const auto read = tools::read_descriptors(*text, name);
  for (const auto& each : read.problems) {
    write_all(STDERR_FILENO, printable(schema::to_string(each)) + "\n");
  }
  if (!read.problems.empty()) return exit_usage;
  if (chosen.digests) return print_digests(global, chosen, read);
  secret_scan_options as;
  as.format = chosen.format;
  return print_findings(global, as,
                        as_findings(rules->look(read.tools, known_names(*approved)), chosen.file));
}

}  // namespace

void add_scan_tools(CLI::App& scan, invocation& call) {
  auto chosen = std::make_shared<choices>();
  auto* verb = scan.add_subcommand("tools", "what descriptors of tools hide or ask for");
  verb->add_option("FILE", chosen->file,
                   "kind: Tool, or the answer of an MCP server to tools/list; - is standard input")
      ->required();
  verb->add_option("-o,--output", chosen->format, "text, json, jsonl or sarif")
      ->check(CLI::IsMember({"text", "json", "jsonl", "sarif"}))
      ->type_name("FORMAT");
  verb->add_flag("--digest", chosen->digests,
                 "print name, version and SHA-256 of each descriptor, for an approval, instead");
  verb->footer(
      "Exit codes:\n  0    nothing found\n  1    failure\n  2    usage or invalid file\n"
      "  3    findings\n  130  interrupted");
  verb->callback([&call, chosen] {
    call.action = [&call, chosen] { return scan_tools(call.global, *chosen); };
  });
}

}  // namespace skein::cli
