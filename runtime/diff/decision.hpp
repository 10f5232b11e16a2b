// The gate's verdict over facts: what the change touches, what the verifiers said, what the scanner
// found. Pure; the first deterministic part of the diff gate.
#pragma once

#include "runtime/diff/scope.hpp"
#include "schema/run.hpp"
#include "schema/task.hpp"

#include <optional>
#include <string>
#include <vector>

namespace skein::diff {

enum class gate_action { publish, draft, block };

struct decision {
  gate_action action = gate_action::publish;
  std::vector<schema::finding> findings;
  schema::failure_class cls = schema::failure_class::f8;  ///< of a block
  std::string reason;  ///< of a block or a draft: what a person should look at
};

/// Blocks on a secret (F7), then on anything outside the scope (F8). A change whose required
/// verifier failed before it, or was flaky (F11), or whose mode is draft, becomes a draft.
[[nodiscard]] decision decide(const schema::task_spec& task, const std::vector<touched>& change,
                              const std::vector<schema::verdict>& verdicts,
                              const std::vector<schema::finding>& secrets);

}  // namespace skein::diff
