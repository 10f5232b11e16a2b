// The three formats in which providers are spoken to: what a conversation becomes, and how an
// answer is read from a stream or a whole reply. Pure: nothing here sends anything.
#pragma once

#include "runtime/model/provider.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace skein::model {

enum class wire {
  anthropic,         ///< Anthropic Messages
  openai_responses,  ///< OpenAI Responses
  openai_chat,       ///< OpenAI Chat Completions, and what is compatible with it
};
/// As in settings (`"openai-chat"`).
[[nodiscard]] const char* to_string(wire value) noexcept;
[[nodiscard]] std::optional<wire> parse_wire(std::string_view text) noexcept;

/// What differs between providers and models of one wire.
struct wire_traits {
  std::string provider;                ///< whose opaque turns are sent back
  bool encrypted_reasoning = false;    ///< Responses: ask for reasoning that can be sent back
  bool max_completion_tokens = false;  ///< Chat: the newer name of the limit
};

/// The text of a streaming request, JSON on one line. Frames every untrusted span.
[[nodiscard]] std::string anthropic_request(const conversation& said, const ask_settings& settings,
                                            const wire_traits& traits);
[[nodiscard]] std::string openai_responses_request(const conversation& said,
                                                   const ask_settings& settings,
                                                   const wire_traits& traits);
[[nodiscard]] std::string openai_chat_request(const conversation& said,
                                              const ask_settings& settings,
                                              const wire_traits& traits);
[[nodiscard]] std::string build_request(wire format, const conversation& said,
                                        const ask_settings& settings, const wire_traits& traits);

/// What a provider says it counted. A number that is no count is left out.
struct reported_usage {
  std::optional<std::uint64_t> input;  ///< without the cache
  std::optional<std::uint64_t> output;
  std::optional<std::uint64_t> cache_read;
  std::optional<std::uint64_t> cache_write;
};

/// Why reading an answer ended early.
struct wire_fault {
  failure_kind kind = failure_kind::malformed;
  std::string text;  ///< may quote the other end
};
using fault = std::optional<wire_fault>;

/// Reads one answer. After a fault it is not used again.
class answer_reader {
 public:
  virtual ~answer_reader() = default;
  /// One event of a stream.
  [[nodiscard]] virtual fault event(std::string_view name, std::string_view data) = 0;
  /// A reply that is no stream.
  [[nodiscard]] virtual fault whole(const nlohmann::json& body) = 0;
  /// Its end was seen; a stream that stops before it was cut off.
  [[nodiscard]] virtual bool finished() const = 0;
  /// Nothing that matters can follow.
  [[nodiscard]] virtual bool closed() const = 0;
  [[nodiscard]] virtual const reported_usage& counted() const = 0;
  /// Of text, arguments and thinking.
  [[nodiscard]] virtual std::uint64_t content_bytes() const = 0;
  /// Text, calls, stop, opaque and oddities. Once, when finished.
  [[nodiscard]] virtual answer take() = 0;
};
[[nodiscard]] std::unique_ptr<answer_reader> anthropic_reader(const ask_settings& settings);
[[nodiscard]] std::unique_ptr<answer_reader> openai_responses_reader(const ask_settings& settings);
[[nodiscard]] std::unique_ptr<answer_reader> openai_chat_reader(const ask_settings& settings);
[[nodiscard]] std::unique_ptr<answer_reader> make_reader(wire format, const ask_settings& settings);

/// From `https://host` (Anthropic) or `https://host/v1` (OpenAI), as their own programs take it.
[[nodiscard]] std::string endpoint(wire format, std::string_view base_url);

}  // namespace skein::model
