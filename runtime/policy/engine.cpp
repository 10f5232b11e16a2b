#include "runtime/policy/engine.hpp"

#include "schema/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace skein::policy {

namespace {

using nlohmann::json;
using schema::policy_action;
using schema::detail::in_quotes;

constexpr std::size_t most_rules = 2000;
constexpr std::size_t most_shown = 20;

const std::string read_tool = "read_file";
const std::string write_tool = "write_file";

bool can_allow(policy_action action) {
  return action != policy_action::deny && action != policy_action::deny_if_false;
}

error broken(const schema::policy_rule& source, const std::string& what) {
  const schema::source_place place = schema::place_of(source, "rule");
  return {errc::invalid, (place.file.empty() ? "" : to_string(place) + ": ") + what,
          "correct the policy file"};
}

}  // namespace

std::string_view outcome(effect value) noexcept {
  switch (value) {
    case effect::allow:
    case effect::draft_only:
      return "allow";
    case effect::needs_approval:
      return "needs_approval";
    case effect::analysis_only:
    case effect::deny:
      break;
  }
  return "deny";
}

result<engine> engine::compile(std::vector<schema::policy_rule> rules) {
  engine out;
  if (rules.size() > most_rules) {
    return error{errc::invalid, "the policy has more than " + std::to_string(most_rules) + " rules",
                 "join rules"};
  }
  std::set<std::string> names;
  std::set<std::string> tools;
  for (schema::policy_rule& each : rules) {
    if (!names.insert(each.name).second || each.name == default_rule) {
      return broken(each, "a second rule called " + in_quotes(each.name));
    }
    for (const std::string& tool : each.when.tools) {
      if (tool.find_first_of("*?") == std::string::npos) tools.insert(tool);
    }
    SKEIN_TRY(made, rule::compile(std::move(each)));
    out.rules_.push_back(std::move(made));
  }
  const std::size_t count = out.rules_.size();
  for (std::uint32_t at = 0; at < count; ++at) {
    const auto& named = out.rules_[at].source().when.tools;
    const bool open = named.empty() || std::any_of(named.begin(), named.end(), [](const auto& t) {
                        return t.find_first_of("*?") != std::string::npos;
                      });
    if (open) out.unnamed_.push_back(at);
  }
  for (const std::string& tool : tools) {
    auto& list = out.by_tool_[tool];
    for (std::uint32_t at = 0; at < count; ++at) {
      if (out.rules_[at].names_tool(tool)) list.push_back(at);
    }
  }
  out.lifts_.resize(count * count);
  out.joins_.resize(count * count);
  std::size_t comparisons = 0;
  for (std::size_t a = 0; a < count; ++a) {
    if (!can_allow(out.rules_[a].source().action)) continue;
    const bool list = out.rules_[a].source().action == policy_action::deny_unless_allowed;
    for (std::size_t b = 0; b < count; ++b) {
      if (a == b || out.rules_[b].source().action == policy_action::allow) continue;
      if (!out.rules_[a].at_least_as_specific_as(out.rules_[b], comparisons)) continue;
      const bool strictly = !out.rules_[b].at_least_as_specific_as(out.rules_[a], comparisons);
      const bool both_lists =
          list && out.rules_[b].source().action == policy_action::deny_unless_allowed;
      out.lifts_[a * count + b] = strictly;
      out.joins_[a * count + b] = both_lists;
    }
  }
  return out;
}

const rule* engine::find(std::string_view name) const {
  const auto found = std::find_if(rules_.begin(), rules_.end(),
                                  [&](const rule& each) { return each.source().name == name; });
  return found == rules_.end() ? nullptr : &*found;
}

std::vector<std::uint32_t> engine::rules_for_unknown(std::string_view tool) const {
  std::vector<std::uint32_t> out;
  for (const std::uint32_t at : unnamed_) {
    if (rules_[at].names_tool(tool)) out.push_back(at);
  }
  return out;
}

std::string engine::alternative_of(const rule& from) const {
  const schema::policy_rule& source = from.source();
  if (!source.alternative.empty()) return source.alternative;
  std::string list;
  std::size_t shown = 0;
  for (const auto* each : {&source.allow, &source.allow_prefixes}) {
    for (const std::string& text : *each) {
      if (++shown > 5) return list + ", …";
      list += (list.empty() ? "use one of: " : ", ") + in_quotes(text, 60);
    }
  }
  return list;
}

decision engine::combine(const std::vector<std::uint32_t>& candidates, const judged_call& call,
                         const normalized_path* path) const {
  struct spoken {
    std::uint32_t rule;
    vote what;
  };
  std::vector<spoken> permissions;
  std::vector<spoken> restrictions;
  for (const std::uint32_t at : candidates) {
    vote said = rules_[at].judge(call, path);
    if (!said.speaks) continue;
    (said.what == effect::allow ? permissions : restrictions).push_back({at, std::move(said)});
  }
  const spoken* chosen = nullptr;
  const auto lifted = [&](const spoken& restriction) {
    if (restriction.what.firm) return false;
    return std::any_of(permissions.begin(), permissions.end(), [&](const spoken& each) {
      if (each.what.minor) return false;
      return lifts(each.rule, restriction.rule) ||
             (restriction.what.weak && joins(each.rule, restriction.rule));
    });
  };
  const auto stronger = [this](const spoken& a, const spoken& b) {
    if (a.what.what != b.what.what) return a.what.what > b.what.what;
    if (a.what.weak != b.what.weak) return b.what.weak;
    if (a.what.minor != b.what.minor) return b.what.minor;
    const int mine = rules_[a.rule].weight();
    const int theirs = rules_[b.rule].weight();
    return mine != theirs ? mine > theirs
                          : rules_[a.rule].source().name < rules_[b.rule].source().name;
  };
  for (const spoken& each : restrictions) {
    if (!lifted(each) && (chosen == nullptr || stronger(each, *chosen))) chosen = &each;
  }
  if (chosen == nullptr) {
    for (const spoken& each : permissions) {
      if (chosen == nullptr || stronger(each, *chosen)) chosen = &each;
    }
  }
  decision out;
  if (chosen == nullptr) {
    out.rule = default_rule;
    out.reason = "no rule allows " + std::string(call.tool.substr(0, 128)) +
                 (path != nullptr ? " for " + in_quotes(path->given, 80) : " with these arguments");
    return out;
  }
  const rule& by = rules_[chosen->rule];
  out.what = chosen->what.what;
  out.rule = by.source().name;
  out.reason = chosen->what.reason;
  if (out.what != effect::allow) out.alternative = alternative_of(by);
  return out;
}

std::string engine::file_refusal(std::string_view path, bool write, const circumstances& around,
                                 std::string_view directory) const {
  call_subjects subjects;
  subjects.paths.push_back(normalize_path(path, around.workspace_root, directory));
  if (subjects.paths.front().unreadable) return "it is no readable path";
  const json args{{"path", std::string(path)}};
  const shell::file_judge none = [](std::string_view, bool) { return std::string("a command"); };
  const std::string& tool = write ? write_tool : read_tool;
  const judged_call call{tool, args, around, subjects, nullptr, none};
  const auto found = by_tool_.find(tool);
  const decision said = combine(found != by_tool_.end() ? found->second : rules_for_unknown(tool),
                                call, &subjects.paths.front());
  return said.what == effect::allow || said.what == effect::draft_only ? "" : said.reason;
}

decision engine::decide(std::string_view tool, const json& args,
                        const circumstances& around) const {
  const call_subjects subjects = subjects_of(tool, args, around.workspace_root);
  const shell::file_judge files = [&](std::string_view path, bool write) {
    return file_refusal(path, write, around, subjects.directory);
  };
  std::optional<result<shell::analysis>> command;
  if (subjects.command) command.emplace(shell::analyse(*subjects.command));
  const judged_call call{tool, args, around, subjects, command ? &*command : nullptr, files};
  decision out;
  if (!subjects.obstacle.empty()) {
    out.rule = default_rule;
    out.reason = subjects.obstacle;
  } else {
    std::vector<std::uint32_t> open;
    const auto found = by_tool_.find(std::string(tool));
    if (found == by_tool_.end()) open = rules_for_unknown(tool);
    const auto& candidates = found == by_tool_.end() ? open : found->second;
    if (subjects.paths.empty()) {
      out = combine(candidates, call, nullptr);
    } else {
      bool first = true;
      for (const normalized_path& path : subjects.paths) {
        decision one = combine(candidates, call, &path);
        if (first || one.what > out.what) out = std::move(one);
        first = false;
        if (out.what == effect::deny) break;
      }
    }
    // A list of commands says nothing about where they run.
    if (subjects.command && out.what != effect::deny &&
        !std::all_of(subjects.paths.begin(), subjects.paths.end(),
                     [](const auto& each) { return each.always_inside(); })) {
      out = {};
      out.rule = default_rule;
      out.reason = "a path of the command's call is outside the workspace";
    }
  }
  for (const normalized_path& path : subjects.paths) {
    for (const path_reading& reading : path.literal) {
      if (out.paths.size() < most_shown) out.paths.push_back(reading.text);
    }
  }
  if (command && *command) {
    for (const shell::execution& each : (*command)->commands) {
      if (out.commands.size() == most_shown) break;
      if (!each.words.empty()) out.commands.push_back(plain_text(each).substr(0, 400));
    }
  }
  return out;
}

std::vector<broken_example> engine::try_examples() const {
  std::vector<broken_example> out;
  for (const rule& each : rules_) {
    for (const schema::policy_example& example : each.source().examples) {
      circumstances around;
      around.tenant = example.tenant;
      around.lane = example.lane;
      around.risk = example.risk;
      around.capabilities = example.capabilities;
      const auto complain = [&](const std::string& what) {
        const schema::source_place place = schema::place_of(each.source(), example.pointer);
        out.push_back({each.source().name, place,
                       (place.file.empty() ? "" : to_string(place) + ": ") + what});
      };
      const json args = json::parse(example.args_json, nullptr, false);
      if (auto added = add_facts(json::parse(example.facts_json, nullptr, false), around); !added) {
        complain(added.error().message);
        continue;
      }
      const call_subjects subjects = subjects_of(example.tool, args, around.workspace_root);
      const shell::file_judge files = [&](std::string_view path, bool write) {
        return file_refusal(path, write, around, subjects.directory);
      };
      std::optional<result<shell::analysis>> command;
      if (subjects.command) command.emplace(shell::analyse(*subjects.command));
      const judged_call call{example.tool, args, around, subjects, command ? &*command : nullptr,
                             files};
      const bool permits = each.source().action == policy_action::allow;
      const std::string shown = example.tool + " " + in_quotes(example.args_json, 120);
      if (!each.names_tool(example.tool)) {
        complain("rule " + each.source().name + " is not about " + shown);
        continue;
      }
      // The strictest over the paths; a rule that says nothing lets through unless it permits.
      bool lets_through = true;
      std::string reason = "it says nothing about it";
      const auto look = [&](const normalized_path* path) {
        const vote said = each.judge(call, path);
        const bool passes = said.speaks ? said.what == effect::allow : !permits;
        if (said.speaks) reason = said.reason;
        lets_through = lets_through && passes;
      };
      if (!subjects.obstacle.empty()) {
        lets_through = false;
        reason = subjects.obstacle;
      } else if (subjects.paths.empty()) {
        look(nullptr);
      } else {
        for (const normalized_path& path : subjects.paths) look(&path);
      }
      if (lets_through != example.allowed) {
        complain("rule " + each.source().name +
                 (example.allowed ? " does not let through " : " does not deny ") + shown + ": " +
                 reason);
      }
    }
  }
  return out;
}

}  // namespace skein::policy
