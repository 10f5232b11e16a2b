// What is said to a model, in typed fields: what the platform says, the task, and what only is to
// be read never meet in one string before a provider's request is built. Not the loop, and no
// provider's format.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace skein::model {

/// Text that is data, whatever it says: a file, a tool's output, a comment, a verifier's lines.
struct untrusted_span {
  std::string origin;  ///< where it came from: `file`, `tool`, `verifier`, `review`
  std::string label;   ///< which one: a path, a tool's name
  std::string sha256;  ///< of the text, before anything was cut or redacted; for records
  std::string text;
};
/// With the hash of `text`.
[[nodiscard]] untrusted_span untrusted(std::string origin, std::string label, std::string text);

struct tool_definition {
  std::string name;
  std::string description;
  nlohmann::json schema;  ///< JSON Schema of the arguments, an object's
};

/// What a model asks for. Nothing here has been checked against the tool's schema.
struct tool_request {
  std::string id;  ///< unique within its answer; made here when the provider's was not
  std::string name;
  nlohmann::json arguments = nlohmann::json::object();  ///< an object; empty when malformed
  std::string malformed;  ///< why the arguments could not be read; the call is answered with it
};

struct tool_reply {
  std::string id;  ///< of the request
  std::string name;
  bool failed = false;
  untrusted_span content;
};

enum class turn_kind {
  assistant,  ///< `text`, `calls`, `opaque` of an answer
  tools,      ///< `replies` to every call of the assistant's turn before it
  platform,   ///< `text` by the platform, such as a repair request, then `spans`
};

struct turn {
  turn_kind kind = turn_kind::platform;
  std::string text;
  std::vector<tool_request> calls;
  std::vector<tool_reply> replies;
  std::vector<untrusted_span> spans;
  /// What the provider wants to see again, such as signed thinking. Passed back as it came, and to
  /// nobody but the provider that said it.
  nlohmann::json opaque;
};

struct conversation {
  std::string system;                   ///< the platform's
  std::string task;                     ///< trusted: from the frozen contract
  std::vector<untrusted_span> context;  ///< after the task, each framed by itself
  std::vector<turn> turns;
  std::vector<tool_definition> tools;
};

/// The one form in which a span enters a request: between two marks that carry the hash of the
/// framed text, which therefore cannot close its own frame. Origin and label are cut and escaped.
[[nodiscard]] std::string framed(const untrusted_span& span);

/// What every request tells the model about frames, beside the system text.
[[nodiscard]] std::string_view framing_notice() noexcept;

}  // namespace skein::model
