// The rules of kind ToolRules as they are applied. Internal to runtime/tools.
#pragma once

#include "schema/error.hpp"
#include "schema/tool.hpp"

#include <re2/re2.h>

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace skein::tools {

struct compiled_phrase {
  std::string rule;
  std::string description;
  bool on_words = true;
  std::unique_ptr<RE2> pattern;
};

struct compiled_parameter {
  std::string rule;
  std::string description;
  std::unique_ptr<RE2> names;   ///< matches the whole name
  std::unique_ptr<RE2> unless;  ///< may be null
};

/// Where a phrase was found and how it had been hidden: "" or "in base64".
struct phrase_hit {
  const compiled_phrase* phrase = nullptr;
  std::string disguise;
  std::string text;  ///< what matched
};

struct compiled_rules {
  std::vector<compiled_phrase> phrases;
  std::vector<compiled_parameter> parameters;
  std::vector<std::string> hosts;
  std::set<std::string, std::less<>> keywords;
  schema::tool_limits limits;

  /// Every phrase rule that finds something in the text or in what it hides, each once.
  [[nodiscard]] std::vector<phrase_hit> hits(std::string_view text) const;
  [[nodiscard]] bool allows_host(std::string_view host, std::string_view own) const;
  /// True when a tool that says `about` (words) has no business with a parameter of this name.
  [[nodiscard]] static bool suspicious(const compiled_parameter& rule, std::string_view name_words,
                                       std::string_view about);
};

[[nodiscard]] result<compiled_rules> compile(const schema::tool_rules& rules);

}  // namespace skein::tools
