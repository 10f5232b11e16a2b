#include "actors/console/identity.hpp"

#include <array>
#include <utility>

namespace skein::console {

namespace {

constexpr std::array<std::pair<role, std::string_view>, 5> words{{{role::viewer, "viewer"},
                                                                  {role::submitter, "submitter"},
                                                                  {role::approver, "approver"},
                                                                  {role::operating, "operator"},
                                                                  {role::admin, "admin"}}};

struct verb_rule {
  std::string_view verb;
  bool viewer, submitter, approver, operating, admin;
};

// An operator may do everything but approve what the same person may have submitted: the store
// refuses that by name, whatever the role.
constexpr std::array verb_rules{
    verb_rule{"ask_owner", true, true, true, true, true},
    verb_rule{"get_active", true, true, true, true, true},
    verb_rule{"get_why", true, true, true, true, true},
    verb_rule{"submit_run", false, true, false, true, true},
    verb_rule{"submit_campaign", false, true, false, true, true},
    verb_rule{"attach_run", false, true, false, true, true},
    verb_rule{"retry_campaign", false, true, false, true, true},
    verb_rule{"control_campaign", false, false, false, true, true},
    verb_rule{"rollback_campaign", false, false, false, true, true},
    verb_rule{"decide_run", false, false, true, true, true},
    verb_rule{"set_switch", false, false, false, true, true},
    verb_rule{"lift_switch", false, false, false, true, true},
};

}  // namespace

std::string_view to_string(role value) noexcept {
  for (const auto& [each, word] : words) {
    if (each == value) return word;
  }
  return "viewer";
}

std::optional<role> parse_role(std::string_view word) noexcept {
  for (const auto& [each, text] : words) {
    if (text == word) return each;
  }
  return std::nullopt;
}

bool may(role who, std::string_view verb) noexcept {
  for (const auto& rule : verb_rules) {
    if (rule.verb != verb) continue;
    switch (who) {
      case role::viewer:
        return rule.viewer;
      case role::submitter:
        return rule.submitter;
      case role::approver:
        return rule.approver;
      case role::operating:
        return rule.operating;
      case role::admin:
        return rule.admin;
    }
  }
  return false;
}

}  // namespace skein::console
