// scan diff: what the diff gate finds in a unified diff, against a task.
#include "cli/verbs/scan_diff.hpp"

#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/render/structured.hpp"
#include "cli/settings.hpp"
#include "cli/signals.hpp"
#include "cli/task_files.hpp"
#include "runtime/diff/patch_reader.hpp"
#include "runtime/diff/report.hpp"
#include "runtime/scan/secret_scanner.hpp"

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace skein::cli {

namespace {

struct choices {
  std::string file;
  std::string task;
  std::string format;
  bool facts = false;
};

/// One byte more than is examined is enough to see that it is too much.
result<std::string> read_diff(const std::string& file) {
  const std::size_t most = diff::patch_limits{}.max_bytes + 1;
  const bool standard = file == "-";
  const int from = standard ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) return errno_error("read " + file, errno);
  std::string text;
  int failed = 0;
  while (text.size() < most) {
    const std::size_t before = text.size();
    text.resize(before + std::min<std::size_t>(1U << 16U, most - before));
    const ssize_t got = ::read(from, text.data() + before, text.size() - before);
    const int why = errno;
    text.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got < 0 && why == EINTR) continue;
    if (got < 0) failed = why;
    if (got <= 0) break;
  }
  if (!standard) ::close(from);
  if (failed != 0) return errno_error("read " + (standard ? "standard input" : file), failed);
  return text;
}

/// Without a task everything is in scope and nothing is granted.
std::optional<schema::task_spec> spec_of(const choices& chosen) {
  if (chosen.task.empty()) {
    schema::task_spec spec;
    spec.scope.include = {"*"};
    return spec;
  }
  auto tasks = read_tasks(chosen.task, {});
  if (!tasks) return std::nullopt;
  if (tasks->size() != 1) {
    (void)report({errc::invalid, chosen.task + " holds " + std::to_string(tasks->size()) + " tasks",
                  "name a file with the one task that the change is of"});
    return std::nullopt;
  }
  return std::move(tasks->front().spec);
}

std::string format_of(const global_options& global, const choices& chosen) {
  if (!chosen.format.empty()) return chosen.format;
  if (global.output == output_format::json) return "json";
  return global.output == output_format::yaml ? "yaml" : "text";
}

void print(const global_options& global, const choices& chosen, const diff::examination& found,
           output& out) {
  const auto format = format_of(global, chosen);
  const auto shape = format == "yaml" ? output_format::yaml : output_format::json;
  if (chosen.facts) {
    out.print(structured_text(diff::facts_of(found), shape));
  } else if (format == "sarif") {
    out.print(structured_text(diff::sarif_of(found, SKEIN_VERSION), output_format::json));
  } else if (format == "jsonl") {
    out.print(diff::json_lines_of(found));
  } else if (format == "text") {
    out.print(diff::text_of(found));
  } else {
    out.print(structured_text(diff::json_of(found), shape));
  }
}

int scan_diff(const global_options& global, const choices& chosen) {
  exit_at_interrupt(1);
  const auto shipped = shipped_configuration();
  if (!shipped) return report(shipped.error());
  const auto tables = diff::tables::load(*shipped / "diff");
  if (!tables) return report(tables.error());
  const auto task = spec_of(chosen);
  if (!task) return exit_usage;
  auto patch = read_diff(chosen.file);
  if (!patch) return report(patch.error());
  const auto secrets = scan::secret_scanner::load(*shipped / "secrets");
  if (!secrets) return report(secrets.error());
  // Lines of the change are shown, so secrets in them are taken out first.
  const auto found =
      diff::examine(diff::read_patch(std::move(*patch)), *task, *tables,
                    [&secrets](const std::string& text) { return secrets->redact(text); });
  output out(global);
  print(global, chosen, found, out);
  const auto stopping = std::count_if(found.findings.begin(), found.findings.end(),
                                      [](const auto& each) { return diff::stops(each); });
  if (!found.findings.empty()) {
    say(global, std::to_string(found.findings.size()) +
                    (found.findings.size() == 1 ? " finding, " : " findings, ") +
                    std::to_string(stopping) + " of them for a person" +
                    (found.raised_risk ? "; the risk is raised" : ""));
  }
  return out.finish(stopping > 0 ? exit_refused : exit_ok);
}

}  // namespace

void add_scan_diff(CLI::App& scan, invocation& call) {
  auto chosen = std::make_shared<choices>();
  auto* verb = scan.add_subcommand("diff", "what the diff gate finds in a unified diff");
  verb->add_option("FILE", chosen->file, "the diff; - is standard input")->required();
  verb->add_option("--task", chosen->task,
                   "the task it is of: scope, size, capabilities and risk; without one everything "
                   "is in scope and nothing is granted")
      ->type_name("FILE");
  verb->add_option("-o,--output", chosen->format, "text, json, jsonl or sarif")
      ->check(CLI::IsMember({"text", "json", "jsonl", "sarif"}))
      ->type_name("FORMAT");
  verb->add_flag("--facts", chosen->facts,
                 "as JSON: kind, language and counts of each file, instead of the findings");
  verb->footer(
      "Exit codes:\n  0    nothing that stops the change\n  1    failure\n"
      "  2    usage or invalid task\n  3    a finding that blocks or needs approval\n"
      "  130  interrupted");
  verb->callback([&call, chosen] {
    call.action = [&call, chosen] { return scan_diff(call.global, *chosen); };
  });
}

}  // namespace skein::cli
