// Whether a provider is worth asking at all: after several failures in a row that say it is down,
// nobody asks for a while; then one question finds out. Shared by all runs.
//
//   closed ── failures in a row ──▶ open ── its time passes ──▶ one question ─┬─ answered ─▶ closed
//                                    ▲                                        └─ failed ──▶ open
#pragma once

#include "runtime/model/provider.hpp"

#include <atomic>
#include <chrono>

namespace skein::model {

struct breaker_settings {
  std::uint32_t failures = 5;
  std::chrono::milliseconds open{30'000};
};

/// Any thread.
class breaker {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit breaker(breaker_settings settings = {}) : settings_(settings) {}

  /// False: not now. True must be followed by succeeded() or failed().
  [[nodiscard]] bool admit(time_point now);
  void succeeded();
  /// Only a kind that says the provider is down counts; any other closes it, for it did answer, but
  /// for `cancelled`, which says nothing.
  void failed(failure_kind kind, time_point now);

 private:
  breaker_settings settings_;
  std::atomic<std::uint32_t> in_a_row_{0};
  std::atomic<time_point::rep> open_until_{0};
};

}  // namespace skein::model
