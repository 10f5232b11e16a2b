// The policy: all rules, compiled ahead and indexed by tool, and the one answer they give together.
//
//   1. An `allow` lifts a restriction only when its rule is strictly more specific: it constrains
//      everything that the restriction constrains, nowhere wider, and something more narrowly (a
//      named tool is narrower than a glob, a glob than none; a path pattern is narrower than one
//      that covers it; a list of tenants than a longer one).
//   2. Of the restrictions left the strictest wins: deny, analysis_only, needs_approval,
//   draft_only.
//   3. Otherwise it is allowed when a rule allows it.
//   4. Otherwise it is denied.
//
// What a pattern (denyPatterns) forbids and what a deny_if_false requires cannot be lifted.
// A call with several paths gets the strictest of their answers. Lists of several
// deny_unless_allowed rules with the same conditions add up; their patterns all hold. A
// deny_if_false whose conditions hold allows, but lifts nothing.
#pragma once

#include "runtime/policy/rule.hpp"
#include "schema/error.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace skein::policy {

/// The name that decisions give when no rule speaks.
inline constexpr std::string_view default_rule = "default_deny";

struct decision {
  effect what = effect::deny;
  std::string rule;         ///< the one that decided
  std::string reason;       ///< for a person and for the agent
  std::string alternative;  ///< of anything but allow: what is permitted instead; may be empty
  std::vector<std::string> paths;     ///< in every way they can be read; at most 20
  std::vector<std::string> commands;  ///< as understood; at most 20
};

/// `allow`, `deny` or `needs_approval`: what becomes of the call. A draft_only call goes ahead; an
/// analysis_only one does not.
[[nodiscard]] std::string_view outcome(effect value) noexcept;

/// An example of a rule whose promise is broken.
struct broken_example {
  std::string rule;
  schema::source_place place;
  std::string what;  ///< "…:12:5: rule x does not deny read_file {…}: …"
};

class engine {
 public:
  /// `invalid` names the place of the first rule that cannot be compiled. Names are unique.
  /// Examples are not tried.
  [[nodiscard]] static result<engine> compile(std::vector<schema::policy_rule> rules);

  /// Pure; may be called from several threads. `args` is an object.
  [[nodiscard]] decision decide(std::string_view tool, const nlohmann::json& args,
                                const circumstances& around) const;

  /// Each rule against its own examples, by itself; other rules do not matter.
  [[nodiscard]] std::vector<broken_example> try_examples() const;

  [[nodiscard]] const std::vector<rule>& rules() const noexcept { return rules_; }
  /// nullptr: there is none.
  [[nodiscard]] const rule* find(std::string_view name) const;

 private:
  [[nodiscard]] std::vector<std::uint32_t> rules_for_unknown(std::string_view tool) const;
  [[nodiscard]] decision combine(const std::vector<std::uint32_t>& candidates,
                                 const judged_call& call, const normalized_path* path) const;
  [[nodiscard]] std::string file_refusal(std::string_view path, bool write,
                                         const circumstances& around,
                                         std::string_view directory) const;
  [[nodiscard]] bool lifts(std::uint32_t permission, std::uint32_t restriction) const {
    return lifts_[permission * rules_.size() + restriction];
  }
  [[nodiscard]] bool joins(std::uint32_t permission, std::uint32_t restriction) const {
    return joins_[permission * rules_.size() + restriction];
  }
  [[nodiscard]] std::string alternative_of(const rule& from) const;

  std::vector<rule> rules_;
  std::unordered_map<std::string, std::vector<std::uint32_t>> by_tool_;
  std::vector<std::uint32_t> unnamed_;  ///< rules that name their tools by a glob or not at all
  std::vector<bool> lifts_;             ///< permission × restriction
  std::vector<bool> joins_;             ///< two deny_unless_allowed with the same conditions
};

}  // namespace skein::policy
