#include "runtime/process/io_loop.hpp"

#include <csignal>

namespace skein::process {

void loop_door::close() {
  const std::lock_guard held(guard_);
  context_ = nullptr;
}

io_loop::io_loop() : work_(boost::asio::make_work_guard(context_)) {
  // Signals belong to the main thread: this one starts with all of them blocked.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { context_.run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

io_loop::~io_loop() {
  context_.stop();
  thread_.join();
  door_->close();
}

}  // namespace skein::process
