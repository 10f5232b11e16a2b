// Asks until somebody answers: retries with growing, jittered waits, falls back through an ordered
// list of models, leaves out a provider that is down, and keeps to one deadline for all of it.
//
//   route 1: ask ─ fails ─ wait ─ ask ─ fails ─┐
//   route 2:                                   └─ ask ─ answered ──▶ done
#pragma once

#include "runtime/model/breaker.hpp"
#include "runtime/model/provider.hpp"
#include "runtime/model/timers.hpp"

#include <memory>
#include <string>
#include <vector>

namespace skein::model {

struct retry_settings {
  std::uint32_t attempts = 5;       ///< of one route, while it is busy
  std::uint32_t paid_attempts = 2;  ///< of one route, after failures that cost: cut off, malformed
  std::chrono::milliseconds base{500};
  std::chrono::milliseconds most{30'000};              ///< of one wait
  std::chrono::milliseconds most_retry_after{60'000};  ///< told to wait longer: the next route
};

struct route {
  std::shared_ptr<provider> asked;
  std::string model;              ///< empty: what the settings say
  std::shared_ptr<breaker> down;  ///< one per provider, shared by every client; may be null
};

class model_client final : public provider {
 public:
  /// `routes` in the order of preference; at least one.
  model_client(std::vector<route> routes, std::shared_ptr<timers> time, retry_settings retry = {});

  /// `settings.model` is for the routes without one. An answer carries the failures before it; a
  /// failure carries what all attempts cost. `context_length`, `too_large` and `cancelled` end it
  /// at once; every other failure that is not repeated goes to the next route.
  std::shared_ptr<pending> ask(const conversation& said, const ask_settings& settings,
                               done_fn done) override;
  /// Of the costliest route, one attempt.
  [[nodiscard]] spending worst_case(const conversation& said,
                                    const ask_settings& settings) const override;

 private:
  std::vector<route> routes_;
  std::shared_ptr<timers> time_;
  retry_settings retry_;
};

}  // namespace skein::model
