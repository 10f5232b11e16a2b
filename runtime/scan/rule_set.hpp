// Rules, compiled: where in a text do they see secrets? One pass for keywords, then each rule's
// regex where its keywords are. Knows nothing of files, diffs or redaction.
#pragma once

#include "runtime/scan/allowlist.hpp"
#include "runtime/scan/keyword_search.hpp"
#include "runtime/scan/rule_file.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace skein::scan {

/// A secret in a text. Numbers of rules order them: of several that see the same secret the least
/// wins.
struct span {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint32_t rule = 0;
};

/// Sorted by place, overlapping ones made one.
[[nodiscard]] std::vector<span> merged(std::vector<span> spans);

struct place {
  std::string_view text;
  std::string_view path;      ///< empty: not known; then rules for certain paths apply too
  bool honour_marks = false;  ///< lines with `gitleaks:allow` hold no secrets
};

class rule_set {
 public:
  /// `invalid` names file, line, column, rule and reason.
  [[nodiscard]] static result<rule_set> compile(rule_specs specs);

  [[nodiscard]] const rule_spec& spec(std::uint32_t rule) const { return rules_[rule].spec; }
  [[nodiscard]] std::size_t size() const noexcept { return rules_.size(); }

  /// Appends what is seen, in no order, overlaps included.
  void find(const place& where, std::vector<span>& spans) const;

  /// The rules by which a file of this path is a secret, whatever it holds.
  [[nodiscard]] std::vector<std::uint32_t> by_path(std::string_view path) const;

 private:
  struct rule {
    rule_spec spec;
    std::shared_ptr<const re2::RE2> regex;
    std::shared_ptr<const re2::RE2> path;
    bool within_line = false;  ///< its matches have no line end: lines with a keyword are enough
    std::vector<allowlist> allowlists;
  };
  class search;

  [[nodiscard]] static result<rule> compile_rule(rule_spec spec);
  [[nodiscard]] bool applies(const rule& each, std::string_view path) const;
  void find_in(std::uint32_t number, const place& where, std::size_t begin, std::size_t end,
               std::vector<span>& spans) const;

  std::vector<rule> rules_;
  std::vector<allowlist> allowlists_;  ///< for all rules
  std::vector<std::uint32_t> without_keywords_;
  keyword_search keywords_;  ///< its groups are the rules
};

}  // namespace skein::scan
