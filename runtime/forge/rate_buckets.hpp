// How often one forge may be asked, so that its limits are never passed: exact sliding windows (a
// bucket that refills would let twice the limit through in one window), a least distance between
// writes, and what the server's own headers say. Pure: the caller gives the clock and waits.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace skein::forge {

enum class request_kind { read, write, content };  ///< content: makes something people are told of

struct rate_window {
  std::int64_t length_ms = 0;
  std::uint32_t limit = 0;
};

struct rate_limits {
  std::vector<rate_window> content = {{60'000, 80}, {3'600'000, 500}};
  std::vector<rate_window> points = {{60'000, 900}};  ///< a read costs 1, others 5
  std::vector<rate_window> requests = {{3'600'000, 5000}};
  std::int64_t write_distance_ms = 1000;
  std::int64_t margin_ms = 2000;  ///< windows are taken longer by this: requests travel unevenly
};

/// What a reply said, in milliseconds from now. See limits_of() in github_replies.hpp.
struct server_limits {
  std::optional<std::uint64_t> remaining;
  std::int64_t reset_in_ms = 0;
  std::int64_t wait_ms = 0;  ///< Retry-After or a secondary limit: nothing at all before; 0: none
};

class rate_buckets {
 public:
  explicit rate_buckets(rate_limits limits = {});

  /// The earliest time at which such a request may leave, `now_ms` when at once. Counts nothing.
  [[nodiscard]] std::int64_t when(request_kind kind, std::int64_t now_ms);
  /// Counts the request if it may leave now and answers true; else counts nothing: wait for when().
  [[nodiscard]] bool take(request_kind kind, std::int64_t now_ms);
  /// Honours what a reply said.
  void observe(const server_limits& said, std::int64_t now_ms);

  /// The times of counted requests that still matter, oldest first: to be kept over a restart.
  struct past_request {
    std::int64_t at_ms = 0;
    request_kind kind = request_kind::read;
  };
  [[nodiscard]] std::vector<past_request> past() const;
  void restore(const std::vector<past_request>& known);
  /// `who` hears of every request that is counted from now on, but not of restored ones.
  void tell(std::function<void(const past_request&)> who) { heard_by_ = std::move(who); }

 private:
  struct counter {
    rate_window window;
    std::deque<std::pair<std::int64_t, std::uint32_t>>
        taken;  ///< (time, cost), never more than limit
    std::uint32_t cost = 0;
  };
  struct counters {
    std::vector<counter> each;
  };
  /// Clocks that go back: what was counted later than now counts as counted now.
  void settle(std::int64_t now_ms);
  void drop_old(std::int64_t now_ms);
  void count(request_kind kind, std::int64_t at_ms);
  [[nodiscard]] static std::int64_t free_at(const counter& which, std::uint32_t cost,
                                            std::int64_t now_ms);

  rate_limits limits_;
  counters content_;
  counters points_;
  counters requests_;
  std::deque<past_request> past_;
  std::function<void(const past_request&)> heard_by_;
  std::int64_t latest_ms_ = INT64_MIN;
  std::int64_t last_write_ms_ = INT64_MIN;
  std::int64_t closed_until_ms_ = INT64_MIN;
};

}  // namespace skein::forge
