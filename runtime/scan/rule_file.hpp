// Rule files as written: gitleaks' TOML, read and checked for shape, regexes not yet compiled.
#pragma once

#include "schema/error.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace skein::scan {

/// A regex and where it stands in its file, for messages.
struct written_regex {
  std::string text;
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// What is no secret although a rule matches it. Any kind that matches is enough, or with `all`
/// every kind that is given must. Commits are not looked at: naming them never allows anything.
struct allowlist_spec {
  enum class target { secret, match, line };
  bool all = false;
  bool names_commits = false;
  target regex_target = target::secret;
  std::vector<written_regex> regexes;
  std::vector<std::string> stopwords;  ///< lower case; parts of the secret
  std::vector<written_regex> paths;
  std::vector<std::string> rules;  ///< of a global one: the only rules it is for; empty: all
};

struct rule_spec {
  std::string file;  ///< where it was read, for messages
  std::string id;
  std::string description;
  written_regex regex;  ///< may be empty when `path` is not: the path alone is the finding
  written_regex path;
  std::vector<std::string> keywords;  ///< lower case; empty: the regex always runs
  double entropy = 0;                 ///< bits a byte that the secret must exceed
  std::uint32_t secret_group = 0;     ///< 0: the first group that took part, or the whole match
  bool known_path_only = false;       ///< not for text whose path nobody knows, such as a log
  bool reported = true;
  std::vector<allowlist_spec> allowlists;
};

struct rule_specs {
  std::vector<rule_spec> rules;
  std::vector<allowlist_spec> allowlists;
};

/// Blocking. Reads every *.toml of `directory` in the order of their names, and what they extend
/// (`[extend] path`, relative to the file; `useDefault`: the folder `shipped`; `disabledRules`). A
/// file may redefine a rule only when it extends another file: what it says of the rule replaces
/// what was there, its keywords and allowlists are added. `invalid` names file, place, rule and
/// reason: wrong TOML, wrong type, no id, duplicate id, files that extend each other in a circle,
/// no file at all.
[[nodiscard]] result<rule_specs> read_rule_files(const std::filesystem::path& directory,
                                                 const std::filesystem::path& shipped = {});

/// Blocking. The same for one file.
[[nodiscard]] result<rule_specs> read_rule_file(const std::filesystem::path& file,
                                                const std::filesystem::path& shipped = {});

/// `invalid`, with the file and the rule named.
[[nodiscard]] error rule_error(const std::string& file, const std::string& rule,
                               const std::string& reason);

/// `FILE:LINE:COLUMN`, or the file alone when the place is not known.
[[nodiscard]] std::string place_of(const written_regex& regex);

}  // namespace skein::scan
