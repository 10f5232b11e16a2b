// See rate_buckets.hpp.
#include "runtime/forge/rate_buckets.hpp"

#include <algorithm>
#include <initializer_list>

namespace skein::forge {
namespace {

constexpr std::int64_t longest_wait_ms = 6 * 3'600'000;
constexpr std::uint32_t write_points = 5;

std::uint32_t points_of(request_kind kind) {
  return kind == request_kind::read ? 1 : write_points;
}

}  // namespace

rate_buckets::rate_buckets(rate_limits limits) : limits_(std::move(limits)) {
  const auto fill = [this](counters& into, const std::vector<rate_window>& windows) {
    for (rate_window window : windows) {
      window.length_ms += limits_.margin_ms;
      into.each.push_back({window, {}, 0});
    }
  };
  fill(content_, limits_.content);
  fill(points_, limits_.points);
  fill(requests_, limits_.requests);
}

void rate_buckets::settle(std::int64_t now_ms) {
  if (now_ms < latest_ms_) {
    const std::int64_t back = latest_ms_ - now_ms;
    for (counters* all : {&content_, &points_, &requests_}) {
      for (auto& one : all->each) {
        for (auto& [at, cost] : one.taken) at = std::min(at, now_ms);
      }
    }
    for (auto& one : past_) one.at_ms = std::min(one.at_ms, now_ms);
    last_write_ms_ = std::min(last_write_ms_, now_ms);
    if (closed_until_ms_ > now_ms) {
      closed_until_ms_ = std::max(now_ms, closed_until_ms_ - back);
    }
  }
  latest_ms_ = now_ms;
  drop_old(now_ms);
}

void rate_buckets::drop_old(std::int64_t now_ms) {
  std::int64_t longest = 0;
  for (counters* all : {&content_, &points_, &requests_}) {
    for (auto& one : all->each) {
      longest = std::max(longest, one.window.length_ms);
      while (!one.taken.empty() && one.taken.front().first + one.window.length_ms <= now_ms) {
        one.cost -= one.taken.front().second;
        one.taken.pop_front();
      }
    }
  }
  while (!past_.empty() && past_.front().at_ms + longest <= now_ms) past_.pop_front();
}

std::int64_t rate_buckets::free_at(const counter& which, std::uint32_t cost, std::int64_t now_ms) {
  // A request dearer than the whole limit leaves when nothing else is counted.
  if (which.taken.empty() || which.cost + cost <= which.window.limit) return now_ms;
  std::uint32_t left = which.cost;
  for (const auto& [at, each] : which.taken) {
    left -= each;
    if (left == 0 || left + cost <= which.window.limit) return at + which.window.length_ms;
  }
  return now_ms;
}

std::int64_t rate_buckets::when(request_kind kind, std::int64_t now_ms) {
  settle(now_ms);
  std::int64_t at = std::max(now_ms, closed_until_ms_);
  const auto wait = [&](const counters& all, std::uint32_t cost) {
    for (const auto& one : all.each) at = std::max(at, free_at(one, cost, now_ms));
  };
  wait(requests_, 1);
  wait(points_, points_of(kind));
  if (kind == request_kind::content) wait(content_, 1);
  if (kind != request_kind::read && last_write_ms_ != INT64_MIN) {
    at = std::max(at, last_write_ms_ + limits_.write_distance_ms);
  }
  return at;
}

bool rate_buckets::take(request_kind kind, std::int64_t now_ms) {
  if (when(kind, now_ms) > now_ms) return false;
  count(kind, now_ms);
  if (heard_by_) heard_by_(past_.back());
  return true;
}

void rate_buckets::count(request_kind kind, std::int64_t at_ms) {
  const auto add = [at_ms](counters& all, std::uint32_t cost) {
    for (auto& one : all.each) {
      one.taken.emplace_back(at_ms, cost);
      one.cost += cost;
    }
  };
  add(requests_, 1);
  add(points_, points_of(kind));
  if (kind == request_kind::content) add(content_, 1);
  if (kind != request_kind::read) last_write_ms_ = at_ms;
  past_.push_back({at_ms, kind});
}

void rate_buckets::observe(const server_limits& said, std::int64_t now_ms) {
  settle(now_ms);
  // A server cannot close the forge for good: what it asks for is bounded.
  const auto close = [&](std::int64_t wait) {
    wait = std::clamp<std::int64_t>(wait, 0, longest_wait_ms);
    closed_until_ms_ = std::max(closed_until_ms_, now_ms + wait);
  };
  if (said.wait_ms > 0) close(said.wait_ms);
  if (said.remaining && *said.remaining == 0) close(std::max<std::int64_t>(said.reset_in_ms, 1000));
}

std::vector<rate_buckets::past_request> rate_buckets::past() const {
  return {past_.begin(), past_.end()};
}

void rate_buckets::restore(const std::vector<past_request>& known) {
  std::vector<past_request> sorted = known;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.at_ms < b.at_ms; });
  for (const auto& one : sorted) {
    latest_ms_ = std::max(latest_ms_, one.at_ms);
    drop_old(latest_ms_);
    count(one.kind, one.at_ms);
  }
}

}  // namespace skein::forge
