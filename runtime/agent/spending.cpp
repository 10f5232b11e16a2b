#include "runtime/agent/spending.hpp"

#include <algorithm>
#include <cmath>

namespace skein::agent {
namespace {

/// An answer shorter than this cannot even call a tool.
constexpr std::uint64_t shortest_answer = 256;

/// Providers count reasoning and cached input in ways of their own; beyond this they are wrong.
constexpr std::uint64_t most_believed_factor = 8;

}  // namespace

schema::usage spending::used() const {
  auto total = used_;
  if (reserved_) {
    total.tokens_in += reserved_->tokens_in;
    total.tokens_out += reserved_->tokens_out;
    total.usd += reserved_->usd;
  }
  return total;
}

std::optional<std::string> spending::reserve(std::uint64_t tokens_in, std::uint64_t wanted_out,
                                             const cost_fn& cost) {
  const auto spent = used_.tokens_in + used_.tokens_out;
  const auto tokens_left = spent < allowed_.tokens ? allowed_.tokens - spent : 0;
  if (tokens_left < tokens_in + shortest_answer)
    return "the budget of " + std::to_string(allowed_.tokens) + " tokens is used up: " +
           std::to_string(tokens_left) + " are left, the next call of the model needs about " +
           std::to_string(tokens_in + shortest_answer);
  reservation wanted{tokens_in, std::min(wanted_out, tokens_left - tokens_in), 0};
  const double usd_left = allowed_.usd - used_.usd;
  wanted.usd = cost(wanted.tokens_in, wanted.tokens_out);
  while (wanted.usd > usd_left && wanted.tokens_out > shortest_answer) {
    wanted.tokens_out = std::max(wanted.tokens_out / 2, shortest_answer);
    wanted.usd = cost(wanted.tokens_in, wanted.tokens_out);
  }
  if (wanted.usd > usd_left)
    return "the budget of " + std::to_string(allowed_.usd) + " USD is used up: " +
           std::to_string(std::max(usd_left, 0.0)) + " are left, the next call of the model costs about " +
           std::to_string(wanted.usd);
  reserved_ = wanted;
  return std::nullopt;
}

void spending::settle(std::uint64_t tokens_in, std::uint64_t tokens_out, double usd) {
  const auto held = reserved_.value_or(reservation{});
  reserved_.reset();
  const auto believed = [](std::uint64_t said, std::uint64_t expected) {
    return said > most_believed_factor * expected + 100'000 ? expected : said;
  };
  used_.tokens_in += believed(tokens_in, held.tokens_in);
  used_.tokens_out += believed(tokens_out, held.tokens_out);
  used_.usd += std::isfinite(usd) && usd >= 0 ? usd : held.usd;
}

void spending::settle_failed(bool reached_provider) {
  if (reached_provider && reserved_) used_.tokens_in += reserved_->tokens_in;
  reserved_.reset();
}

std::optional<std::string> spending::no_tool_call() const {
  if (used_.tool_calls < allowed_.tool_calls) return std::nullopt;
  return "all " + std::to_string(allowed_.tool_calls) + " tool calls of the budget are used up";
}

void spending::tool_called(std::uint64_t output_bytes, std::uint64_t file_bytes,
                           std::int64_t cpu_ms) {
  ++used_.tool_calls;
  used_.shell_output_bytes += output_bytes;
  used_.file_read_bytes += file_bytes;
  used_.cpu_ms += cpu_ms;
}

std::uint64_t spending::output_left() const {
  return allowed_.shell_output_bytes - std::min(allowed_.shell_output_bytes, used_.shell_output_bytes);
}

std::uint64_t spending::read_left() const {
  return allowed_.file_read_bytes - std::min(allowed_.file_read_bytes, used_.file_read_bytes);
}

}  // namespace skein::agent
