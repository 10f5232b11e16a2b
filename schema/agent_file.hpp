// A file of `config/agents/` (kind: Agent): how an external coding agent is found, started and given
// its model. What it says about its work is never believed; the workspace is its result.
#pragma once

#include "schema/tool.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>

namespace skein::schema {

struct agent_file {
  std::string name;
  std::string description;
  std::string check;    ///< a command line that succeeds when the agent is installed
  std::string command;  ///< reads the task from SKEIN_PROMPT_FILE
  std::string wire;     ///< anthropic | openai-responses | openai-chat: what it speaks to its model
  std::string provider;  ///< of skein.yaml; empty: the first with a key that speaks this wire
  std::string model;     ///< empty: the provider's first
  /// Added to the cell's; values may hold `{{base}}` (the model's address), `{{token}}`, `{{model}}`
  /// and `{{home}}`.
  std::map<std::string, std::string> environment;
  /// Written below the home folder before the command runs: path → content, with the same marks.
  std::map<std::string, std::string> files;
  capability_manifest manifest;
  friend bool operator==(const agent_file&, const agent_file&) = default;
};

[[nodiscard]] nlohmann::json to_json(const agent_file& value);
[[nodiscard]] agent_file agent_from_json(const nlohmann::json& document);

}  // namespace skein::schema
