// The rules of a policy document that its JSON Schema cannot say. What needs the rule compiled
// (expressions, command lines, examples) is checked by runtime/policy.
#include "schema/meaning.hpp"
#include "schema/names.hpp"
#include "schema/text.hpp"

#include <algorithm>
#include <set>

namespace skein::schema::detail {

using nlohmann::json;

namespace {

bool is_rule_name(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.front() == '_' || text.front() == '-') {
    return false;
  }
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

/// A condition may stand in one of its three places only.
void check_conditions(const scope_of_check& from, std::set<std::string>& seen, bool& any) {
  for (const auto& [key, value] : from.value().items()) {
    if (key == "tool" || key == "condition") continue;
    any = true;
    if (!seen.insert(key).second) {
      from.at(key).wrong_key("key " + in_quotes(key) + " stands in two places of the rule",
                             "it in when, in when.condition or in condition");
    }
  }
}

void check_rule(const scope_of_check& rule) {
  if (!is_rule_name(rule.text("rule"))) {
    rule.at("rule").wrong("not a valid rule name: " + in_quotes(rule.text("rule")),
                          "letters, digits, . _ - and at most 63 of them, starting with a letter "
                          "or digit");
  }
  for (const char* key : {"description", "reason", "alternative"}) rule.line(key);
  std::set<std::string> seen;
  bool any = false;
  const scope_of_check when = rule.at("when");
  check_conditions(when, seen, any);
  if (when.has("condition")) check_conditions(when.at("condition"), seen, any);
  if (rule.has("condition")) check_conditions(rule.at("condition"), seen, any);
  const std::string action = rule.text("action");
  if (action == "deny_if_false" && !any) {
    rule.at("action").wrong("deny_if_false without a condition",
                            "a condition such as requiredVerifiersAllPassed: true");
  }
  if (action == "deny_unless_allowed" && !rule.has("allow") && !rule.has("allowPrefixes")) {
    rule.at("action").wrong("deny_unless_allowed without a list of what is allowed",
                            "allow or allowPrefixes");
  }
  for (const char* key : {"allow", "allowPrefixes", "denyPatterns"}) {
    for (const scope_of_check& entry : rule.each(key)) {
      const json& text = entry.value();
      if (text.is_string() &&
          text.get_ref<const std::string&>().find_first_not_of(" \t\r\n") == std::string::npos) {
        entry.wrong("the entry is blank", "a command line such as mvn -q test");
      }
    }
  }
}

}  // namespace

void check_policy(const scope_of_check& document) {
  if (document.has("metadata")) check_metadata(document.at("metadata"));
  std::set<std::string> names;
  for (const scope_of_check& rule : document.each("rules")) {
    check_rule(rule);
    if (!names.insert(rule.text("rule")).second) {
      rule.at("rule").wrong("a second rule called " + in_quotes(rule.text("rule")),
                            "each rule once");
    }
  }
}

}  // namespace skein::schema::detail
