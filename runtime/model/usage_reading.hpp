// How many tokens an exchange used: what the provider reports, unless that is missing or cannot be
// true; then an estimate from the bytes that passed. Never nothing.
#pragma once

#include "runtime/model/wire.hpp"

namespace skein::model {

/// Takes what stands in `message`: an event of a stream, or a whole reply.
void read_usage(wire format, const nlohmann::json& message, reported_usage& into);

/// What is known of an exchange beside the report.
struct passed_bytes {
  std::uint64_t request = 0;
  std::uint64_t content = 0;  ///< of the reply, without its packaging
  std::uint64_t max_output_tokens = 0;
};
/// `why` says what was wrong with the report; may be null.
[[nodiscard]] usage judge_usage(const reported_usage& reported, const passed_bytes& passed,
                                std::string* why = nullptr);

/// Generous: English text has about four bytes a token, code three.
[[nodiscard]] std::uint64_t estimated_tokens(std::uint64_t bytes) noexcept;

}  // namespace skein::model
