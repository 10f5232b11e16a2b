// Looks through what tools tell a model, without running anything: hidden instructions, hidden
// characters, parameters that carry data away, references to other tools, tricks of schemas. The
// rules are data (kind: ToolRules); what they cannot say stands in code.
#pragma once

#include "runtime/tools/descriptor_file.hpp"
#include "schema/error.hpp"
#include "schema/tool.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace skein::tools {

struct tool_finding {
  std::string rule;
  std::string description;  ///< of the rule
  std::string tool;
  std::string pointer;  ///< what it is about: "inputSchema/properties/path/description"
  std::string what;     ///< one line
  schema::source_place at;
  std::string fingerprint;  ///< SHA-256 over rule, tool, pointer and the text found
  friend bool operator==(const tool_finding&, const tool_finding&) = default;
};

class screen {
 public:
  /// `invalid` names the rule and pattern that does not compile, or the example that does not come
  /// out as promised.
  [[nodiscard]] static result<screen> compile(schema::tool_rules rules);
  /// Blocking. From a file of kind ToolRules.
  [[nodiscard]] static result<screen> load(const std::filesystem::path& file);

  /// What is wrong with these tools, which a model would be offered together; `known` are the names
  /// of further tools. At most 1000 findings, by place. Time and memory are linear in the text.
  [[nodiscard]] std::vector<tool_finding> look(const std::vector<told_tool>& tools,
                                               const std::vector<std::string>& known) const;

 private:
  struct parts;
  std::shared_ptr<const parts> parts_;
};

}  // namespace skein::tools
