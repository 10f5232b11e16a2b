#include "runtime/forge/pull_request_text.hpp"

#include "runtime/forge/pull_request_life.hpp"
#include "runtime/forge/pull_request_quality.hpp"

#include <string_view>

namespace skein::forge {

namespace {

constexpr std::size_t marker_length = 8;
/// What stands between this and the marker at the end is the platform's.
constexpr std::string_view begin_line = "<!-- skein facts -->\n";
constexpr std::string_view marker_end = " -->";

/// One line without control characters; what a person typed may hold anything.
std::string one_line(std::string_view text, std::size_t longest) {
  std::string line;
  for (const char c : text) {
    if (line.size() == longest) break;
    line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return line;
}

/// Quoted, so that no Markdown of the task reaches the page as structure.
std::string quoted(std::string_view text) {
  std::string result = "> ";
  for (const char c : text) {
    if (c == '<') {
      result += "&lt;";
      continue;
    }
    result += c;
    if (c == '\n') result += "> ";
  }
  return result;
}

std::string verifier_table(const schema::run& run) {
  if (run.verdicts.empty()) return {};
  std::string table = "\n### Verified\n\n| verifier | before | after | required |\n|---|---|---|---|\n";
  for (const auto& verdict : run.verdicts) {
    table += "| " + verdict.name + " | " + std::string{schema::to_string(verdict.baseline)} + " | " +
             std::string{schema::to_string(verdict.status)} + (verdict.flaky ? " (flaky)" : "") +
             " | " + (verdict.required ? "yes" : "no") + " |\n";
  }
  return table;
}

std::string counts(const schema::run& run) {
  if (!run.diff) return {};
  return std::to_string(run.diff->files) + " files changed, " +
         std::to_string(run.diff->insertions) + " insertions, " +
         std::to_string(run.diff->deletions) + " deletions";
}

}  // namespace

pull_request_text describe(const schema::run& run, const schema::publish_spec& how,
                           const std::string& intent, bool draft,
                           std::uint32_t unowned_paths) {
  pull_request_text text;
  text.branch = how.branch_prefix + run.task_name + "-" + run.id.substr(0, marker_length);
  text.title = one_line(how.title.empty() ? run.task_name : how.title, 200);
  text.body = std::string(begin_line) + quoted(one_line(intent, 2000)) + "\n\n" + counts(run) + " on `" +
              run.base_commit.substr(0, 12) + "`. Risk: " +
              std::string{schema::to_string(run.risk)} + (draft ? ". **Draft: needs a person.**" : ".") +
              "\n" + verifier_table(run) + "\n" + describe_quality(judge_quality(run, unowned_paths)) +
              "\n<!-- skein run=" + run.id +
              " fingerprint=" + run.fingerprint + " -->\n";
  text.commit_message = text.title + "\n\n" + one_line(intent, 2000) + "\n\nSkein-Run: " + run.id +
                        "\nSkein-Task: " + run.task_sha256 + "\n";
  return text;
}

std::optional<std::string> rewritten(const std::string& now, const std::string& wanted) {
  const auto run = read_marker(wanted).run;
  const auto marker = run.empty() ? std::string::npos : now.rfind(marker_of_run(run));
  if (marker == std::string::npos) return std::nullopt;
  auto end = now.find(marker_end, marker);
  if (end == std::string::npos || now.find('\n', marker) < end) return std::nullopt;
  end += marker_end.size();
  // Editors of people change line ends.
  auto begin = now.rfind(begin_line.substr(0, begin_line.size() - 1), marker);
  // One that was opened before there was such a line begins with ours.
  if (begin == std::string::npos) begin = 0;
  auto ours = wanted;
  while (ours.ends_with('\n')) ours.pop_back();
  return now.substr(0, begin) + ours + now.substr(end);
}

bool same_text(std::string a, std::string b) {
  for (auto* each : {&a, &b}) {
    std::erase(*each, '\r');
    each->erase(each->find_last_not_of(" \t\n") + 1);
  }
  return a == b;
}

}  // namespace skein::forge
