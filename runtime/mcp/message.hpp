// JSON-RPC 2.0 as MCP uses it: one message a text, no batches. What comes in is bounded and
// checked; which reply belongs to which request is for session to say.
#pragma once

#include "schema/error.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace skein::mcp {

inline constexpr std::size_t most_message_bytes = 8U << 20;
inline constexpr std::size_t most_message_values = 200'000;
inline constexpr std::size_t deepest_message = 64;

/// Codes of JSON-RPC that this client sends or expects.
inline constexpr std::int64_t method_not_found = -32601;

struct incoming {
  enum class kind { request, notification, answer, failure };
  kind what = kind::notification;
  nlohmann::json id;    ///< a request's: as the server wrote it. An answer's: null or ours
  std::string method;   ///< of a request or notification
  nlohmann::json body;  ///< params, result or error; an object, but for a result
  std::size_t bytes = 0;
};

/// `invalid` says why the text is no message: too large, too deep, not JSON, a batch, neither
/// request nor reply. Time and memory are linear in a bounded text; never throws.
[[nodiscard]] result<incoming> read_message(std::string_view text);

/// Texts without line breaks. `invalid` when there is broken UTF-8 or too much of it.
[[nodiscard]] result<std::string> request_text(std::int64_t id, const std::string& method,
                                               const nlohmann::json& params);
[[nodiscard]] result<std::string> notification_text(const std::string& method,
                                                    const nlohmann::json& params);
[[nodiscard]] result<std::string> answer_text(const nlohmann::json& id,
                                              const nlohmann::json& answer);
[[nodiscard]] result<std::string> failure_text(const nlohmann::json& id, std::int64_t code,
                                               const std::string& message);

}  // namespace skein::mcp
