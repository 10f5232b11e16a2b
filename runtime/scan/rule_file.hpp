// Rule files as written: gitleaks' TOML, read and checked for shape, regexes not yet compiled.
#pragma once

#include "schema/error.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace skein::scan {

/// What is no secret although a rule matches it. Any kind that matches is enough, or with `all`
/// every kind that is given must.
struct allowlist_spec {
  enum class target { secret, match, line };
  bool all = false;
  target regex_target = target::secret;
  std::vector<std::string> regexes;
  std::vector<std::string> stopwords;  ///< lower case; parts of the secret
  std::vector<std::string> paths;      ///< regexes
};

struct rule_spec {
  std::string file;  ///< where it was read, for messages
  std::string id;
  std::string description;
  std::string regex;  ///< may be empty when `path` is not: the path alone is the finding
  std::string path;
  std::vector<std::string> keywords;  ///< lower case; empty: the regex always runs
  double entropy = 0;                 ///< bits a byte that the secret must exceed
  std::uint32_t secret_group = 0;     ///< 0: the first group that took part, or the whole match
  std::vector<allowlist_spec> allowlists;
};

struct rule_specs {
  std::vector<rule_spec> rules;
  std::vector<allowlist_spec> allowlists;  ///< for all rules
};

/// Blocking. Reads every *.toml of `directory` in the order of their names, and what they extend
/// (`[extend] path`, relative to the file; `disabledRules`). A file may redefine a rule only when
/// it extends another file. `invalid` names file, rule and reason: wrong TOML, wrong type, no id,
/// duplicate id, files that extend each other in a circle, no file at all.
[[nodiscard]] result<rule_specs> read_rule_files(const std::filesystem::path& directory);

/// `invalid`, with the file and the rule named.
[[nodiscard]] error rule_error(const std::string& file, const std::string& rule,
                               const std::string& reason);

}  // namespace skein::scan
