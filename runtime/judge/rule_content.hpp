// The tables of config/judge in memory, regexes compiled. For the sources of this folder only: the
// others see rules.hpp.
#pragma once

#include "runtime/diff/table_content.hpp"
#include "runtime/diff/tables.hpp"
#include "runtime/judge/opinion.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace skein::judge {

using diff::regex;
/// Several regexes, any of which matches.
using regexes = std::vector<regex>;

/// What becomes of what a rule finds.
struct rule_policy {
  decision decided = decision::block;
  std::array<std::optional<decision>, 3> by_risk;  ///< low, medium, high
  std::optional<decision> explained;               ///< the agent explained it (T7.9)
  std::optional<decision> intended;                ///< the task speaks of it
  std::string message;
};

/// What an intent is about, by its words.
struct purpose {
  std::string name;
  regexes match;
  std::set<std::string> allows;  ///< change kinds; empty: says nothing about that
};

/// A sentence in which the agent says what it did.
struct claim {
  std::string rule;
  enum class form { only, none, some } says = form::only;
  std::set<std::string> of;  ///< change kinds
  regexes match;
};

/// An edit of source code that changes what it does.
struct behaviour {
  std::string rule;
  enum class form {
    lost,       ///< fewer lines match than before
    gained,     ///< more lines match than before
    number,     ///< a line that only differs in numbers
    operation,  ///< a line that only differs in operators and truth values
    signature,  ///< group 1, a name, stays; group 2, its parameters, changes
    gone,       ///< group 1, a name, is defined no more
    named,      ///< group 1 is something that neither old lines nor the task speak of
    fixed,      ///< fewer answers of a hunk are computed, and more are what matches
  } seen = form::lost;
  regexes match;                     ///< of the code; empty: every line (number, operation)
  regexes except;                    ///< of what group 1 took (named)
  std::set<std::string> unless;      ///< purposes that expect it
  std::set<std::string> in{"code"};  ///< kinds of change that it is looked for in
  bool joined = false;               ///< a line together with the one below counts as well
};

/// A finding of the diff gate that weighs more when something holds.
struct escalation {
  std::string rule;
  std::string finding;
  std::set<std::string> unless;  ///< purposes
  bool with_code = false;        ///< only when source code is changed too
};

struct shape_rule {
  std::string rule;
  std::string action;  ///< "reject", "analysis" or "remark"
  std::string message;
};

struct intent_sign {
  std::string rule;
  regexes match;
};

struct risk_rule {
  std::string level;
  std::string reason;
  diff::pattern_list paths{{}};
  std::vector<std::string> path_texts;
  std::vector<std::string> samples;  ///< paths that a scope is tried with
  regexes words;                     ///< of the intent
};

struct judge_limits {
  std::uint64_t most_bytes = 8U << 20;
  std::uint64_t deleted_lines = 60;
  std::uint64_t deleted_times = 4;
  std::uint64_t bulk_lines = 400;
  std::uint64_t small_lines = 40;
  std::uint64_t small_files = 4;
  std::uint64_t broad_files = 500;
  std::uint64_t broad_lines = 10'000;
  std::uint64_t tokens_per_line = 1;
  std::uint64_t risky_files = 100;
  std::uint64_t risky_lines = 2'000;
  std::uint64_t shortest_intent_words = 3;
};

struct rule_content {
  diff::tables gate;
  std::map<std::string, rule_policy, std::less<>> rules;
  std::set<std::string, std::less<>> stop_words;
  std::vector<purpose> purposes;
  std::vector<claim> claims;
  regexes change_verbs;  ///< in a sentence that claims a change
  regexes negations;     ///< in one that denies it
  std::vector<behaviour> behaviours;
  std::vector<escalation> escalations;
  regexes renames;    ///< intents that want a name changed and nothing else: old, new
  regexes addresses;  ///< text that speaks to whoever judges
  std::map<std::string, shape_rule, std::less<>> shapes;
  std::vector<intent_sign> intent_signs;
  std::vector<std::array<regexes, 2>> conflicts;  ///< both match one intent
  std::vector<std::string> conflict_texts;
  std::vector<risk_rule> risks;
  judge_limits limits;
};

[[nodiscard]] bool any_match(const regexes& all, std::string_view text);

}  // namespace skein::judge
