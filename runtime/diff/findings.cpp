// See findings.hpp.
#include "runtime/diff/findings.hpp"

#include "runtime/diff/shown.hpp"

#include <algorithm>
#include <tuple>

namespace skein::diff {
namespace {

/// A change that does one thing a thousand times needs no thousand rows.
constexpr std::size_t most_of_a_rule = 100;
constexpr std::size_t longest_excerpt = 160;
constexpr std::size_t longest_detail = 300;

std::uint8_t granted(const schema::capability_spec& capabilities) {
  std::uint8_t out = 0;
  const std::pair<bool, capability> all[] = {
      {capabilities.modify_ci, capability::modify_ci},
      {capabilities.modify_lockfile, capability::modify_lockfile},
      {capabilities.modify_tests, capability::modify_tests},
      {capabilities.modify_agent_config, capability::modify_agent_config},
      {capabilities.modify_tool_config, capability::modify_tool_config},
      {capabilities.modify_git_config, capability::modify_git_config}};
  for (const auto& [given, which] : all) {
    if (given) out |= static_cast<std::uint8_t>(which);
  }
  return out;
}

}  // namespace

finding_list::finding_list(const table_content& tables, const schema::task_spec& task,
                           redact_fn redact)
    : tables_(tables), task_(task), redact_(std::move(redact)) {}

/// Secrets go before the text is cut: a part of one would not be known as such.
std::string finding_list::clean(const std::string& text, std::size_t longest) const {
  return shown(redact_ && !text.empty() ? redact_(text) : text, longest);
}

std::string finding_list::action_of(const rule_policy& policy) const {
  if ((policy.relaxed_by & granted(task_.capabilities)) != 0 && !policy.relaxed_to.empty()) {
    return policy.relaxed_to;
  }
  const auto& by_risk = policy.by_risk[static_cast<std::size_t>(task_.risk)];
  return by_risk.empty() ? policy.action : by_risk;
}

void finding_list::add(const std::string& rule, const of& what) {
  finding made;
  made.rule = rule;
  made.path = clean(what.path, 400);
  made.line = what.line;
  made.before = clean(what.before, longest_excerpt);
  made.after = clean(what.after, longest_excerpt);
  const auto policy = tables_.rules.find(rule);
  if (policy == tables_.rules.end()) {
    made.severity = "error";
    made.action = "block";
    made.message = "rule " + rule + " is in no table";
  } else {
    made.severity = policy->second.severity;
    made.action = action_of(policy->second);
    made.message = policy->second.message;
    raises_risk_ = raises_risk_ || policy->second.raises_risk;
  }
  if (!what.detail.empty()) made.message += ": " + clean(what.detail, longest_detail);
  if (++counts_[rule] > most_of_a_rule) {
    made.path.clear();
    made.line = 0;
    made.before.clear();
    made.after.clear();
    overflow_[rule] = std::move(made);
    return;
  }
  found_.push_back(std::move(made));
}

void finding_list::add_as_is(schema::finding found) {
  found.path = clean(found.path, 400);
  found.message = clean(found.message, longest_detail);
  finding made;
  static_cast<schema::finding&>(made) = std::move(found);
  found_.push_back(std::move(made));
}

std::vector<finding> finding_list::take() && {
  std::stable_sort(found_.begin(), found_.end(), [](const finding& a, const finding& b) {
    return std::tie(a.path, a.line, a.rule) < std::tie(b.path, b.line, b.rule);
  });
  found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
  for (auto& [rule, last] : overflow_) {
    last.message = "and " + std::to_string(counts_[rule] - most_of_a_rule) + " more of " + rule;
    found_.push_back(std::move(last));
  }
  return std::move(found_);
}

}  // namespace skein::diff
