// Decides whether a command line may run: everything in it must be on the list, and nothing in it
// may be what the patterns forbid. Whatever is not fully understood is not on the list.
#pragma once

#include "runtime/shell/analysis.hpp"
#include "runtime/shell/deny_pattern.hpp"
#include "schema/error.hpp"
#include "schema/policy.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace skein::shell {

/// Why a file may not be read or written; empty: it may. Asked about redirections and arguments.
using file_judge = std::function<std::string(std::string_view path, bool write)>;

struct verdict {
  enum class kind {
    allowed,
    not_listed,  ///< `reason` says what is not allowed
    forbidden    ///< a deny pattern matched
  };
  kind what = kind::not_listed;
  std::string reason;
};

/// The lists of one rule, compiled.
class allowlist {
 public:
  /// `invalid` names the entry (`allow/2`, `denyPatterns/0`) before a colon.
  [[nodiscard]] static result<allowlist> compile(const schema::policy_rule& rule);

  /// `parsed` is that of `text`.
  [[nodiscard]] verdict judge(std::string_view text, const analysis& parsed,
                              const file_judge& files) const;
  /// Only the patterns: forbidden, or not_listed without a reason.
  [[nodiscard]] verdict judge_patterns(std::string_view text, const analysis& parsed) const;
  /// For a text that is not understood.
  [[nodiscard]] verdict judge_patterns(std::string_view text) const;

  [[nodiscard]] bool has_list() const noexcept { return listed_ > 0; }
  [[nodiscard]] bool has_patterns() const noexcept { return !patterns_.empty(); }

 private:
  struct flag {
    std::string name;   ///< "-r", "--include"
    std::string value;  ///< "", "NUMBER", "TEXT", "PATH", "OUT"
  };
  struct command_form {
    std::vector<std::string> words;
    std::vector<flag> flags;
    std::vector<std::string> operands;
    std::size_t max_operands = 0;
  };

  result<> add_exact(const std::string& text);
  result<> add_prefix(const std::string& text);
  result<> add_form(const schema::policy_command& from);
  /// Empty: allowed.
  [[nodiscard]] std::string refusal(const analysis& parsed, std::size_t at,
                                    const file_judge& files) const;
  [[nodiscard]] std::string refusal_by_form(const command_form& form, const execution& command,
                                            const file_judge& files) const;
  static std::string check_operand(const std::string& kind, const argument& value,
                                   const file_judge& files);

  std::size_t listed_ = 0;
  std::unordered_set<std::string> texts_;  ///< exact lines as written
  std::unordered_set<std::string> exact_;  ///< words of exact commands, each ended by a NUL
  std::vector<std::vector<std::string>> prefixes_;
  std::unordered_map<std::string, std::vector<command_form>> forms_;  ///< by name
  deny_patterns patterns_;
};

}  // namespace skein::shell
