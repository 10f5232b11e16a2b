// Collects what the gate finds, with the severity and action that the tables, the task's
// capabilities and its risk give.
#pragma once

#include "runtime/diff/finding.hpp"
#include "runtime/diff/table_content.hpp"
#include "schema/task.hpp"

#include <map>
#include <string>
#include <vector>

namespace skein::diff {

class finding_list {
 public:
  finding_list(const table_content& tables, const schema::task_spec& task, redact_fn redact);

  /// What the finding is of; texts are raw and are made fit to be shown here.
  struct of {
    std::string path;
    std::uint32_t line = 0;
    std::string before;
    std::string after;
    std::string detail;  ///< behind the rule's message
  };
  /// A rule that no table has blocks: better a question too many.
  void add(const std::string& rule, const of& what);
  /// With its own action; for what no table decides (scope).
  void add_as_is(schema::finding found);

  [[nodiscard]] bool raises_risk() const noexcept { return raises_risk_; }
  /// By file and line; where there were too many of a rule, one tells how many more.
  [[nodiscard]] std::vector<finding> take() &&;

 private:
  [[nodiscard]] std::string action_of(const rule_policy& policy) const;

  [[nodiscard]] std::string clean(const std::string& text, std::size_t longest) const;

  const table_content& tables_;
  const schema::task_spec& task_;
  redact_fn redact_;
  std::vector<finding> found_;
  std::map<std::string, std::size_t> counts_;
  std::map<std::string, finding> overflow_;
  bool raises_risk_ = false;
};

}  // namespace skein::diff
