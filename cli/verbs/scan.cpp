// scan: the scanners by themselves. What the sub-verbs share; each of them has a file of its own.
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/render/printable.hpp"
#include "cli/render/structured.hpp"
#include "cli/verbs/scan_diff.hpp"
#include "cli/verbs/scan_verbs.hpp"
#include "cli/verbs/verbs.hpp"
#include "runtime/scan/report.hpp"

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace skein::cli {

namespace {

constexpr std::size_t most_input = 1U << 30U;

std::string text_of(const std::vector<scan::secret_finding>& findings) {
  std::string text;
  for (const auto& each : findings) {
    text += printable(each.path.empty() ? "-" : each.path) + ":" + std::to_string(each.line) +
            ": " + printable(each.rule) + ": " + printable(each.description) + "\n";
  }
  return text;
}

std::string format_of(const global_options& global, const secret_scan_options& chosen) {
  if (!chosen.format.empty()) return chosen.format;
  if (global.output == output_format::json) return "json";
  return global.output == output_format::yaml ? "yaml" : "text";
}

}  // namespace

void add_secret_scan_options(CLI::App& verb, secret_scan_options& chosen) {
  verb.add_option("-o,--output", chosen.format, "text, json, jsonl or sarif")
      ->check(CLI::IsMember({"text", "json", "jsonl", "sarif"}))
      ->type_name("FORMAT");
  verb.add_option("--rules", chosen.rules,
                  "a gitleaks file instead of the shipped rules; its useDefault adds those")
      ->type_name("FILE");
  verb.add_option("--held", chosen.held,
                  "an environment variable whose value must not appear, in any encoding")
      ->type_name("VAR");
}

result<scan::secret_scanner> make_scanner(const secret_scan_options& chosen) {
  SKEIN_TRY(shipped, shipped_configuration());
  const auto folder = shipped / "secrets";
  SKEIN_TRY(scanner, chosen.rules.empty() ? scan::secret_scanner::load(folder)
                                          : scan::secret_scanner::load_file(chosen.rules, folder));
  std::vector<scan::held_secret> held;
  for (const auto& name : chosen.held) {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) {
      return error{errc::invalid, "look for the value of " + name + ": the variable is not set",
                   "export it, or leave --held " + name + " away"};
    }
    held.push_back({name, value, scan::held_kind::secret});
  }
  if (held.empty()) return scanner;
  return scanner.with_held(std::move(held));
}

int print_findings(const global_options& global, const secret_scan_options& chosen,
                   const std::vector<scan::secret_finding>& findings) {
  output out(global);
  const std::string format = format_of(global, chosen);
  if (format == "sarif") {
    out.print(structured_text(scan::sarif_of(findings, SKEIN_VERSION), output_format::json));
  } else if (format == "jsonl") {
    out.print(scan::json_lines_of(findings));
  } else if (format == "text") {
    out.print(text_of(findings));
  } else {
    out.print(structured_text(scan::json_of(findings),
                              format == "yaml" ? output_format::yaml : output_format::json));
  }
  const std::size_t count = findings.size();
  if (count > 0) {
    say(global, std::to_string(count) + (count == 1 ? " finding" : " findings"));
  }
  return out.finish(count > 0 ? exit_refused : exit_ok);
}

result<std::string> read_input(const std::string& file, std::size_t enough) {
  const bool standard = file == "-";
  const int from = standard ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) return errno_error("read " + file, errno);
  std::string text;
  int failed = 0;
  while (text.size() <= most_input && text.size() <= enough) {
    const std::size_t before = text.size();
    text.resize(before + (1U << 16U));
    const ssize_t got = ::read(from, text.data() + before, text.size() - before);
    if (got < 0) failed = errno;
    text.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got < 0 && failed == EINTR) continue;
    if (got <= 0) break;
    failed = 0;
  }
  if (!standard) ::close(from);
  const std::string name = standard ? "standard input" : file;
  if (failed != 0 && failed != EINTR) return errno_error("read " + name, failed);
  if (text.size() > most_input) {
    return error{errc::refused, "read " + name + ": it has more than 1 GiB", "scan it in parts"};
  }
  return text;
}

void add_scan(CLI::App& app, invocation& call) {
  auto* verb = app.add_subcommand("scan", "the scanners by themselves");
  verb->require_subcommand(0, 1);
  add_scan_secrets(*verb, call);
  add_scan_text(*verb, call);
  add_scan_tools(*verb, call);
  add_scan_diff(*verb, call);
}

}  // namespace skein::cli
