// The gate's verdict over facts: what was found in the change, what the verifiers said, what the
// scanner found. Pure.
#pragma once

#include "schema/run.hpp"
#include "schema/task.hpp"

#include <string>
#include <vector>

namespace skein::diff {

enum class gate_action { publish, draft, approval, block };

struct decision {
  gate_action action = gate_action::publish;
  std::vector<schema::finding> findings;
  schema::failure_class cls = schema::failure_class::f8;  ///< of a block
  std::string reason;  ///< of anything but publish: what a person should look at
};

/// Blocks on a secret (F7), then on a finding whose action is "block" (F8: overreach). A finding
/// whose action is "approval" asks for a person. A "draft" one, a required verifier that failed
/// before the change or was flaky (F11), or the task's own mode, makes a draft. `found` is what
/// examine() gave, or what is stored of it.
[[nodiscard]] decision decide(const schema::task_spec& task,
                              const std::vector<schema::finding>& found,
                              const std::vector<schema::verdict>& verdicts,
                              const std::vector<schema::finding>& secrets);

}  // namespace skein::diff
