// One question to a model and its answer or failure, whoever the provider is. Not a loop and not a
// budget: both are the caller's, who gets what they need to count.
#pragma once

#include "runtime/model/conversation.hpp"
#include "schema/error.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace skein::model {

/// Tokens. `input` is without what was read from or written to the provider's cache.
struct usage {
  std::uint64_t input = 0;
  std::uint64_t output = 0;
  std::uint64_t cache_read = 0;
  std::uint64_t cache_write = 0;
  bool reported = false;  ///< false: missing or absurd, and estimated from bytes instead

  [[nodiscard]] std::uint64_t total() const noexcept {
    return input + output + cache_read + cache_write;
  }
  friend bool operator==(const usage&, const usage&) = default;
};

enum class stop_reason {
  end,         ///< it had nothing more to say
  tool_calls,  ///< it waits for the replies
  length,      ///< cut at the limit of tokens
  refusal,     ///< the provider's filter or the model said no
  other,
};
/// The stable text (`"tool_calls"`).
[[nodiscard]] const char* to_string(stop_reason value) noexcept;

/// For the transcript. No header is in it, so no key; a key that the other end quotes is blotted.
struct exchange_record {
  std::string request;     ///< JSON
  std::string reply;       ///< as received: JSON or an event stream
  bool truncated = false;  ///< the reply was longer than is kept
};

enum class failure_kind {
  rate_limited,     ///< too many requests or tokens a minute
  overloaded,       ///< the provider cannot now; also any 5xx
  context_length,   ///< the conversation is longer than the model takes
  quota,            ///< the account's money or limit is used up
  authentication,   ///< no key, a wrong one, or not allowed
  invalid_request,  ///< refused for what it says; unknown model
  malformed,        ///< an answer that is not one
  interrupted,      ///< not reached, or the answer ended before its end
  too_large,        ///< the answer passed a limit of ours
  certificate,      ///< the other end did not prove who it is
  redirected,       ///< it pointed to another place, where we do not go
  timeout,
  cancelled,
  unavailable,  ///< the provider's circuit is open: not asked
  other,
};
/// The stable text (`"rate_limited"`).
[[nodiscard]] const char* to_string(failure_kind value) noexcept;
/// Whether the same question may be asked again soon.
[[nodiscard]] bool may_repeat(failure_kind value) noexcept;

struct failure {
  failure_kind kind = failure_kind::other;
  int status = 0;  ///< of HTTP; 0: there was none
  std::optional<std::chrono::milliseconds> retry_after;
  std::string provider;
  std::string model;
  std::string text;  ///< safe to show and store: bounded, printable, without the key
  usage spent;       ///< what is to be paid all the same; estimated
  double usd = 0;
  exchange_record record;
};
/// With the code that fits, for callers that need no more.
[[nodiscard]] error to_error(const failure& failed);

struct answer {
  std::string text;
  std::vector<tool_request> calls;
  stop_reason stop = stop_reason::other;
  usage used;
  double usd = 0;
  std::string model;     ///< that was asked, which may be a fallback
  std::string provider;  ///< its name in the settings
  nlohmann::json opaque;
  exchange_record record;
  std::vector<std::string> oddities;  ///< such as a repeated tool call id; for events
  std::vector<failure> failed;        ///< attempts before this one; they may have cost too
};
/// As the turn that goes into the conversation.
[[nodiscard]] turn to_turn(const answer& given);

using outcome = boost::system::result<answer, failure>;
/// Found by argument-dependent look-up when `value()` is called on a failed outcome.
[[noreturn]] void throw_exception_from_error(const failure& failed, const boost::source_location&);

struct spending {
  std::uint64_t tokens = 0;
  double usd = 0;
};
/// Everything an outcome cost, failed attempts and all.
[[nodiscard]] spending spent(const outcome& ended);

struct ask_settings {
  std::string model;  ///< empty: the provider's first
  std::uint32_t max_output_tokens = 8192;
  std::uint32_t max_calls = 64;                      ///< tool calls in one answer; more: too_large
  std::uint64_t max_argument_bytes = 1U << 20;       ///< of one call; more: that call is malformed
  std::uint64_t max_reply_bytes = 16U << 20;         ///< of the whole answer; more: too_large
  std::uint64_t max_recorded_bytes = 4U << 20;       ///< of the reply, in the record
  std::chrono::milliseconds idle_timeout{120'000};   ///< without a byte
  std::chrono::milliseconds total_timeout{600'000};  ///< retries and fallbacks included
};

class pending {
 public:
  virtual ~pending() = default;
  /// Any thread. The callback gets `cancelled` at once, unless it was called already.
  virtual void cancel() = 0;
};

/// Any thread may call it. Implementations: wire_provider (one provider over HTTP), model_client
/// (retries and fallbacks over several), script_provider (answers told beforehand).
class provider {
 public:
  using done_fn = std::function<void(outcome)>;

  virtual ~provider() = default;
  /// Not blocking. `done` is called exactly once, on a thread of the provider's, possibly before
  /// this returns; it must not block. Dropping the pending changes nothing.
  virtual std::shared_ptr<pending> ask(const conversation& said, const ask_settings& settings,
                                       done_fn done) = 0;

  /// What asking may cost at most, to be reserved before it is asked: the input estimated
  /// generously, every output token used, at the price of the costliest route.
  [[nodiscard]] virtual spending worst_case(const conversation& said,
                                            const ask_settings& settings) const = 0;
};

}  // namespace skein::model
