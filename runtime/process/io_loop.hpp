// One thread that waits for everything outside: child exits, pipes, sockets, timers. Its size does
// not grow with the number of runs.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace skein::process {

/// The way to a loop for who may outlive it, such as another library's thread. Any thread, any
/// time.
class loop_door {
 public:
  explicit loop_door(boost::asio::io_context& context) : context_(&context) {}

  /// Runs `work` on the loop's thread; once the loop has ended, drops it here. So `work` holds no
  /// last reference to anything that lives on the loop.
  template <class Work>
  void post(Work work) {
    const std::lock_guard held(guard_);
    if (context_ != nullptr) boost::asio::post(*context_, std::move(work));
  }

 private:
  friend class io_loop;
  void close();

  std::mutex guard_;
  boost::asio::io_context* context_;
};

/// Callbacks given to anything built on a loop run on the loop's thread and must not block.
class io_loop {
 public:
  io_loop();
  /// Stops and joins; pending callbacks are dropped.
  ~io_loop();
  io_loop(const io_loop&) = delete;
  io_loop& operator=(const io_loop&) = delete;

  [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }
  [[nodiscard]] const std::shared_ptr<loop_door>& door() const noexcept { return door_; }

 private:
  boost::asio::io_context context_{1};
  std::shared_ptr<loop_door> door_ = std::make_shared<loop_door>(context_);
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace skein::process
