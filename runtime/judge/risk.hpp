// The risk of a task as the platform sees it, before and after the change is there. It is never
// lower than what the task says of itself. Pure.
#pragma once

#include "runtime/diff/examine.hpp"
#include "runtime/judge/rules.hpp"
#include "schema/task.hpp"

#include <string>
#include <vector>

namespace skein::judge {

struct risk {
  schema::risk_level level = schema::risk_level::high;
  std::vector<std::string> reasons;  ///< what raised it; empty: the task's own word
};

/// `found` null: nothing is changed yet, so only scope, capabilities, network and agent count.
[[nodiscard]] risk computed_risk(const schema::task& task, const rules& known,
                                 const diff::examination* found = nullptr);

}  // namespace skein::judge
