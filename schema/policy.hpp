// A file of `config/policies/` (kind: Policy): which tool calls are allowed, as rules with their
// own examples. What is written, not how it is decided: that is runtime/policy.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::schema {

/// Where something stands in a file; line and column count from 1, 0 when there is no place.
struct source_place {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend bool operator==(const source_place&, const source_place&) = default;
};
/// `file:line:col`.
[[nodiscard]] std::string to_string(const source_place& value);

enum class policy_action {
  allow,
  deny,
  deny_unless_allowed,  ///< allow what the rule's lists hold, deny the rest
  deny_if_false,        ///< deny unless the rule's conditions hold
  needs_approval,
  draft_only,
  analysis_only
};
[[nodiscard]] std::string_view to_string(policy_action value) noexcept;

/// All that are given must hold; a list holds when one of its entries does.
struct policy_conditions {
  std::vector<std::string> tools;  ///< names or globs; empty: every tool
  std::vector<std::string> path_under;
  std::vector<std::string> path_not_under;
  std::vector<std::string> path_matches;
  std::vector<std::string> path_not_matches;
  std::vector<std::string> path_is;                      ///< gitMetadata, secret, unreadable
  std::map<std::string, std::vector<std::string>> args;  ///< name → globs over the value
  std::map<std::string, std::string> arg_matches;        ///< name → RE2 over the value
  std::vector<std::string> capabilities;                 ///< one of these is granted
  std::vector<std::string> without_capabilities;         ///< one of these is not granted
  std::vector<std::string> lanes;
  std::vector<std::string> risks;
  std::vector<std::string> tenants;
  std::optional<bool> required_verifiers_all_passed;
  std::vector<std::string> diff_touches;
  std::vector<std::string> diff_has;
  std::optional<std::uint64_t> diff_files_above;
  std::optional<std::uint64_t> diff_lines_above;
  friend bool operator==(const policy_conditions&, const policy_conditions&) = default;
};

/// `{command: grep, flags: [-r, -l], operands: paths}`: an entry of `allow` that says which
/// arguments a command may have.
struct policy_command {
  std::string command;                ///< one or more words: "git diff"
  std::vector<std::string> flags;     ///< "-r", "-m NUMBER", "--include=TEXT"
  std::vector<std::string> operands;  ///< kinds in order, the last repeats; empty: none
  std::uint32_t max_operands = 100;
  friend bool operator==(const policy_command&, const policy_command&) = default;
};

/// A call whose outcome the rule promises.
struct policy_example {
  std::string tool;
  std::string args_json = "{}";
  std::string facts_json = "{}";
  std::vector<std::string> capabilities;
  std::string lane;
  std::string risk;
  std::string tenant;
  bool allowed = false;  ///< of `allows`, else of `denies`
  std::string pointer;   ///< in policy_rule::places
  friend bool operator==(const policy_example&, const policy_example&) = default;
};

struct policy_rule {
  std::string name;
  std::string description;
  std::string reason;       ///< of a decision; empty: made from what matched
  std::string alternative;  ///< what is permitted instead
  policy_action action = policy_action::deny;
  policy_conditions when;
  std::vector<std::string> allow;              ///< exact command lines, or globs of other subjects
  std::vector<policy_command> allow_commands;  ///< the entries of `allow` that are maps
  std::vector<std::string> allow_prefixes;
  std::vector<std::string> deny_patterns;
  std::vector<policy_example> examples;
  /// Of the rule ("") and of what is in it, by keys and indices ("when/argMatches/command").
  std::map<std::string, source_place> places;
  friend bool operator==(const policy_rule&, const policy_rule&) = default;
};

/// The place of the nearest part of the rule that has one.
[[nodiscard]] source_place place_of(const policy_rule& rule, std::string pointer);

struct policy_file {
  std::string name;  ///< may be empty
  std::string description;
  std::vector<policy_rule> rules;
  friend bool operator==(const policy_file&, const policy_file&) = default;
};

/// Without places.
[[nodiscard]] nlohmann::json to_json(const policy_file& value);
[[nodiscard]] nlohmann::json to_json(const policy_rule& value);
[[nodiscard]] policy_file policy_from_json(const nlohmann::json& document);

}  // namespace skein::schema
