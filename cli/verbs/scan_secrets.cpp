// scan secrets: secrets in files and folders, or in what a diff adds.
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/signals.hpp"
#include "cli/verbs/scan_verbs.hpp"
#include "runtime/scan/scan_files.hpp"
#include "schema/quantity.hpp"

#include <CLI/App.hpp>

#include <iterator>

namespace skein::cli {

namespace {

struct choices : secret_scan_options {
  std::vector<std::string> paths;
  std::string diff;
  std::string largest_file;
  bool trust = false;
  bool distrust = false;
};

int scan_diff_file(const global_options& global, const choices& chosen,
                   const scan::secret_scanner& scanner) {
  const auto patch = read_input(chosen.diff);
  if (!patch) return report(patch.error());
  return print_findings(global, chosen, scanner.scan_added(*patch, {chosen.trust, nullptr}));
}

int scan_paths(const global_options& global, const choices& chosen,
               const scan::secret_scanner& scanner) {
  scan::file_options options;
  options.trust_inline_allow = !chosen.distrust;
  options.stop = [] { return interrupts() > 0; };
  if (!chosen.largest_file.empty()) {
    const auto bytes = schema::parse_bytes(chosen.largest_file);
    if (!bytes) {
      return report({errc::invalid, "--max-file-size " + chosen.largest_file + " is no size",
                     "write it as 100MiB"});
    }
    options.largest_file = *bytes;
  }
  std::vector<scan::secret_finding> findings;
  for (const auto& path : chosen.paths) {
    auto scanned = scan::scan_files(scanner, path, options);
    if (!scanned) return report(scanned.error());
    std::move(scanned->findings.begin(), scanned->findings.end(), std::back_inserter(findings));
    if (interrupts() > 0) return exit_interrupted;
    if (!scanned->complete) warn(path + ": more findings than are shown");
  }
  return print_findings(global, chosen, findings);
}

int scan_secrets(const global_options& global, const choices& chosen) {
  if (chosen.paths.empty() == chosen.diff.empty()) {
    return report({errc::invalid, "scan secrets takes paths, or --diff FILE",
                   "name what to scan; - is standard input for --diff"});
  }
  const auto scanner = make_scanner(chosen);
  if (!scanner) return report(scanner.error());
  return chosen.diff.empty() ? scan_paths(global, chosen, *scanner)
                             : scan_diff_file(global, chosen, *scanner);
}

}  // namespace

void add_scan_secrets(CLI::App& scan, invocation& call) {
  auto chosen = std::make_shared<choices>();
  auto* verb = scan.add_subcommand("secrets", "secrets in files and folders, or in a diff");
  verb->add_option("PATH", chosen->paths, "files and folders");
  verb->add_option("--diff", chosen->diff,
                   "what this unified diff adds instead; - is standard input")
      ->type_name("FILE");
  verb->add_option("--max-file-size", chosen->largest_file,
                   "a larger file is reported as unscanned (default: 256MiB)")
      ->type_name("SIZE");
  verb->add_flag("--trust-inline-allow", chosen->trust,
                 "of a diff: leave out added lines that say gitleaks:allow");
  verb->add_flag("--no-inline-allow", chosen->distrust,
                 "of paths: do not heed gitleaks:allow and .gitleaksignore");
  add_secret_scan_options(*verb, *chosen);
  verb->footer(
      "Exit codes:\n  0    no secrets\n  1    failure\n  2    usage or invalid rules\n"
      "  3    findings\n  130  interrupted\n\nSecrets are never shown; fingerprints tell them "
      "apart.");
  verb->callback([&call, chosen] {
    call.action = [&call, chosen] { return scan_secrets(call.global, *chosen); };
  });
}

}  // namespace skein::cli
