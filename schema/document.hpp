// Reads the files users write (YAML, and so JSON) into typed contracts, with errors that name the
// place. Input is hostile until proven otherwise: size, depth, aliases and encoding are bounded
// before anything is built.
#pragma once

#include "schema/agent_file.hpp"
#include "schema/campaign.hpp"
#include "schema/config.hpp"
#include "schema/controls.hpp"
#include "schema/policy.hpp"
#include "schema/task.hpp"
#include "schema/tool.hpp"
#include "schema/verifier_file.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace skein::schema {

/// `file:line:col: what, expected`; line and column count from 1, 0 when there is no place.
struct diagnostic {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string what;
  std::string expected;
};
[[nodiscard]] std::string to_string(const diagnostic& value);

struct document_limits {
  std::size_t max_bytes = 4U << 20;
  std::uint32_t max_depth = 64;
  std::uint32_t max_nodes = 200'000;  ///< after alias expansion
};

using document = std::variant<task, campaign, config, verifier_file, policy_file, tool_descriptor, agent_file,
                              tool_approvals, tool_rules, control_table>;

struct loaded {
  std::vector<document> documents;   ///< in file order; empty when there are problems
  std::vector<diagnostic> problems;  ///< sorted by place; at most 50
};

/// Parses and validates every document of `text`. `file` is for messages only. Unknown keys, wrong
/// types, wrong kinds and values out of range are problems, never warnings.
[[nodiscard]] loaded load_documents(std::string_view text, const std::string& file,
                                    const document_limits& limits = {});

/// As load_documents; reads `path` ("-": standard input), refusing what is longer than the limit
/// without reading it whole. Blocking.
[[nodiscard]] loaded load_file(const std::string& path, const document_limits& limits = {});

/// The JSON Schema (draft-07) text of a kind of file, such as task; nullopt for another name.
[[nodiscard]] std::optional<std::string_view> json_schema(std::string_view name);
[[nodiscard]] std::vector<std::string> json_schema_names();

/// F1: what a person has to add before this task can be admitted; empty: it can. A task needs a
/// concrete intent, a scope, an agent with something to do, at least one required verifier, and a
/// repository.
[[nodiscard]] std::vector<std::string> missing_for_admission(const task& value);

}  // namespace skein::schema
