// The client's thread: takes requests, cancels and timers from a queue, and turns libcurl's crank.
//
//   start, cancel, after ──▶ queue ──▶ thread: commands, timers, curl_multi_perform, finished ─┐
//   (any thread)                          ▲                                                    │
//                                         └────────────── curl_multi_poll ◀────────────────────┘
#pragma once

#include "runtime/http/transfer.hpp"

#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace skein::http {

class engine : public std::enable_shared_from_this<engine> {
 public:
  engine();
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  /// Any thread.
  std::uint64_t begin(request wanted, listener heard);
  std::uint64_t begin_timer(std::chrono::milliseconds delay, std::function<void()> then);
  void post(std::function<void()> command);
  void stop();

  /// The engine's thread.
  void cancel(std::uint64_t number);
  void pause(std::uint64_t number);
  void resume(std::uint64_t number);

 private:
  using clock = transfer::clock;
  struct timer {
    std::uint64_t number = 0;    ///< of the transfer whose quiet time this is, or its own
    std::function<void()> then;  ///< empty: a transfer's
  };

  void run();
  void run_commands();
  void run_timers();
  void collect();
  [[nodiscard]] int until_next_timer() const;
  void add(std::uint64_t number, request wanted, listener heard);
  void remove(std::uint64_t number, const std::function<void(transfer&)>& last);

  std::mutex guard_;  ///< of the next three
  std::vector<std::function<void()>> commands_;
  std::uint64_t next_ = 1;
  bool open_ = true;

  CURLM* multi_ = nullptr;
  std::unordered_map<std::uint64_t, std::unique_ptr<transfer>> transfers_;
  std::multimap<clock::time_point, timer> timers_;
  bool stopping_ = false;
  std::shared_ptr<engine> last_owner_;  ///< the thread itself, once nobody else is
  std::thread thread_;
};

}  // namespace skein::http
