// Joins a TLS connection and a local stream socket: whatever comes out of one goes into the other,
// past a frame guard. The middleman holds the other end of the local socket.
#pragma once

#include "actors/console/frame_guard.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace skein::console {

using tls_stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;

struct bridge_limits {
  direction way = direction::to_fleet;
  std::uint32_t longest_frame = 0;
  /// Nothing came for so long (heartbeats count): the other side is gone.
  std::chrono::milliseconds idle{60'000};
  /// For one frame, from its first byte to its last.
  std::chrono::milliseconds frame{60'000};
};

/// Lives as long as both sides do. Everything runs on the loop that the stream belongs to.
class bridge : public std::enable_shared_from_this<bridge> {
 public:
  /// `over` is called once: why it ended, and what the guard disliked (empty: nothing).
  using ended = std::function<void(const boost::system::error_code&, const std::string&)>;

  bridge(std::unique_ptr<tls_stream> outer, boost::asio::local::stream_protocol::socket inner,
         bridge_limits limits, ended over);

  void start();
  void hang_up();

 private:
  void from_outer();
  void into_inner(std::size_t length);
  void from_inner();
  void into_outer(std::size_t length);
  void watch();
  void end(const boost::system::error_code& why, const std::string& disliked = {});

  static constexpr std::size_t piece = 16384;

  std::unique_ptr<tls_stream> outer_;
  boost::asio::local::stream_protocol::socket inner_;
  bridge_limits limits_;
  frame_guard guard_;
  boost::asio::steady_timer timer_;
  ended over_;
  std::array<char, piece> inward_;
  std::array<char, piece> outward_;
  std::chrono::steady_clock::time_point heard_;
  std::chrono::steady_clock::time_point frame_begun_;
  bool in_frame_ = false;
};

}  // namespace skein::console
