// `rm -rf`, `curl * | sh`, `nc `: patterns of commands that must not run, matched on the text and
// on what the text means, so that quotes, paths, the order of options and wrappers do not matter.
#pragma once

#include "runtime/shell/analysis.hpp"
#include "schema/error.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace skein::shell {

class deny_patterns {
 public:
  deny_patterns();
  ~deny_patterns();
  deny_patterns(deny_patterns&&) noexcept;
  deny_patterns& operator=(deny_patterns&&) noexcept;

  /// `invalid` when a pattern is empty or all of them are too large.
  [[nodiscard]] static result<deny_patterns> compile(const std::vector<std::string>& patterns);

  /// The pattern that matches the text as written; nullptr: none.
  [[nodiscard]] const std::string* in_text(std::string_view text) const;
  /// The pattern that matches one of the commands.
  [[nodiscard]] const std::string* in_meaning(const analysis& parsed) const;
  [[nodiscard]] bool empty() const noexcept { return patterns_.empty(); }

 private:
  struct stage {
    std::string name;                ///< may hold *
    std::vector<std::string> words;  ///< after the name, without *
  };
  struct pattern {
    std::string text;
    std::vector<stage> stages;
    std::unique_ptr<re2::RE2> expression;
  };

  [[nodiscard]] static bool matches(const stage& wanted, const execution& command);
  [[nodiscard]] static bool fed_by(const analysis& parsed, std::size_t at,
                                   const std::vector<stage>& stages, std::size_t left);

  std::vector<pattern> patterns_;
  std::unique_ptr<re2::RE2> any_;  ///< of all, to be quick about the common case
};

}  // namespace skein::shell
