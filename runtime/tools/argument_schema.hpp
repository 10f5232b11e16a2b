// The arguments of a tool call against the tool's input schema (C3). JSON Schema draft-07 by
// valijson, except for what is dangerous there: expressions run in RE2, references are resolved
// before, and nothing is ever fetched.
#pragma once

#include "schema/error.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <vector>

namespace skein::tools {

class argument_schema {
 public:
  /// `invalid`: not a schema; `unsupported`: a schema with parts that cannot be checked here
  /// (references to elsewhere or to themselves, patterns that RE2 has not, patternProperties).
  [[nodiscard]] static result<argument_schema> compile(const nlohmann::json& schema);

  /// `invalid` with a line for each of the first ten mistakes: `path/to/value: what is wrong`.
  /// Arguments are an object; their size and depth are bounded.
  [[nodiscard]] result<> check(const nlohmann::json& arguments) const;

 private:
  struct parts;
  std::shared_ptr<const parts> parts_;
};

}  // namespace skein::tools
