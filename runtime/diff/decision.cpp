#include "runtime/diff/decision.hpp"

#include <string_view>

namespace skein::diff {

namespace {

std::string named(const schema::finding& finding) {
  return finding.rule + " in " + finding.path +
         (finding.line == 0 ? std::string{} : ":" + std::to_string(finding.line));
}

/// Why a person has to look before this is merged; empty: nothing special.
std::string doubt(const std::vector<schema::verdict>& verdicts) {
  for (const auto& verdict : verdicts) {
    if (!verdict.required) continue;
    if (verdict.status == schema::verdict_status::failed_before) {
      return "verifier " + verdict.name +
             " fails on the base already, so nothing shows that the "
             "change is sound";
    }
    if (verdict.flaky) return "verifier " + verdict.name + " is flaky";
  }
  return {};
}

/// The first finding with this action, and how many more there are; empty: none.
std::string named_with(const std::vector<schema::finding>& found, std::string_view action) {
  const schema::finding* first = nullptr;
  std::size_t count = 0;
  for (const auto& each : found) {
    if (each.action != action) continue;
    if (first == nullptr) first = &each;
    ++count;
  }
  if (first == nullptr) return {};
  std::string out = first->message;
  if (!first->path.empty()) {
    out += ": " + first->path;
    if (first->line != 0) out += ":" + std::to_string(first->line);
  }
  if (count > 1) out += " (and " + std::to_string(count - 1) + " more findings)";
  return out;
}

}  // namespace

decision decide(const schema::task_spec& task, const std::vector<schema::finding>& found,
                const std::vector<schema::verdict>& verdicts,
                const std::vector<schema::finding>& secrets) {
  decision result;
  result.findings = secrets;
  result.findings.insert(result.findings.end(), found.begin(), found.end());
  if (!secrets.empty()) {
    result.action = gate_action::block;
    result.cls = schema::failure_class::f7;
    result.reason =
        "the change carries a secret: " + named(secrets.front()) +
        (secrets.size() > 1 ? " and " + std::to_string(secrets.size() - 1) + " more" : "");
    return result;
  }
  if (result.reason = named_with(found, "block"); !result.reason.empty()) {
    result.action = gate_action::block;
    return result;
  }
  if (result.reason = named_with(found, "approval"); !result.reason.empty()) {
    result.action = gate_action::approval;
    return result;
  }
  result.reason = doubt(verdicts);
  if (result.reason.empty()) result.reason = named_with(found, "draft");
  if (!result.reason.empty() || task.publish.mode == schema::publish_mode::draft) {
    result.action = gate_action::draft;
  }
  return result;
}

}  // namespace skein::diff
