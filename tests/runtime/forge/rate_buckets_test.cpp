// The forge's limits are never passed, whatever asks and however the clock behaves.
#include "runtime/forge/rate_buckets.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>

namespace skein::forge {
namespace {

constexpr std::int64_t hour_ms = 3'600'000;

/// As a server would count: the most in any window of this length.
std::size_t most_within(const std::vector<std::int64_t>& times, std::int64_t length_ms) {
  std::size_t most = 0;
  std::size_t from = 0;
  for (std::size_t to = 0; to < times.size(); ++to) {
    while (times[from] + length_ms <= times[to]) ++from;
    most = std::max(most, to - from + 1);
  }
  return most;
}

TEST(rate_buckets, a_night_of_publishing_has_no_violation) {
  rate_buckets buckets;
  std::mt19937 random(5);
  std::vector<std::int64_t> left;
  std::vector<std::int64_t> arrived;
  std::int64_t now = 1'000'000;
  const std::int64_t end = now + 10 * hour_ms;
  while (now < end) {
    const std::int64_t at = buckets.when(request_kind::content, now);
    ASSERT_GE(at, now);
    if (at == now) {
      ASSERT_TRUE(buckets.take(request_kind::content, now));
      left.push_back(now);
      arrived.push_back(now + static_cast<std::int64_t>(random() % 1500));
    } else {
      EXPECT_FALSE(buckets.take(request_kind::content, now));
      now = at;
    }
  }
  std::sort(arrived.begin(), arrived.end());
  EXPECT_LE(most_within(left, 60'000), 80U);
  EXPECT_LE(most_within(left, hour_ms), 500U);
  EXPECT_LE(most_within(arrived, 60'000), 80U);
  EXPECT_LE(most_within(arrived, hour_ms), 500U);
  // The limit is used, not only kept.
  EXPECT_GE(left.size(), 4900U);
}

RC_GTEST_PROP(rate_buckets, no_window_ever_holds_more_than_its_limit, ()) {
  rate_limits limits;
  limits.content = {{1000, *rc::gen::inRange<std::uint32_t>(1, 6)},
                    {10'000, *rc::gen::inRange<std::uint32_t>(1, 20)}};
  limits.points = {{2000, *rc::gen::inRange<std::uint32_t>(5, 40)}};
  limits.requests = {{5000, *rc::gen::inRange<std::uint32_t>(1, 30)}};
  limits.write_distance_ms = *rc::gen::inRange<std::int64_t>(0, 300);
  limits.margin_ms = 0;
  rate_buckets buckets(limits);
  const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 3), rc::gen::inRange(0, 400)));
  std::int64_t now = 0;
  std::vector<std::int64_t> content;
  std::vector<std::int64_t> requests;
  for (const auto& [kind_number, pause] : steps) {
    now += pause;
    const auto kind = static_cast<request_kind>(kind_number);
    const std::int64_t at = buckets.when(kind, now);
    RC_ASSERT(at >= now);
    const bool took = buckets.take(kind, now);
    RC_ASSERT(took == (at == now));
    if (!took) {
      // What when() said is true: then it may leave.
      now = at;
      RC_ASSERT(buckets.take(kind, now));
    }
    requests.push_back(now);
    if (kind == request_kind::content) content.push_back(now);
  }
  for (const auto& window : limits.content) {
    RC_ASSERT(most_within(content, window.length_ms) <= window.limit);
  }
  RC_ASSERT(most_within(requests, 5000) <= limits.requests[0].limit);
}

TEST(rate_buckets, what_was_sent_before_a_restart_still_counts) {
  rate_limits limits;
  limits.content = {{60'000, 3}};
  limits.write_distance_ms = 0;
  rate_buckets first(limits);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(first.take(request_kind::content, 1000 + i));
  rate_buckets second(limits);
  second.restore(first.past());
  EXPECT_FALSE(second.take(request_kind::content, 2000));
  EXPECT_EQ(second.when(request_kind::content, 2000), 1000 + 60'000 + limits.margin_ms);
  EXPECT_TRUE(second.take(request_kind::read, 2000));
}

TEST(rate_buckets, the_server_closes_the_forge_for_a_while_and_not_for_good) {
  rate_buckets buckets;
  buckets.observe({std::nullopt, 0, 60'000}, 0);
  EXPECT_EQ(buckets.when(request_kind::read, 0), 60'000);
  buckets.observe({0, 90'000, 0}, 10);
  EXPECT_EQ(buckets.when(request_kind::read, 10), 90'010);
  // A later, shorter word does not open it earlier.
  buckets.observe({std::nullopt, 0, 1}, 20);
  EXPECT_EQ(buckets.when(request_kind::read, 20), 90'010);
  buckets.observe({std::nullopt, 0, INT64_MAX}, 20);
  EXPECT_LE(buckets.when(request_kind::read, 20), 20 + 6 * hour_ms);
  buckets.observe({5, 1000, 0}, 30);
  EXPECT_LE(buckets.when(request_kind::read, 30), 30 + 6 * hour_ms);
}

TEST(rate_buckets, a_clock_that_goes_back_neither_blocks_nor_frees) {
  rate_limits limits;
  limits.content = {{60'000, 2}};
  limits.write_distance_ms = 0;
  limits.margin_ms = 0;
  rate_buckets buckets(limits);
  ASSERT_TRUE(buckets.take(request_kind::content, 10 * hour_ms));
  ASSERT_TRUE(buckets.take(request_kind::content, 10 * hour_ms));
  // Nine hours back: still full for one window, then free.
  EXPECT_FALSE(buckets.take(request_kind::content, hour_ms));
  EXPECT_EQ(buckets.when(request_kind::content, hour_ms), hour_ms + 60'000);
  EXPECT_TRUE(buckets.take(request_kind::content, hour_ms + 60'000));
}

}  // namespace
}  // namespace skein::forge
