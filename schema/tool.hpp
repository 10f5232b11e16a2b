// The documents about tools: a descriptor of `config/tools/` (kind: Tool), who approved which of
// them (kind: ToolApprovals), and what no descriptor may hold (kind: ToolRules). What is written,
// not how it is enforced: that is runtime/tools.
#pragma once

#include "schema/policy.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace skein::schema {

/// Who carries a call out.
struct tool_origin {
  enum class source { builtin, mcp };
  source from = source::builtin;
  std::string server;                ///< mcp: what the platform calls the server
  std::string version;               ///< mcp: the server's, exact
  std::string tool;                  ///< mcp: the tool's name at the server; never empty there
  std::vector<std::string> command;  ///< mcp: program and arguments, or
  std::string url;                   ///< mcp: https address
  bool reads_repository = false;     ///< mcp, command: its cell shows the run's base commit
  bool network = false;              ///< mcp, command: its cell has the run's own network grant
  friend bool operator==(const tool_origin&, const tool_origin&) = default;
};

/// What SPEC.md's section L asks of every capability; none is blank.
struct capability_manifest {
  std::string new_asset;
  std::string new_side_effect;
  std::string data_leaving;
  std::string silent_failure;
  std::string preventing_gate;
  std::string proving_log;
  friend bool operator==(const capability_manifest&, const capability_manifest&) = default;
};

[[nodiscard]] nlohmann::json to_json(const capability_manifest& value);
[[nodiscard]] capability_manifest manifest_from_json(const nlohmann::json& from);

struct tool_descriptor {
  std::string name;
  std::string version;
  tool_origin origin;
  std::string description;  ///< for people; no model sees it
  std::string model_json;   ///< canonical: {description, inputSchema, title?, outputSchema?, …}
  capability_manifest manifest;
  /// Of the document ("") and of what is in it, by keys and indices ("spec/model/description").
  std::map<std::string, source_place> places;
  friend bool operator==(const tool_descriptor&, const tool_descriptor&) = default;
};

/// Without places. The SHA-256 of its canonical form is what an approval is bound to.
[[nodiscard]] nlohmann::json to_json(const tool_descriptor& value);
[[nodiscard]] tool_descriptor tool_from_json(const nlohmann::json& document);
[[nodiscard]] std::string digest_of(const tool_descriptor& value);

struct tool_approval {
  std::string tool;
  std::string version;
  std::string sha256;
  std::string by;
  std::string reason;
  std::vector<std::string> accepts;  ///< rules whose findings were looked at and found harmless
  friend bool operator==(const tool_approval&, const tool_approval&) = default;
};

struct tool_approvals {
  std::vector<tool_approval> approvals;
  friend bool operator==(const tool_approvals&, const tool_approvals&) = default;
};
[[nodiscard]] nlohmann::json to_json(const tool_approvals& value);
[[nodiscard]] tool_approvals tool_approvals_from_json(const nlohmann::json& document);

/// Looks for expressions (RE2) in what a descriptor says. Its examples are checked when it loads.
struct tool_phrase_rule {
  std::string rule;
  std::string description;
  bool on_words = true;  ///< else on the text with its punctuation
  std::vector<std::string> patterns;
  std::vector<std::string> catches;
  std::vector<std::string> passes;
  friend bool operator==(const tool_phrase_rule&, const tool_phrase_rule&) = default;
};

/// Looks for parameters by their names, written as words: `chatHistory` is "chat history".
struct tool_parameter_rule {
  std::string rule;
  std::string description;
  std::vector<std::string> names;
  std::string unless_tool;  ///< words of the tool's name and description that explain it
  std::vector<std::string> catches;
  std::vector<std::string> passes;
  friend bool operator==(const tool_parameter_rule&, const tool_parameter_rule&) = default;
};

struct tool_limits {
  std::uint32_t name = 64;  ///< characters, like the next three
  std::uint32_t description = 4000;
  std::uint32_t parameter_description = 1500;
  std::uint32_t other_text = 300;
  std::uint32_t schema_bytes = 65'536;
  std::uint32_t schema_depth = 12;
  std::uint32_t parameters = 60;
  friend bool operator==(const tool_limits&, const tool_limits&) = default;
};

struct tool_rules {
  std::vector<tool_phrase_rule> phrases;
  std::vector<tool_parameter_rule> parameters;
  std::vector<std::string> allowed_hosts;  ///< exact, or "*.suffix"
  std::vector<std::string> schema_keywords;
  tool_limits limits;
  friend bool operator==(const tool_rules&, const tool_rules&) = default;
};
[[nodiscard]] nlohmann::json to_json(const tool_rules& value);
[[nodiscard]] tool_rules tool_rules_from_json(const nlohmann::json& document);

}  // namespace skein::schema
