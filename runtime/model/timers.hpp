// The clock, the waiting and the dice of model_client, so that tests need none of them.
#pragma once

#include "runtime/http/client.hpp"
#include "runtime/model/provider.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace skein::model {

class timers {
 public:
  using clock = std::chrono::steady_clock;

  virtual ~timers() = default;
  [[nodiscard]] virtual clock::time_point now() = 0;
  /// Any thread. Everything given to one of these runs on one thread, in the order of its time. A
  /// function that will not run any more is destroyed.
  virtual std::shared_ptr<pending> after(std::chrono::milliseconds delay,
                                         std::function<void()> then) = 0;
  /// From 0 to 1, evenly.
  [[nodiscard]] virtual double random() = 0;
};

/// On the client's thread. The client must outlive what is asked with it.
[[nodiscard]] std::shared_ptr<timers> http_timers(std::shared_ptr<http::client> sender);

}  // namespace skein::model
