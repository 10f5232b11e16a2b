// What a server answers about tools, read from its replies. Says what was claimed; whether a tool
// is approved is for runtime/tools.
#pragma once

#include "runtime/mcp/message.hpp"
#include "runtime/tools/argument_schema.hpp"
#include "schema/error.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>

namespace skein::mcp {

/// The whole of what a server offers, as `tools::registry::observe` takes it. Untrusted, the
/// annotations most of all.
struct tool_list {
  nlohmann::json tools = nlohmann::json::array();  ///< as the server wrote them, in its order
  std::string server_version;
};

/// How a call ended when the server answered it.
struct tool_outcome {
  enum class end {
    answered,  ///< the tool did it
    failed,    ///< the tool says it could not (isError): for the model to read
    rejected   ///< the server refused the call (JSON-RPC error): a fault of ours or of the server
  };
  end how = end::answered;
  nlohmann::json content = nlohmann::json::array();  ///< blocks, each an object with a type
  std::optional<nlohmann::json> structured;          ///< checked against the output schema
  std::int64_t code = 0;                             ///< of a rejection
  std::string message;                               ///< of a rejection, one line, untrusted
};

struct list_limits {
  std::size_t pages = 64;
  std::size_t tools = 1000;
  std::size_t bytes = 16U << 20;
};

/// Gathers the pages of one list.
class tool_pages {
 public:
  explicit tool_pages(list_limits limits) : limits_(limits) {}

  /// Takes the next page. The cursor to ask for next, empty at the end; `unavailable` when the
  /// answer is no page, too much, or leads in a circle.
  [[nodiscard]] result<std::string> add(const incoming& page);
  [[nodiscard]] nlohmann::json take() { return std::move(tools_); }

 private:
  list_limits limits_;
  nlohmann::json tools_ = nlohmann::json::array();
  std::set<std::string> cursors_;
  std::size_t pages_ = 0;
  std::size_t bytes_ = 0;
};

/// The output schemas that a list promises, by the tool's name, as the server wrote them.
using output_schemas = std::map<std::string, nlohmann::json, std::less<>>;
[[nodiscard]] output_schemas output_schemas_of(const nlohmann::json& tools);

/// Reads the reply to tools/call. `corrupt` when it is no tool result, or when its structured
/// content is not what `output` promises.
[[nodiscard]] result<tool_outcome> read_outcome(incoming reply,
                                                const tools::argument_schema* output);

}  // namespace skein::mcp
