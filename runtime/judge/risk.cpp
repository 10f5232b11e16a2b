// Computed risk. See risk.hpp.
#include "runtime/judge/risk.hpp"

#include "runtime/diff/scope.hpp"
#include "runtime/judge/rule_content.hpp"
#include "runtime/judge/words.hpp"

#include <algorithm>

namespace skein::judge {
namespace {

using schema::risk_level;

constexpr std::size_t most_reasons = 40;

/// Names no folder of its own: it takes whatever is there.
bool takes_everything(const std::string& pattern) {
  return pattern.find_first_not_of("*/.") == std::string::npos || pattern.starts_with("*.") ||
         pattern.starts_with("**/*");
}

void raise(risk& now, risk_level to, const std::string& why) {
  now.level = std::max(now.level, to);
  if (now.reasons.size() < most_reasons &&
      std::find(now.reasons.begin(), now.reasons.end(), why) == now.reasons.end()) {
    now.reasons.push_back(why);
  }
}

/// A scope that names such a place; one of everything says nothing about it.
const std::string* sample_in(const schema::scope_spec& scope, const risk_rule& rule) {
  std::vector<std::string> named;
  for (const auto& pattern : scope.include) {
    if (!takes_everything(pattern)) named.push_back(pattern);
  }
  for (const auto& pattern : named) {
    // The pattern itself as a path: `src/auth/**` is below auth/.
    const auto wild = pattern.find_first_of("*?[");
    auto folder = pattern.substr(0, wild);
    while (folder.starts_with('/')) folder.erase(0, 1);
    if (folder.empty()) continue;
    if (folder.ends_with('/') ? rule.paths.matches(folder + "x") : rule.paths.matches(folder)) {
      return &*std::find(scope.include.begin(), scope.include.end(), pattern);
    }
  }
  for (const auto& sample : rule.samples) {
    // A folder of all sources contains all kinds of code; only a place of its own counts.
    const bool everywhere = sample.starts_with("src/") || sample.starts_with("lib/") ||
                            sample.starts_with("app/") || sample.starts_with("internal/");
    if (!everywhere && diff::matches_any(named, sample) &&
        !diff::matches_any(scope.exclude, sample)) {
      return &sample;
    }
  }
  return nullptr;
}

risk_level level_of(const risk_rule& rule) {
  return rule.level == "high" ? risk_level::high : risk_level::medium;
}

void from_task(const schema::task& task, const rule_content& known, risk& now) {
  const auto& spec = task.spec;
  const auto intent = flattened(spec.intent);
  for (const auto& rule : known.risks) {
    if (const auto* sample = sample_in(spec.scope, rule)) {
      raise(now, level_of(rule), rule.reason + ": the scope names " + *sample);
    }
    if (any_match(rule.words, intent)) {
      raise(now, level_of(rule), rule.reason + ": the intent speaks of it");
    }
  }
  if (spec.capabilities.modify_ci) raise(now, risk_level::high, "it may change CI");
  if (spec.capabilities.modify_lockfile) raise(now, risk_level::medium, "it may change lockfiles");
  if (spec.capabilities.modify_agent_config || spec.capabilities.modify_tool_config ||
      spec.capabilities.modify_git_config) {
    raise(now, risk_level::medium, "it may change what tools and agents obey");
  }
  switch (spec.capabilities.network) {
    case schema::network_grant::none:
      break;
    case schema::network_grant::registries:
      raise(now, risk_level::medium, "it may reach package registries");
      break;
    case schema::network_grant::allow:
      raise(now, risk_level::high, "it may reach hosts of its own");
      break;
  }
  if (spec.agent_given && spec.agent.kind == schema::agent_kind::external) {
    raise(now, risk_level::medium, "an agent from outside makes the change");
  }
  if (spec.scope.max_files > known.limits.risky_files * 4 ||
      spec.scope.max_changed_lines > known.limits.risky_lines * 4) {
    raise(now, risk_level::medium, "it may become very large");
  }
}

void from_change(const diff::examination& found, const rule_content& known, risk& now) {
  std::uint64_t lines = 0;
  for (const auto& file : found.files) {
    lines += std::uint64_t{file.insertions} + file.deletions;
    const bool prose = std::all_of(file.kinds.begin(), file.kinds.end(), [](const auto& kind) {
      return kind == "docs" || kind == "test";
    });
    if (prose && !file.kinds.empty()) continue;
    for (const auto& rule : known.risks) {
      if (rule.paths.matches(file.path) ||
          (!file.old_path.empty() && rule.paths.matches(file.old_path))) {
        raise(now, level_of(rule), rule.reason + ": " + file.path);
      }
    }
  }
  if (found.raised_risk) raise(now, found.risk, "the diff gate raised it");
  now.level = std::max(now.level, found.risk);
  if (found.files.size() > known.limits.risky_files || lines > known.limits.risky_lines) {
    raise(now, risk_level::medium,
          std::to_string(found.files.size()) + " files and " + std::to_string(lines) +
              " lines are changed");
  }
  const auto stopping = std::count_if(found.findings.begin(), found.findings.end(),
                                      [](const auto& each) { return diff::stops(each); });
  if (stopping > 0) {
    raise(now, risk_level::medium, std::to_string(stopping) + " findings are for a person");
  }
}

}  // namespace

risk computed_risk(const schema::task& task, const rules& known, const diff::examination* found) {
  if (known.empty()) return {risk_level::high, {"the risk tables are missing"}};
  risk now{task.spec.risk, {}};
  from_task(task, known.content(), now);
  if (found != nullptr) from_change(*found, known.content(), now);
  return now;
}

}  // namespace skein::judge
