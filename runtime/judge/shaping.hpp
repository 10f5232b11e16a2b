// Whether a task is one that an agent can be given (F1): concrete, of a size, without contradiction
// and without instructions that are no business of a change. Beyond schema::missing_for_admission,
// which asks whether the parts are there at all. Pure.
#pragma once

#include "runtime/judge/rules.hpp"
#include "schema/task.hpp"

#include <string>
#include <vector>

namespace skein::judge {

enum class shape_decision {
  admit,
  analysis_only,  ///< it may be looked into, but nothing is published
  reject,
};
[[nodiscard]] const char* to_string(shape_decision value) noexcept;

struct shape_question {
  std::string rule;
  std::string field;  ///< "spec.scope.include"
  std::string text;   ///< what is wrong and what to answer, in one line
  friend bool operator==(const shape_question&, const shape_question&) = default;
};

struct shaping {
  shape_decision decided = shape_decision::reject;
  std::vector<shape_question> questions;  ///< of an admitted task: remarks that hold nothing up
};

[[nodiscard]] shaping shape(const schema::task& task, const rules& known);

}  // namespace skein::judge
