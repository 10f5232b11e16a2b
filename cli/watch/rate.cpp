#include "cli/watch/rate.hpp"

namespace skein::cli {

namespace {

constexpr std::int64_t window_ms = 60'000;
constexpr std::int64_t spacing_ms = 1000;

}  // namespace

void rate_meter::add(std::int64_t now_ms, std::uint32_t done) {
  // The newest sample moves until it is a second away from the one before it.
  if (samples_.size() >= 2 && now_ms - samples_[samples_.size() - 2].at_ms < spacing_ms) {
    samples_.back() = {now_ms, done};
  } else {
    samples_.push_back({now_ms, done});
  }
  while (samples_.size() > 2 && now_ms - samples_[1].at_ms >= window_ms) samples_.pop_front();
}

std::optional<double> rate_meter::per_minute() const {
  if (samples_.size() < 2) return std::nullopt;
  const auto ms = samples_.back().at_ms - samples_.front().at_ms;
  const auto done = samples_.back().done - samples_.front().done;
  if (ms <= 0 || done == 0) return std::nullopt;
  return done * 60'000.0 / static_cast<double>(ms);
}

std::optional<std::int64_t> rate_meter::time_for(std::uint32_t left) const {
  const auto rate = per_minute();
  if (!rate) return std::nullopt;
  return static_cast<std::int64_t>(left / *rate * 60'000);
}

}  // namespace skein::cli
