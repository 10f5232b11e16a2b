// The shipped rules, and descriptors to try them on.
#pragma once

#include "runtime/tools/registry.hpp"
#include "runtime/tools/screen.hpp"
#include "schema/tool.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <set>
#include <string>

namespace skein::test {

inline std::filesystem::path shipped_tools() {
  return std::filesystem::path{SKEIN_TEST_SOURCE_DIR} / "../config/tools";
}

inline const tools::screen& shipped_screen() {
  static const auto loaded = tools::screen::load(shipped_tools() / "rules.yaml");
  if (!loaded) throw std::runtime_error(loaded.error().message);
  return *loaded;
}

/// What `skein scan tools` finds in a text, by rule.
inline std::set<std::string> rules_found(const std::string& text) {
  const auto read = tools::read_descriptors(text, "f");
  EXPECT_TRUE(read.problems.empty()) << schema::to_string(read.problems.front());
  std::set<std::string> out;
  const std::vector<std::string> ours{"read_file", "write_file",  "list_files",
                                      "search",    "apply_patch", "run_shell"};
  for (const auto& each : shipped_screen().look(read.tools, ours)) out.insert(each.rule);
  return out;
}

/// A complete descriptor of an MCP tool, to be changed by tests.
inline nlohmann::json mcp_tool(const std::string& name = "lookup") {
  return {{"apiVersion", "skein/v1"},
          {"kind", "Tool"},
          {"metadata", {{"name", name}, {"version", "1.0.0"}}},
          {"spec",
           {{"origin",
             {{"kind", "mcp"},
              {"server", "words"},
              {"version", "2.1.0"},
              {"command", {"npx", "-y", "words-server@2.1.0"}}}},
            {"description", "Looks words up in a dictionary server."},
            {"model",
             {{"description", "Looks a word up."},
              {"inputSchema",
               {{"type", "object"},
                {"required", {"word"}},
                {"properties", {{"word", {{"type", "string"}, {"maxLength", 40}}}}},
                {"additionalProperties", false}}}}},
            {"manifest",
             {{"newAsset", "none: it reads nothing of ours"},
              {"newSideEffect", "none: the server only answers"},
              {"dataLeaving", "the word goes to the server"},
              {"silentFailure", "a wrong answer; it is framed as data"},
              {"preventingGate", "policy and input schema"},
              {"provingLog", "event tool_call"}}}}}};
}

inline schema::tool_descriptor as_descriptor(const nlohmann::json& document) {
  return schema::tool_from_json(document);
}

inline schema::tool_approval approval_of(const schema::tool_descriptor& tool) {
  return {tool.name, tool.version, schema::digest_of(tool), "ann", "", {}};
}

}  // namespace skein::test
