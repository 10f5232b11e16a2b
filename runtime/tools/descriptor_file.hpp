// Files that describe tools → what they say, with places: descriptors of ours (kind: Tool) and what
// an MCP server offers (the answer to tools/list). Approves nothing.
#pragma once

#include "schema/document.hpp"
#include "schema/error.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace skein::tools {

using place_map = std::map<std::string, schema::source_place>;

/// One tool as a model would get to know it.
struct told_tool {
  std::string name;
  nlohmann::json told;   ///< {name, description, inputSchema, …}: everything the model may see
  std::string host;      ///< of its server's address, which it may name; may be empty
  bool foreign = false;  ///< what it says comes from a server
  std::string prefix;    ///< of the pointers in `places` that lead to `told`
  std::string name_at;   ///< pointer of the name
  place_map places;
};

/// The place of what `pointer` leads to in `told`, or of the nearest thing around it.
[[nodiscard]] schema::source_place place_of(const told_tool& tool, std::string pointer);

[[nodiscard]] told_tool told_by(const schema::tool_descriptor& descriptor);

struct told_file {
  std::vector<told_tool> tools;
  std::vector<schema::tool_descriptor> descriptors;  ///< those of kind Tool
  std::vector<schema::diagnostic> problems;          ///< then there is nothing else
};

/// More bytes than this describe no tools.
inline constexpr std::size_t most_descriptor_bytes = 4U << 20;

/// Reads documents of kind Tool, or one of: `{tools: […]}`, a JSON-RPC answer with it as `result`,
/// a list of tools, one tool. `file` is for messages. Bounded whatever the text; never throws.
[[nodiscard]] told_file read_descriptors(std::string_view text, const std::string& file);

}  // namespace skein::tools
