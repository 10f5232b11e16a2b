// Allowlists of rule files, ready to be asked. See allowlist_spec for what they mean.
#pragma once

#include "runtime/scan/rule_file.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace skein::scan {

/// `invalid` names file, line, column, rule and what RE2 said.
[[nodiscard]] result<std::shared_ptr<const re2::RE2>> compile_regex(const written_regex& regex,
                                                                    const std::string& rule);

[[nodiscard]] bool matches_somewhere(const re2::RE2& regex, std::string_view text);

/// One match of one rule, with what the allowlists ask about. An empty path: nobody knows it.
struct candidate {
  std::string_view secret;
  std::string_view match;
  std::string_view line;
  std::string_view path;
};

class allowlist {
 public:
  [[nodiscard]] static result<allowlist> compile(allowlist_spec spec, const std::string& rule);

  [[nodiscard]] bool allows(const candidate& found) const;

 private:
  allowlist_spec spec_;
  std::vector<std::shared_ptr<const re2::RE2>> regexes_;
  std::vector<std::shared_ptr<const re2::RE2>> paths_;
};

}  // namespace skein::scan
