// One thread that waits for everything outside: child exits, pipes, sockets, timers. Its size does
// not grow with the number of runs.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <thread>

namespace skein::process {

/// Callbacks given to anything built on a loop run on the loop's thread and must not block.
class io_loop {
 public:
  io_loop();
  /// Stops and joins; pending callbacks are dropped.
  ~io_loop();
  io_loop(const io_loop&) = delete;
  io_loop& operator=(const io_loop&) = delete;

  [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }

 private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace skein::process
