// The judge that always runs: does the change do what the task says, and no more than that? Rules
// over intent, diff and the agent's claims; the diff gate's own findings are not repeated. Pure.
#pragma once

#include "runtime/diff/tables.hpp"
#include "runtime/judge/judged_case.hpp"
#include "runtime/judge/opinion.hpp"
#include "schema/error.hpp"

#include <filesystem>
#include <memory>

namespace skein::judge {

struct rule_content;

/// config/judge, read once, then shared.
class rules {
 public:
  /// Blocking. `invalid` with `file:line:col: what, expected` for the first thing that is wrong.
  /// `known` are the diff gate's tables: what a path is and how its language looks.
  [[nodiscard]] static result<rules> load(const std::filesystem::path& directory,
                                          const diff::tables& known);

  /// Made without load(): then by_rules() blocks and shape() rejects whatever they are given.
  [[nodiscard]] bool empty() const noexcept { return content_ == nullptr; }
  /// Not of empty ones.
  [[nodiscard]] const rule_content& content() const noexcept { return *content_; }

 private:
  std::shared_ptr<const rule_content> content_;
};

/// Linear in the change but for bounded parts; at most some dozens of reasons.
[[nodiscard]] opinion by_rules(const judged_case& about, const rules& known);

}  // namespace skein::judge
