#include "runtime/agent/spending.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace skein::agent {
namespace {

/// An answer shorter than this cannot even call a tool.
constexpr std::uint32_t shortest_answer = 256;

std::string dollars(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4f", value);
  return text.data();
}

}  // namespace

schema::usage spending::used() const {
  auto total = used_;
  if (reserved_) {
    total.tokens_in += reserved_->tokens;
    total.usd += reserved_->usd;
  }
  return total;
}

result<std::uint32_t> spending::reserve(std::uint32_t wanted, const worst_case_fn& worst_case) {
  const auto spent = used_.tokens_in + used_.tokens_out;
  const auto tokens_left = spent < allowed_.tokens ? allowed_.tokens - spent : 0;
  const double usd_left = allowed_.usd - used_.usd;
  const auto remedy = "raise the budget or make the task smaller";
  for (auto room = wanted;; room = std::max(room / 2, shortest_answer)) {
    const auto worst = worst_case(room);
    if (worst.tokens <= tokens_left && worst.usd <= usd_left) {
      reserved_ = worst;
      return room;
    }
    if (room > shortest_answer) continue;
    if (worst.tokens > tokens_left)
      return error{errc::refused,
                   "the budget of " + std::to_string(allowed_.tokens) + " tokens is used up: " +
                       std::to_string(tokens_left) + " are left, the next call of the model needs up to " +
                       std::to_string(worst.tokens),
                   remedy};
    return error{errc::refused,
                 "the budget of " + dollars(allowed_.usd) + " USD is used up: " +
                     dollars(std::max(usd_left, 0.0)) + " are left, the next call of the model costs up to " +
                     dollars(worst.usd),
                 remedy};
  }
}

void spending::settle(const model::spending& spent, std::uint64_t tokens_out) {
  reserved_.reset();
  tokens_out = std::min(tokens_out, spent.tokens);
  used_.tokens_in += spent.tokens - tokens_out;
  used_.tokens_out += tokens_out;
  if (std::isfinite(spent.usd) && spent.usd > 0) used_.usd += spent.usd;
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
