// The approved tools. A tool is usable only while its descriptor has the SHA-256 that a person
// approved, holds nothing that the rules find, and its server still offers what was approved. There
// is no discovery: what is not described here does not exist. Decides nothing about a call but
// whether its tool and arguments are what they should be; policy comes after.
#pragma once

#include "runtime/tools/argument_schema.hpp"
#include "runtime/tools/screen.hpp"
#include "schema/tool.hpp"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::tools {

struct registered_tool {
  schema::tool_descriptor descriptor;
  std::string sha256;                     ///< of the descriptor as it is now
  std::string disabled;                   ///< why it cannot be used; empty: it can
  std::vector<tool_finding> findings;     ///< of the rules
  std::optional<argument_schema> schema;  ///< absent only when disabled
};

/// What a server's list said about one tool.
struct observed_tool {
  enum class change { unchanged, changed, vanished, unknown };
  std::string server;
  std::string tool;  ///< the name at the server
  change what = change::unchanged;
  std::string detail;    ///< one line, for an event
  std::string disabled;  ///< the registered tool that this disabled; empty: none
};
[[nodiscard]] std::string_view to_string(observed_tool::change value) noexcept;

class registry {
 public:
  /// Blocking. Every *.yaml of the folders: tools, approvals, and in the first folder the rules.
  /// `invalid` has a line `file:line:col: …` for each thing that is wrong in a file: a tool without
  /// a complete manifest does not load. A folder that is not there is empty, except for the first.
  [[nodiscard]] static result<registry> load(const std::vector<std::filesystem::path>& folders);

  /// As load() for what was read before.
  [[nodiscard]] static result<registry> make(std::vector<schema::tool_descriptor> descriptors,
                                             const std::vector<schema::tool_approval>& approvals,
                                             screen rules);

  /// By name; also those that are disabled.
  [[nodiscard]] const std::map<std::string, registered_tool, std::less<>>& tools() const noexcept {
    return tools_;
  }

  /// `not_found` when no such tool is approved, `refused` with the reason when it is disabled.
  [[nodiscard]] result<const registered_tool*> usable(std::string_view name) const;

  /// C3: that the tool is usable and takes these arguments; else as usable(), or `invalid` with
  /// what is wrong with them.
  [[nodiscard]] result<> check_call(std::string_view name, const nlohmann::json& arguments) const;

  /// What a server says it is and offers (`{tools: […]}` or the list itself), at every connection
  /// and whenever it says that its list changed. A tool that differs from its descriptor in
  /// anything, that is offered twice or not at all, and every tool of a server of another version
  /// is disabled until the registry is loaded anew: a server that changes back is not trusted
  /// again. Unknown tools are told and stay unknown.
  std::vector<observed_tool> observe(const std::string& server, const std::string& version,
                                     const nlohmann::json& list);

  /// What a server offers cannot be known any more: disables all of its tools, with this reason.
  std::vector<observed_tool> distrust(const std::string& server, const std::string& why);

 private:
  void disable(registered_tool& tool, std::string why, observed_tool& told);

  std::map<std::string, registered_tool, std::less<>> tools_;
};

/// The SHA-256 over what a server offers a model as one tool: name, title, description, schemas and
/// annotations. What is for clients (_meta, icons, an execution that requires nothing) does not count;
/// any other key does.
[[nodiscard]] std::string digest_of_offer(const nlohmann::json& tool);

}  // namespace skein::tools
