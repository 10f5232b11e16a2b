// The tables of config/diff in memory, regexes compiled. For the sources of this folder only: the
// others see tables.hpp.
#pragma once

#include "runtime/diff/pattern.hpp"
#include "runtime/scan/keyword_search.hpp"

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace skein::diff {

using regex = std::shared_ptr<const re2::RE2>;

/// What a file is, by its path; it may be several of these.
enum class file_kind : std::uint8_t {
  test,
  ci,
  build,
  test_config,
  manifest,
  lockfile,
  linter,
  coverage,
  snapshot,
  generated,
  docs,
  instructions,  ///< of coding agents
  protect,       ///< runs by itself on somebody's machine
  git_config,    ///< steers git
  secret,
  security,
  image,
  program,  ///< compiled
  script,
  source
};
inline constexpr std::array<const char*, 20> kind_names{
    "test",     "ci",       "build",     "testConfig", "manifest",     "lockfile",  "linter",
    "coverage", "snapshot", "generated", "docs",       "instructions", "protected", "gitConfig", "secret",
    "security", "image",    "program",   "script",     "source"};
inline constexpr std::size_t kind_count = kind_names.size();
using kind_set = std::uint32_t;

[[nodiscard]] constexpr kind_set bit(file_kind kind) noexcept {
  return kind_set{1} << static_cast<unsigned>(kind);
}

/// Kinds that somebody obeys without looking: their patterns are in small letters and are compared
/// with what a path looks like, or is to some file system; see known_as().
inline constexpr kind_set kinds_by_look = bit(file_kind::ci) | bit(file_kind::instructions) |
                                          bit(file_kind::protect) | bit(file_kind::git_config) |
                                          bit(file_kind::secret);

enum class capability : std::uint8_t {
  modify_ci = 1,
  modify_lockfile = 2,
  modify_tests = 4,
  modify_agent_config = 8,
  modify_tool_config = 16,
  modify_git_config = 32
};

/// What becomes of a finding. The texts are those of schema::finding.
struct rule_policy {
  std::string severity;
  std::string action;
  std::string message;
  std::uint8_t relaxed_by = 0;         ///< any of these capabilities…
  std::string relaxed_to;              ///< …gives this action
  std::array<std::string, 3> by_risk;  ///< low, medium, high; empty: `action`
  bool raises_risk = false;
};

struct block_syntax {
  std::string open;
  std::string close;
};

struct quote_syntax {
  std::string open;
  std::string close;
  bool multiline = false;
  bool escapes = true;
};

/// How strongly an assertion holds its subject.
enum strength : int { trivial = 0, weak = 10, partial = 20, exact = 30, strict = 40, unknown = -1 };
inline constexpr int raises = 31;  ///< exact with an exception named, weak without

using matcher_table = std::map<std::string, int, std::less<>>;

struct case_syntax {
  regex marker;  ///< group 1 is the name when `name` is not given
  regex name;    ///< searched behind the marker
};

struct language {
  std::string name;
  pattern_list files{{}};
  pattern_list test_files{{}};
  std::vector<std::string> line_comments;
  bool comment_after_space = false;  ///< `#` counts only at the start of a word
  bool attributes = false;           ///< `#[` is no comment
  bool regex_literals = false;
  bool char_quotes = false;  ///< ' is a character, or something else altogether
  bool raw_strings = false;  ///< R"x(…)x" and r#"…"#
  bool tests_anywhere = false;
  std::vector<block_syntax> blocks;
  std::vector<quote_syntax> quotes;
  std::vector<case_syntax> cases;
  regex functions;   ///< any definition; group 1 is the name
  regex assertions;  ///< where one begins
  regex guarded;     ///< a failure call whose condition stands in the `if` before it
  regex parametrised;
  regex rows;   ///< one of them each time; absent: counted in the list behind `parametrised`
  regex mocks;  ///< group 1: what is replaced
  regex early_return;
  matcher_table matchers;  ///< before the common ones
};

enum class channel : std::uint8_t { code, text, comment };

/// A pattern that is a finding where a change brings it in (or takes it away).
struct marker {
  std::string rule;
  channel in = channel::code;
  bool on_removed = false;
  bool with_next = false;  ///< the line behind it tells two of them apart
  bool once = false;       ///< any equal hit elsewhere in the file cancels it
  kind_set kinds = 0;      ///< 0: any
  kind_set not_kinds = 0;
  std::vector<std::string> languages;   ///< empty: any
  std::unique_ptr<pattern_list> files;  ///< null: any
  regex match;
};

/// A number that must not go one way. Group 1: what it is of; group 2: the number; group 3: a unit.
struct threshold {
  std::string rule;
  bool raised = false;       ///< a larger number is the finding, else a smaller one
  std::string removed_rule;  ///< when it is taken away; empty: nothing
  kind_set kinds = 0;
  std::unique_ptr<pattern_list> files;
  regex match;
};

/// One package manager: how its manifest names dependencies and what its lockfile promises.
struct ecosystem {
  std::string name;
  pattern_list manifests{{}};
  std::vector<regex> dependencies;  ///< group 1: the name; group 2, if any: the version or source
  std::vector<std::string> not_dependencies;
  regex unusual_source;  ///< in the dependency's line
  pattern_list lockfiles{{}};
  regex locked;     ///< one entry
  regex integrity;  ///< one promise
  std::vector<std::string> hosts;
};

struct table_content {
  std::map<std::string, rule_policy, std::less<>> rules;
  std::array<std::vector<std::string>, kind_count> kind_patterns;
  std::vector<pattern_list> kinds;  ///< by kind
  std::vector<language> languages;
  matcher_table matchers;
  std::vector<std::pair<std::string, int>> conditions;  ///< text within a condition, its strength
  std::vector<std::string> broad_exceptions;
  std::vector<std::string> loose_operands;  ///< what equals much, in an equality
  std::vector<marker> markers;
  std::vector<threshold> thresholds;
  std::vector<ecosystem> ecosystems;
  regex security_words;

  // Which markers can match at all: a marker is tried where its words stand.
  std::unique_ptr<re2::FilteredRE2> filter;
  scan::keyword_search words;
  bool words_within_lines = false;  ///< no word has a line end
  std::vector<int> wordless;        ///< can match where no word stands
};

/// Lower-case letters and digits only: `assert_equal`, `assertEqual` and `AssertEqual` are one.
[[nodiscard]] std::string canonical_name(std::string_view name);

}  // namespace skein::diff
