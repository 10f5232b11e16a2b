// What the connections of one proxy share: its settings, its listeners, its counts. Lives on the
// loop's thread; only what waits there keeps it.
#pragma once

#include "runtime/egress/proxy.hpp"
#include "runtime/process/descriptor.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <memory>
#include <set>
#include <string>

namespace skein::egress {

class connection;

/// Read from any thread.
struct counters {
  std::atomic<std::uint64_t> attempts{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> bytes_up{0};
  std::atomic<std::uint64_t> bytes_down{0};
  std::atomic<std::uint32_t> open{0};
};

class service : public std::enable_shared_from_this<service> {
 public:
  service(boost::asio::io_context& context, options wanted, std::shared_ptr<counters> counts);

  /// Stops when the other end of `lifeline` closes.
  void start(process::descriptor lifeline);
  void listen(process::descriptor listener);
  void stop();

  /// False once the run has used up its attempts.
  [[nodiscard]] bool begin_attempt();
  void report(const event& what);
  [[nodiscard]] bool authorised(const std::string* credentials) const;
  [[nodiscard]] bool leaks(std::string_view text) const;
  /// Counts before the bytes are passed on; false: they are too many.
  [[nodiscard]] bool spend_up(std::size_t bytes);
  [[nodiscard]] bool spend_down(std::size_t bytes);
  void resolve(const std::string& host, resolved_fn done);

  void joined(connection* one) { live_.insert(one); }
  void left(connection* one);

  boost::asio::io_context& context;
  const options settings;

 private:
  using stream = boost::asio::posix::stream_descriptor;

  boost::asio::awaitable<void> accept_from(std::shared_ptr<stream> listener);
  boost::asio::awaitable<void> watch(process::descriptor lifeline);
  /// One connection off `listener`; false: there is none now.
  bool accept_one(stream& listener);

  const std::string credentials_;
  std::shared_ptr<counters> counts_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::steady_timer room_;  ///< cancelled when a connection ends
  std::set<std::shared_ptr<stream>> listeners_;
  std::set<connection*> live_;
  bool stopped_ = false;
};

}  // namespace skein::egress
