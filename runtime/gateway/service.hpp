// What the connections of one gateway share: its settings, its listeners, who is connected. Lives
// on the loop's thread; only what waits there keeps it.
#pragma once

#include "runtime/gateway/gateway.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <set>
#include <string>

namespace skein::gateway {

class connection;

/// Where requests of one family go, and with which key.
struct upstream {
  model::provider_settings settings;
  std::string key;
};

class service : public std::enable_shared_from_this<service> {
 public:
  service(boost::asio::io_context& context, std::shared_ptr<http::client> sender, options wanted,
          std::vector<upstream> upstreams);

  /// Stops when the other end of `lifeline` closes.
  void start(process::descriptor lifeline);
  void listen(process::descriptor listener);
  void stop();

  [[nodiscard]] bool authorised(std::string_view token) const;
  /// Null: nobody speaks this wire here.
  [[nodiscard]] const upstream* find(model::wire format) const;
  [[nodiscard]] bool stopped() const { return stopped_; }
  /// False: too many are under way.
  [[nodiscard]] bool begin_request();
  void end_request() { --requests_; }

  void joined(connection* one) { live_.insert(one); }
  void left(connection* one);

  boost::asio::io_context& context;
  const std::shared_ptr<http::client> sender;
  const options settings;

 private:
  using stream = boost::asio::posix::stream_descriptor;

  boost::asio::awaitable<void> accept_from(std::shared_ptr<stream> listener);
  boost::asio::awaitable<void> watch(process::descriptor lifeline);
  /// One connection off `listener`; false: there is none now.
  bool accept_one(stream& listener);

  const std::vector<upstream> upstreams_;
  boost::asio::steady_timer room_;  ///< cancelled when a connection ends
  std::set<std::shared_ptr<stream>> listeners_;
  std::set<connection*> live_;
  std::uint32_t requests_ = 0;
  bool stopped_ = false;
};

}  // namespace skein::gateway
