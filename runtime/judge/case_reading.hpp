// A case as the rules see it: what each file's change is made of, what it speaks about, and how it
// goes with the task. Facts only.
#pragma once

#include "runtime/diff/file_view.hpp"
#include "runtime/judge/judged_case.hpp"
#include "runtime/judge/words.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace skein::judge {

struct file_reading {
  const diff::changed_file* file = nullptr;
  diff::kind_set kinds = 0;  ///< of both paths
  diff::source_side before;
  diff::source_side after;
  /// "docs", "test", "comment", "whitespace", "code", "generated", "other"; "none" for a bare move.
  std::string kind;
  word_set words;            ///< path, and what the changed lines and their surroundings say
  word_set changed_symbols;  ///< of the changed lines
  word_set symbols;          ///< of everything that is shown
  std::string stem;
  bool named = false;    ///< the intent names it, or its folder, or its companion
  bool related = false;  ///< it has to do with the intent

  [[nodiscard]] bool is(diff::file_kind kind) const noexcept { return (kinds & bit(kind)) != 0; }
  [[nodiscard]] const std::string& path() const noexcept { return file->path(); }
  [[nodiscard]] std::uint64_t lines() const noexcept {
    return std::uint64_t{file->insertions} + file->deletions;
  }
  /// Neither test, nor text, nor made by a program.
  [[nodiscard]] bool is_source() const noexcept { return kind == "code"; }
};

struct case_reading {
  named_things intent;
  named_things explanation;
  std::string flat_intent;
  std::set<std::string> purposes;
  std::vector<file_reading> files;
  std::uint64_t insertions = 0;
  std::uint64_t deletions = 0;
  bool too_large = false;  ///< then files are not read

  [[nodiscard]] bool is_about(const std::set<std::string>& any) const;
};

[[nodiscard]] case_reading read_case(const judged_case& about, const rule_content& known);

/// One changed line of a side, without comments.
struct code_line {
  std::size_t hunk = 0;
  std::uint32_t number = 0;
  std::string_view code;  ///< texts blanked
  std::string_view text;
};
[[nodiscard]] std::vector<code_line> changed_code(const diff::source_side& side);

}  // namespace skein::judge
