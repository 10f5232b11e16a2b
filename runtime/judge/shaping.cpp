// The checks of a task. See shaping.hpp.
#include "runtime/judge/shaping.hpp"

#include "runtime/diff/scope.hpp"
#include "runtime/judge/rule_content.hpp"
#include "runtime/judge/words.hpp"

#include <algorithm>
#include <array>

namespace skein::judge {
namespace {

constexpr std::array decision_names{"admit", "analysis-only", "reject"};

bool takes_all(const std::string& pattern) {
  return !pattern.empty() && pattern.find_first_not_of("*/.") == std::string::npos;
}

/// A path that the pattern takes: its wildcards filled with something plain.
std::string example_of(const std::string& pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '[') {
      const auto end = pattern.find(']', i + 2);
      if (end != std::string::npos && i + 1 < pattern.size()) {
        out += pattern[i + 1];
        i = end;
        continue;
      }
    }
    if (c == '*') {
      while (i + 1 < pattern.size() && pattern[i + 1] == '*') ++i;
      out += "zz";
    } else {
      out += c == '?' ? 'z' : c;
    }
  }
  while (out.starts_with('/')) out.erase(0, 1);
  if (out.ends_with('/')) out += "zz";
  return out;
}

std::string command_of(const schema::verifier_spec& each) {
  std::string out = each.run;
  while (!out.empty() && std::string_view{" \t\n;"}.find(out.back()) != std::string_view::npos) {
    out.pop_back();
  }
  const auto first = out.find_first_not_of(" \t\n");
  return first == std::string::npos ? std::string{} : out.substr(first);
}

/// A command whose failure is thrown away.
bool hides_failure(const schema::verifier_spec& each) {
  const auto flat = command_of(each);
  for (const std::string_view end :
       {"|| true", "||true", "|| :", "||:", "|| exit 0", "; true", ";true", "; exit 0", "; :"}) {
    if (flat.ends_with(end)) return true;
  }
  return false;
}

/// A command that succeeds whatever the repository holds.
bool says_nothing(const schema::verifier_spec& each) {
  if (!each.use.empty()) return false;
  const auto flat = command_of(each);
  if (flat.empty() || flat == "true" || flat == ":" || flat == "/bin/true" || flat == "exit 0") {
    return true;
  }
  const bool one = flat.find_first_of(";&|\n") == std::string::npos;
  return one && (flat.starts_with("echo ") || flat.starts_with("printf ") ||
                 flat.starts_with("ls ") || flat == "ls" || flat == "pwd");
}

class shape_check {
 public:
  shape_check(const schema::task& task, const rule_content& known)
      : spec_(task.spec), known_(known), intent_(flattened(task.spec.intent)) {}

  shaping take() {
    check_intent();
    check_scope();
    check_size();
    check_verifiers();
    return std::move(out_);
  }

 private:
  void ask(const std::string& rule, const char* field, const std::string& detail = {}) {
    const auto found = known_.shapes.find(rule);
    const std::string action = found == known_.shapes.end() ? "reject" : found->second.action;
    out_.decided = std::max(out_.decided, action == "reject"     ? shape_decision::reject
                                          : action == "analysis" ? shape_decision::analysis_only
                                                                 : shape_decision::admit);
    std::string text =
        found == known_.shapes.end() ? "unknown shape " + rule : found->second.message;
    if (!detail.empty()) text += " (" + detail + ")";
    out_.questions.push_back({rule, field, std::string{field} + ": " + text});
  }

  void check_intent() {
    for (const auto& each : known_.intent_signs) {
      if (any_match(each.match, intent_)) ask(each.rule, "spec.intent");
    }
    for (std::size_t i = 0; i < known_.conflicts.size(); ++i) {
      if (any_match(known_.conflicts[i][0], intent_) &&
          any_match(known_.conflicts[i][1], intent_)) {
        ask("task.conflict", "spec.intent", known_.conflict_texts[i]);
      }
    }
    const auto named = names_in(spec_.intent, known_);
    if (named.words.size() + named.symbols.size() + named.paths.size() <
        known_.limits.shortest_intent_words) {
      ask("task.vague", "spec.intent");
    }
    // The first conflict's other side is "leave the tests alone".
    if (spec_.capabilities.modify_tests && !known_.conflicts.empty() &&
        any_match(known_.conflicts.front()[1], intent_)) {
      ask("task.tests_out_of_scope", "spec.capabilities.modifyTests");
    }
    if (!spec_.capabilities.modify_ci) {
      for (const auto& path : named.paths) {
        if (path.find(".github/workflows") != std::string::npos ||
            path.find(".gitlab-ci") != std::string::npos || path.ends_with("Jenkinsfile")) {
          ask("task.ci_not_granted", "spec.capabilities.modifyCi", path);
          break;
        }
      }
    }
  }

  void check_scope() {
    const auto& scope = spec_.scope;
    const bool all = std::any_of(scope.include.begin(), scope.include.end(), takes_all);
    if (all && (scope.max_files > known_.limits.broad_files ||
                scope.max_changed_lines > known_.limits.broad_lines)) {
      ask("task.too_broad", "spec.scope.include");
    }
    if (scope.include.empty()) return;  // schema::missing_for_admission asks for it
    const bool nothing =
        std::all_of(scope.include.begin(), scope.include.end(), [&scope](const auto& pattern) {
          if (std::find(scope.exclude.begin(), scope.exclude.end(), pattern) !=
              scope.exclude.end()) {
            return true;
          }
          return diff::matches_any(scope.exclude, example_of(pattern)) &&
                 diff::matches_any(scope.exclude, example_of(pattern) + "/zz");
        });
    if (nothing) ask("task.nothing_in_scope", "spec.scope.exclude");
  }

  void check_size() {
    const auto& scope = spec_.scope;
    if (scope.max_files == 0 || scope.max_changed_lines == 0) {
      ask("task.no_room", "spec.scope");
      return;
    }
    if (spec_.agent_given && spec_.agent.kind == schema::agent_kind::script) return;
    const bool pays =
        spec_.budget.tokens >= scope.max_changed_lines * known_.limits.tokens_per_line;
    if (!pays || spec_.budget.tool_calls == 0 || spec_.budget.attempts == 0 ||
        spec_.budget.tokens == 0) {
      ask("task.budget_too_small", "spec.budget");
    }
  }

  void check_verifiers() {
    bool required = false;
    bool proves = false;
    for (const auto& each : spec_.verifiers) {
      if (!each.required) continue;
      if (each.use.empty() && hides_failure(each)) {
        ask("task.verifier_hides_failure", "spec.verifiers", each.name);
      }
      required = true;
      proves = proves || !says_nothing(each);
    }
    if (required && !proves) ask("task.verifier_says_nothing", "spec.verifiers");
  }

  const schema::task_spec& spec_;
  const rule_content& known_;
  std::string intent_;
  shaping out_{shape_decision::admit, {}};
};

}  // namespace

const char* to_string(shape_decision value) noexcept {
  return decision_names[static_cast<std::size_t>(value)];
}

shaping shape(const schema::task& task, const rules& known) {
  if (known.empty()) {
    return {shape_decision::reject,
            {{"task.no_tables", "spec", "spec: the platform has no rules to check a task with"}}};
  }
  return shape_check{task, known.content()}.take();
}

}  // namespace skein::judge
