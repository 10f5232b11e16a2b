#include "runtime/policy/rule.hpp"

#include "runtime/policy/fold.hpp"
#include "schema/text.hpp"

#include <re2/re2.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace skein::policy {

namespace {

using nlohmann::json;
using schema::policy_action;
using schema::detail::in_quotes;

constexpr std::int64_t expression_bytes = 4 << 20;

template <class List, class Value>
bool contains(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool within(std::string_view path, std::string_view folder) {
  if (folder == ".") return !path.starts_with('/');
  return path == folder || (path.size() > folder.size() && path.starts_with(folder) &&
                            (folder.ends_with('/') || path[folder.size()] == '/'));
}

/// A value as text, for patterns; lists are looked into by the caller.
std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

error at_place(const schema::policy_rule& rule, const std::string& pointer, error failed) {
  const schema::source_place place = schema::place_of(rule, pointer);
  failed.message =
      (place.file.empty() ? "rule " + rule.name : to_string(place)) + ": " + failed.message;
  if (!failed.remedy.empty()) failed.message += ", expected: " + failed.remedy;
  return failed;
}

/// The conditions of a rule may stand in three places.
std::string pointer_of(const schema::policy_rule& rule, const std::string& key) {
  for (const char* where : {"when/", "when/condition/", "condition/"}) {
    if (rule.places.contains(where + key)) return where + key;
  }
  return "when/" + key;
}

bool any_wildcard(const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [](const std::string& each) {
    return each.find_first_of("*?") != std::string::npos;
  });
}

/// `a` says the same as `b`, or less.
bool subset(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (b.empty()) return true;
  return !a.empty() &&
         std::all_of(a.begin(), a.end(), [&](const auto& each) { return contains(b, each); });
}

bool covered(const std::vector<std::string>& inner, const std::vector<std::string>& outer,
             std::size_t& comparisons) {
  constexpr std::size_t most = 20'000;
  if (outer.empty()) return true;
  if (inner.empty()) return false;
  return std::all_of(inner.begin(), inner.end(), [&](const std::string& one) {
    if (contains(outer, one)) return true;
    return std::any_of(outer.begin(), outer.end(), [&](const std::string& whole) {
      return ++comparisons < most && pattern_covers(whole, one);
    });
  });
}

}  // namespace

std::string_view to_string(effect value) noexcept {
  switch (value) {
    case effect::allow:
      return "allow";
    case effect::draft_only:
      return "draft_only";
    case effect::needs_approval:
      return "needs_approval";
    case effect::analysis_only:
      return "analysis_only";
    case effect::deny:
      break;
  }
  return "deny";
}

rule::rule() = default;
rule::~rule() = default;
rule::rule(rule&&) noexcept = default;
rule& rule::operator=(rule&&) noexcept = default;

result<rule> rule::compile(schema::policy_rule source) {
  rule out;
  const schema::policy_conditions& when = source.when;
  const auto failed = [&source](const std::string& pointer, const error& why) {
    return at_place(source, pointer, why);
  };
  const auto patterns = [&](const char* key, const std::vector<std::string>& from,
                            std::optional<path_patterns>& into) -> result<> {
    if (from.empty()) return {};
    auto made = path_patterns::compile(from);
    if (!made) return failed(pointer_of(source, key), made.error());
    into = std::move(*made);
    return {};
  };
  SKEIN_CHECK(patterns("pathMatches", when.path_matches, out.path_matches_));
  SKEIN_CHECK(patterns("pathNotMatches", when.path_not_matches, out.path_not_matches_));
  SKEIN_CHECK(patterns("diffTouches", when.diff_touches, out.diff_touches_));
  auto tools = value_patterns::compile(when.tools);
  if (!tools) return failed("when/tool", tools.error());
  out.tools_ = std::move(*tools);
  out.tool_level_ = when.tools.empty() || contains(when.tools, "*") ? 0
                    : any_wildcard(when.tools)                      ? 1
                                                                    : 2;
  const auto folders = [](const std::vector<std::string>& from, std::vector<folder>& into) {
    for (const std::string& each : from) into.push_back({each == "workspaceRoot", each});
  };
  folders(when.path_under, out.under_);
  folders(when.path_not_under, out.not_under_);
  for (const auto& [name, values] : when.args) {
    auto made = value_patterns::compile(values);
    if (!made) return failed(pointer_of(source, "args/" + name), made.error());
    out.args_.emplace_back(name, std::move(*made));
  }
  for (const auto& [name, expression] : when.arg_matches) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_never_capture(true);
    options.set_max_mem(expression_bytes);
    auto made = std::make_unique<RE2>(expression, options);
    if (!made->ok()) {
      const bool large = made->error_code() == RE2::ErrorPatternTooLarge;
      return failed(
          pointer_of(source, "argMatches/" + name),
          {errc::invalid,
           large ? "the expression is too large" : "the expression is wrong: " + made->error(),
           "a regular expression in RE2 syntax"});
    }
    out.arg_matches_.emplace_back(name, std::move(made));
  }
  const bool lists =
      !source.allow.empty() || !source.allow_commands.empty() || !source.allow_prefixes.empty();
  if (lists &&
      (source.action == policy_action::deny || source.action == policy_action::deny_if_false)) {
    return failed("action", {errc::invalid, "a list of what is allowed in a rule that denies",
                             "the action deny_unless_allowed"});
  }
  out.has_lists_ = lists || !source.deny_patterns.empty();
  if (out.has_lists_) {
    auto commands = shell::allowlist::compile(source);
    if (!commands) {
      const std::string& message = commands.error().message;
      const std::size_t colon = message.find(": ");
      return failed(message.substr(0, colon),
                    {errc::invalid, message.substr(colon + 2), commands.error().remedy});
    }
    out.commands_ = std::move(*commands);
    if (!source.allow.empty()) {
      // As patterns of paths they are for tools without a command; a command line need not be one.
      if (auto paths = path_patterns::compile(source.allow)) out.allowed_paths_ = std::move(*paths);
    }
  }
  out.has_path_condition_ = out.path_matches_ || out.path_not_matches_ || !out.under_.empty() ||
                            !out.not_under_.empty() || !when.path_is.empty();
  out.source_ = std::move(source);
  return out;
}

bool rule::names_tool(std::string_view tool) const {
  return tool_level_ == 0 || tools_.matches(tool);
}

bool rule::in_scope(const circumstances& around) const {
  const schema::policy_conditions& when = source_.when;
  return (when.tenants.empty() || contains(when.tenants, around.tenant)) &&
         (when.lanes.empty() || contains(when.lanes, around.lane)) &&
         (when.risks.empty() || contains(when.risks, around.risk));
}

bool rule::under(const normalized_path& path, const std::vector<folder>& folders,
                 const std::string& root, way how) const {
  const auto inside = [&](const path_reading& reading, bool folded) {
    return std::any_of(folders.begin(), folders.end(), [&](const folder& each) {
      if (each.workspace) return reading.inside;
      const normalized_path wanted = normalize_path(each.path, root);
      return within(reading.text, (folded ? wanted.folded : wanted.literal).front().text);
    });
  };
  const auto literal = [&](const path_reading& each) { return inside(each, false); };
  const auto folded = [&](const path_reading& each) { return inside(each, true); };
  if (how == way::permission) {
    return !path.unreadable && std::all_of(path.literal.begin(), path.literal.end(), literal) &&
           std::all_of(path.folded.begin(), path.folded.end(), folded);
  }
  return std::any_of(path.literal.begin(), path.literal.end(), literal) ||
         std::any_of(path.folded.begin(), path.folded.end(), folded);
}

bool rule::path_holds(const normalized_path& path, const std::string& root, way how,
                      std::string& why) const {
  const way opposite = how == way::permission ? way::restriction : way::permission;
  // Texts are made only where somebody will read them.
  const auto say = [&](bool holds, const std::string& what) {
    const bool read = holds ? source_.action != policy_action::allow
                            : source_.action == policy_action::deny_if_false;
    if (read) why = "path " + in_quotes(path.given, 80) + what;
  };
  if (how == way::permission && path.unreadable) {
    say(false, " is no readable path");
    return false;
  }
  if (!under_.empty() && !under(path, under_, root, how)) {
    say(false, " is not under " + source_.when.path_under.front());
    return false;
  }
  if (!not_under_.empty()) {
    if (under(path, not_under_, root, opposite)) {
      say(false, " is under " + source_.when.path_not_under.front());
      return false;
    }
    say(true, " is not under " + source_.when.path_not_under.front());
  }
  if (path_matches_) {
    const bool matches = how == way::permission ? path_matches_->all_readings_match(path)
                                                : path_matches_->any_reading_matches(path);
    if (!matches) {
      say(false, " does not match");
      return false;
    }
    say(true, " is protected");
  }
  if (path_not_matches_) {
    const bool matches = how == way::permission ? path_not_matches_->any_reading_matches(path)
                                                : path_not_matches_->all_readings_match(path);
    if (matches) {
      say(false, " is excepted");
      return false;
    }
  }
  if (!source_.when.path_is.empty()) {
    const bool is = std::any_of(source_.when.path_is.begin(), source_.when.path_is.end(),
                                [&](const std::string& each) {
                                  if (each == "gitMetadata") return is_git_metadata_path(path);
                                  if (each == "secret") return is_secret_path(path);
                                  return path.unreadable;
                                });
    if (!is) return false;
    const bool git = contains(source_.when.path_is, "gitMetadata") && is_git_metadata_path(path);
    say(true, git               ? " is git metadata"
              : path.unreadable ? " is no readable path"
                                : " is known to hold secrets");
  }
  return true;
}

bool rule::argument_holds(const json& args, way how) const {
  const auto each_value = [&](const std::string& name, const auto& matches) {
    const auto found = args.is_object() ? args.find(name) : args.end();
    if (!args.is_object() || found == args.end()) return false;
    if (!found->is_array()) return matches(text_of(*found));
    const auto one = [&](const json& each) { return matches(text_of(each)); };
    if (found->empty()) return false;
    return how == way::permission ? std::all_of(found->begin(), found->end(), one)
                                  : std::any_of(found->begin(), found->end(), one);
  };
  for (const auto& each : args_) {
    const auto matches = [&](const std::string& value) { return each.second.matches(value); };
    if (!each_value(each.first, matches)) {
      return false;
    }
  }
  for (const auto& each : arg_matches_) {
    const auto matches = [&](const std::string& value) {
      return RE2::PartialMatch(value, *each.second);
    };
    if (!each_value(each.first, matches)) return false;
  }
  return true;
}

bool rule::diff_holds(const circumstances& around, way how) const {
  const schema::policy_conditions& when = source_.when;
  if (when.required_verifiers_all_passed &&
      around.required_verifiers_all_passed.value_or(false) != *when.required_verifiers_all_passed) {
    return false;
  }
  if (diff_touches_) {
    const auto matches = [&](const std::string& text) {
      const normalized_path path = normalize_path(text, around.workspace_root);
      return how == way::permission ? diff_touches_->all_readings_match(path)
                                    : diff_touches_->any_reading_matches(path);
    };
    const auto& paths = around.diff_paths;
    const bool holds = how == way::permission
                           ? !paths.empty() && std::all_of(paths.begin(), paths.end(), matches)
                           : std::any_of(paths.begin(), paths.end(), matches);
    if (!holds) return false;
  }
  if (!when.diff_has.empty() &&
      std::none_of(when.diff_has.begin(), when.diff_has.end(),
                   [&](const auto& each) { return contains(around.diff_has, each); })) {
    return false;
  }
  if (when.diff_files_above && around.diff_files.value_or(0) <= *when.diff_files_above) {
    return false;
  }
  return !when.diff_lines_above || around.diff_lines.value_or(0) > *when.diff_lines_above;
}

bool rule::holds(const judged_call& call, const normalized_path* path, way how,
                 std::string& why) const {
  const schema::policy_conditions& when = source_.when;
  const auto granted = [&](const std::string& each) {
    return contains(call.around.capabilities, each);
  };
  if (!when.capabilities.empty() &&
      std::none_of(when.capabilities.begin(), when.capabilities.end(), granted)) {
    why = "capability " + when.capabilities.front() + " is not granted";
    return false;
  }
  if (!when.without_capabilities.empty() &&
      std::all_of(when.without_capabilities.begin(), when.without_capabilities.end(), granted)) {
    why = "capability " + when.without_capabilities.front() + " is granted";
    return false;
  }
  if (when.required_verifiers_all_passed) {
    why = "not every required verifier has passed";
  }
  if (!diff_holds(call.around, how)) return false;
  if (has_path_condition_) {
    if (path == nullptr) {
      why = "it names no path";
      return false;
    }
    if (!path_holds(*path, call.around.workspace_root, how, why)) return false;
  }
  if (!when.without_capabilities.empty() && !why.empty()) {
    why += " and needs the capability " + when.without_capabilities.front();
  }
  if (!argument_holds(call.args, how)) {
    why = "its arguments do not match";
    return false;
  }
  return true;
}

shell::verdict rule::lists(const judged_call& call, const normalized_path* path) const {
  using kind = shell::verdict::kind;
  if (call.command != nullptr) {
    const std::string& text = *call.subjects.command;
    if (!*call.command) {
      shell::verdict found = commands_.judge_patterns(text);
      if (found.what != kind::forbidden) found.reason = call.command->error().message;
      return found;
    }
    if (!commands_.has_list()) return commands_.judge_patterns(text, **call.command);
    return commands_.judge(text, **call.command, call.files);
  }
  if (path != nullptr && allowed_paths_) {
    if (allowed_paths_->all_readings_match(*path)) return {kind::allowed, {}};
    return {kind::not_listed, "path " + in_quotes(path->given, 80) + " is not listed"};
  }
  return {kind::not_listed, "there is no command in it"};
}

std::string rule::reason_or(std::string made) const {
  return source_.reason.empty() ? std::move(made) : source_.reason;
}

vote rule::judge(const judged_call& call, const normalized_path* path) const {
  if (!in_scope(call.around)) return {};
  const bool requirement = source_.action == policy_action::deny_if_false;
  const way how =
      requirement || source_.action == policy_action::allow ? way::permission : way::restriction;
  std::string why;
  const bool met = holds(call, path, how, why);
  if (requirement) {
    if (met) return {true, effect::allow, false, false, true, reason_or("what it requires holds")};
    if (why.empty()) why = "what it requires does not hold";
    return {true, effect::deny, false, true, false, reason_or(std::move(why))};
  }
  if (!met) return {};
  effect what = effect::deny;
  if (source_.action == policy_action::allow) what = effect::allow;
  if (source_.action == policy_action::needs_approval) what = effect::needs_approval;
  if (source_.action == policy_action::draft_only) what = effect::draft_only;
  if (source_.action == policy_action::analysis_only) what = effect::analysis_only;
  if (!has_lists_) {
    if (why.empty() || what == effect::allow) {
      why = std::string(what == effect::allow ? "it is allowed" : "it is restricted");
    }
    return {true, what, false, false, false, reason_or(std::move(why))};
  }
  using kind = shell::verdict::kind;
  shell::verdict found = lists(call, path);
  if (found.what == kind::forbidden) {
    return {true, effect::deny, false, true, false, reason_or(std::move(found.reason))};
  }
  const bool unclear = call.command != nullptr && !*call.command;
  switch (source_.action) {
    case policy_action::deny_unless_allowed:
      if (found.what == kind::allowed) {
        return {true,  effect::allow, false,
                false, false,         reason_or("every command in it is allowed")};
      }
      return {true, effect::deny, true, false, false, reason_or(std::move(found.reason))};
    case policy_action::deny:
      // Only the patterns deny; what cannot be read could be any of them.
      if (unclear)
        return {true, effect::deny, false, true, false, reason_or(std::move(found.reason))};
      return {};
    default:
      if (unclear) return {};
      if (commands_.has_list() && found.what != kind::allowed) return {};
      return {true,  what,
              false, false,
              false, reason_or(what == effect::allow ? "it is allowed" : "it is restricted")};
  }
}

bool rule::at_least_as_specific_as(const rule& other, std::size_t& comparisons) const {
  const schema::policy_conditions& a = source_.when;
  const schema::policy_conditions& b = other.source_.when;
  const auto same = [](const auto& mine, const auto& theirs) {
    return theirs == std::decay_t<decltype(theirs)>{} || mine == theirs;
  };
  return tool_level_ >= other.tool_level_ && same(a.path_under, b.path_under) &&
         same(a.path_not_under, b.path_not_under) && same(a.path_not_matches, b.path_not_matches) &&
         subset(a.path_is, b.path_is) && same(a.args, b.args) &&
         same(a.arg_matches, b.arg_matches) && subset(a.capabilities, b.capabilities) &&
         subset(a.without_capabilities, b.without_capabilities) && subset(a.lanes, b.lanes) &&
         subset(a.risks, b.risks) && subset(a.tenants, b.tenants) &&
         same(a.required_verifiers_all_passed, b.required_verifiers_all_passed) &&
         same(a.diff_touches, b.diff_touches) && subset(a.diff_has, b.diff_has) &&
         same(a.diff_files_above, b.diff_files_above) &&
         same(a.diff_lines_above, b.diff_lines_above) &&
         (source_.deny_patterns == other.source_.deny_patterns ||
          other.source_.deny_patterns.empty() ||
          other.source_.action == policy_action::deny_unless_allowed) &&
         covered(a.path_matches, b.path_matches, comparisons);
}

int rule::weight() const noexcept {
  const schema::policy_conditions& when = source_.when;
  int out = tool_level_;
  for (const auto* each :
       {&when.path_under, &when.path_not_under, &when.path_matches, &when.path_not_matches,
        &when.path_is, &when.capabilities, &when.without_capabilities, &when.lanes, &when.risks,
        &when.tenants, &when.diff_touches, &when.diff_has}) {
    if (!each->empty()) ++out;
  }
  out += static_cast<int>(when.args.size() + when.arg_matches.size());
  out += when.required_verifiers_all_passed ? 1 : 0;
  out += when.diff_files_above ? 1 : 0;
  out += when.diff_lines_above ? 1 : 0;
  return out + (has_lists_ ? 1 : 0);
}

}  // namespace skein::policy
