// One rule of a policy, compiled: when it speaks about a call, and what it says.
#pragma once

#include "runtime/policy/call.hpp"
#include "runtime/policy/glob.hpp"
#include "runtime/shell/allowlist.hpp"
#include "schema/policy.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace skein::policy {

enum class effect { allow, draft_only, needs_approval, analysis_only, deny };
/// `allow`, `draft_only`, ….
[[nodiscard]] std::string_view to_string(effect value) noexcept;

/// A call while it is decided.
struct judged_call {
  std::string_view tool;
  const nlohmann::json& args;
  const circumstances& around;
  const call_subjects& subjects;
  /// Of the command, when there is one; an error when it is not understood.
  const result<shell::analysis>* command = nullptr;
  const shell::file_judge& files;
};

struct vote {
  bool speaks = false;
  effect what = effect::deny;
  bool weak = false;   ///< a denial of what is merely not listed
  bool firm = false;   ///< a denial by a pattern: nothing lifts it
  bool minor = false;  ///< a permission that lifts no restriction
  std::string reason;
};

class rule {
 public:
  rule();
  ~rule();
  rule(rule&&) noexcept;
  rule& operator=(rule&&) noexcept;

  /// `invalid` begins with the place in the file.
  [[nodiscard]] static result<rule> compile(schema::policy_rule source);

  [[nodiscard]] const schema::policy_rule& source() const noexcept { return source_; }
  [[nodiscard]] bool names_tool(std::string_view tool) const;
  /// What it says about one path of the call, or, without one, about the call.
  [[nodiscard]] vote judge(const judged_call& call, const normalized_path* path) const;

  /// True when it constrains all that `other` constrains, and not wider.
  [[nodiscard]] bool at_least_as_specific_as(const rule& other, std::size_t& comparisons) const;
  /// How many kinds of conditions it has; for naming one of several rules that say the same.
  [[nodiscard]] int weight() const noexcept;

 private:
  enum class way { permission, restriction };

  struct folder {
    bool workspace = false;
    std::string path;
  };

  [[nodiscard]] bool in_scope(const circumstances& around) const;
  /// `why` tells a person, when it holds or when it does not.
  [[nodiscard]] bool holds(const judged_call& call, const normalized_path* path, way how,
                           std::string& why) const;
  [[nodiscard]] bool path_holds(const normalized_path& path, const std::string& root, way how,
                                std::string& why) const;
  [[nodiscard]] bool under(const normalized_path& path, const std::vector<folder>& folders,
                           const std::string& root, way how) const;
  [[nodiscard]] bool argument_holds(const nlohmann::json& args, way how) const;
  [[nodiscard]] bool diff_holds(const circumstances& around, way how) const;
  [[nodiscard]] shell::verdict lists(const judged_call& call, const normalized_path* path) const;
  [[nodiscard]] std::string reason_or(std::string made) const;

  schema::policy_rule source_;
  int tool_level_ = 0;  ///< 0 any, 1 glob, 2 named
  value_patterns tools_;
  std::optional<path_patterns> path_matches_;
  std::optional<path_patterns> path_not_matches_;
  std::vector<folder> under_;
  std::vector<folder> not_under_;
  std::vector<std::pair<std::string, value_patterns>> args_;
  std::vector<std::pair<std::string, std::unique_ptr<re2::RE2>>> arg_matches_;
  std::optional<path_patterns> diff_touches_;
  bool has_path_condition_ = false;
  bool has_lists_ = false;
  shell::allowlist commands_;
  std::optional<path_patterns> allowed_paths_;
};

}  // namespace skein::policy
