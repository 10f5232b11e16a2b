#include "runtime/diff/decision.hpp"

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

}  // namespace

decision decide(const schema::task_spec& task, const std::vector<touched>& change,
                const std::vector<schema::verdict>& verdicts,
                const std::vector<schema::finding>& secrets) {
  decision result;
  result.findings = secrets;
  auto overreach = check_scope(task.scope, change);
  result.findings.insert(result.findings.end(), overreach.begin(), overreach.end());
  if (!secrets.empty()) {
    result.action = gate_action::block;
    result.cls = schema::failure_class::f7;
    result.reason =
        "the change carries a secret: " + named(secrets.front()) +
        (secrets.size() > 1 ? " and " + std::to_string(secrets.size() - 1) + " more" : "");
    return result;
  }
  if (!overreach.empty()) {
    result.action = gate_action::block;
    result.cls = schema::failure_class::f8;
    result.reason = overreach.front().message;
    if (!overreach.front().path.empty()) result.reason += ": " + overreach.front().path;
    if (overreach.size() > 1) {
      result.reason += " (and " + std::to_string(overreach.size() - 1) + " more findings)";
    }
    return result;
  }
  result.reason = doubt(verdicts);
  if (!result.reason.empty() || task.publish.mode == schema::publish_mode::draft) {
    result.action = gate_action::draft;
  }
  return result;
}

}  // namespace skein::diff
