#include "actors/console/bridge.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>

namespace skein::console {

namespace asio = boost::asio;
using boost::system::error_code;
using clock = std::chrono::steady_clock;

bridge::bridge(std::unique_ptr<tls_stream> outer, asio::local::stream_protocol::socket inner,
               bridge_limits limits, ended over)
    : outer_(std::move(outer)),
      inner_(std::move(inner)),
      limits_(limits),
      guard_(limits.way, limits.longest_frame),
      timer_(inner_.get_executor()),
      over_(std::move(over)) {}

void bridge::start() {
  heard_ = clock::now();
  watch();
  from_outer();
  from_inner();
}

void bridge::hang_up() {
  end(asio::error::operation_aborted);
}

void bridge::watch() {
  auto at = heard_ + limits_.idle;
  if (in_frame_) at = std::min(at, frame_begun_ + limits_.frame);
  timer_.expires_at(at);
  timer_.async_wait([self = shared_from_this()](error_code cancelled) {
    if (cancelled || !self->over_) return;
    const auto now = clock::now();
    const bool silent = now >= self->heard_ + self->limits_.idle;
    const bool slow = self->in_frame_ && now >= self->frame_begun_ + self->limits_.frame;
    if (silent || slow) return self->end(asio::error::timed_out);
    self->watch();
  });
}

void bridge::from_outer() {
  outer_->async_read_some(asio::buffer(inward_),
                          [self = shared_from_this()](error_code failed, std::size_t length) {
                            if (!self->over_) return;
                            if (failed) return self->end(failed);
                            self->into_inner(length);
                          });
}

void bridge::into_inner(std::size_t length) {
  heard_ = clock::now();
  if (auto passed = guard_.pass({inward_.data(), length}); !passed) {
    return end(asio::error::invalid_argument, passed.error().message);
  }
  if (!guard_.inside()) {
    in_frame_ = false;
  } else if (!in_frame_) {
    in_frame_ = true;
    frame_begun_ = heard_;
    timer_.cancel();
    watch();
  }
  asio::async_write(inner_, asio::buffer(inward_.data(), length),
                    [self = shared_from_this()](error_code failed, std::size_t) {
                      if (!self->over_) return;
                      if (failed) return self->end(failed);
                      self->from_outer();
                    });
}

void bridge::from_inner() {
  inner_.async_read_some(asio::buffer(outward_),
                         [self = shared_from_this()](error_code failed, std::size_t length) {
                           if (!self->over_) return;
                           if (failed) return self->end(failed);
                           self->into_outer(length);
                         });
}

void bridge::into_outer(std::size_t length) {
  asio::async_write(*outer_, asio::buffer(outward_.data(), length),
                    [self = shared_from_this()](error_code failed, std::size_t) {
                      if (!self->over_) return;
                      if (failed) return self->end(failed);
                      self->from_inner();
                    });
}

void bridge::end(const error_code& why, const std::string& disliked) {
  if (!over_) return;
  const auto over = std::exchange(over_, nullptr);
  timer_.cancel();
  error_code ignored;
  inner_.close(ignored);
  outer_->lowest_layer().close(ignored);
  over(why, disliked);
}

}  // namespace skein::console
