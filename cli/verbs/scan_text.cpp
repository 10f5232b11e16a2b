// scan text: a text that goes to a model, a log or a pull request, or came from a tool. Whose text
// it is nobody knows, so no mark in it counts.
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/signals.hpp"
#include "cli/verbs/scan_verbs.hpp"

#include <CLI/App.hpp>

namespace skein::cli {

namespace {

struct choices : secret_scan_options {
  std::string file;
  bool redact = false;
};

int scan_text(const global_options& global, const choices& chosen) {
  exit_at_interrupt(1);
  const auto scanner = make_scanner(chosen);
  if (!scanner) return report(scanner.error());
  const auto text = read_input(chosen.file);
  if (!text) return report(text.error());
  if (chosen.redact) {
    const std::string clean = scanner->redact(*text);
    output out(global);
    out.print_foreign(clean);
    return out.finish(clean == *text ? exit_ok : exit_refused);
  }
  auto findings = scanner->scan(*text, {});
  for (auto& each : findings) each.path = chosen.file;
  return print_findings(global, chosen, findings);
}

}  // namespace

void add_scan_text(CLI::App& scan, invocation& call) {
  auto chosen = std::make_shared<choices>();
  auto* verb = scan.add_subcommand("text", "secrets in a text, as before a model or a log sees it");
  verb->add_option("FILE", chosen->file, "the text; - is standard input")->required();
  verb->add_flag("--redact", chosen->redact, "print the text with the secrets taken out");
  add_secret_scan_options(*verb, *chosen);
  verb->footer(
      "Exit codes:\n  0    no secrets\n  1    failure\n  2    usage or invalid rules\n"
      "  3    findings\n  130  interrupted");
  verb->callback([&call, chosen] {
    call.action = [&call, chosen] { return scan_text(call.global, *chosen); };
  });
}

}  // namespace skein::cli
