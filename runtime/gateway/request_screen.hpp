// What an agent may ask of a provider: a request for text and tool calls, and nothing that makes
// the provider itself fetch, run or remember. Pure.
#pragma once

#include "runtime/gateway/gateway.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace skein::gateway {

struct screened {
  std::string model;
  std::string body;  ///< written anew: what was read is what is sent
  bool streaming = false;
  std::uint64_t output_tokens = 0;  ///< at most
};

struct refusal {
  outcome why = outcome::malformed;
  std::string detail;  ///< told to the agent
};

/// `stripped` names the hosted tools that were taken out; the agent is not told.
[[nodiscard]] boost::system::result<screened, refusal> screen_request(
    model::wire format, std::string_view body, const std::vector<std::string>& models,
    std::uint32_t most_output_tokens, std::vector<std::string>* stripped = nullptr);

/// Found by argument-dependent look-up when `value()` is called on a failed result.
[[noreturn]] void throw_exception_from_error(const refusal& failed, const boost::source_location&);

}  // namespace skein::gateway
