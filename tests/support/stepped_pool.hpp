// A pool that works only while a test waits for it: the deterministic coordinator does not bear
// messages from another thread while it runs.
#pragma once

#include "runtime/process/blocking_pool.hpp"

#include <future>
#include <memory>
#include <utility>

namespace skein::test {

class stepped_pool {
 public:
  stepped_pool() { (void)close(); }
  ~stepped_pool() { open_.set_value(); }
  stepped_pool(const stepped_pool&) = delete;
  stepped_pool& operator=(const stepped_pool&) = delete;

  [[nodiscard]] process::blocking_pool& pool() { return pool_; }

  /// Does what was posted so far. Blocking.
  void work() {
    auto before = std::move(open_);
    const auto reached = close();
    before.set_value();
    reached.wait();
  }

 private:
  /// Posts a gate that holds up what comes behind it; the future is ready when it is reached.
  std::future<void> close() {
    open_ = {};
    auto reached = std::make_shared<std::promise<void>>();
    auto out = reached->get_future();
    pool_.post([reached, opened = open_.get_future().share()] {
      reached->set_value();
      opened.wait();
    });
    return out;
  }

  process::blocking_pool pool_{1};
  std::promise<void> open_;
};

}  // namespace skein::test
