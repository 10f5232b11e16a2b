// What the connections of one gateway share: its settings, its listeners, who is connected. Lives
// on the loop's thread; only what waits there keeps it.
#pragma once

#include "runtime/gateway/gateway.hpp"
#include "runtime/process/accepting_service.hpp"

#include <boost/asio/io_context.hpp>

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

class service : public process::accepting_service {
 public:
  service(process::io_loop& loop, std::shared_ptr<http::client> sender, options wanted,
          std::vector<upstream> upstreams);

  [[nodiscard]] bool authorised(std::string_view token) const;
  /// Null: nobody speaks this wire here.
  [[nodiscard]] const upstream* find(model::wire format) const;
  /// False: too many are under way.
  [[nodiscard]] bool begin_request();
  void end_request() { --requests_; }

  void joined(connection* one) { live_.insert(one); }
  void left(connection* one);

  const std::shared_ptr<process::loop_door> door;  ///< for the client's thread
  const std::shared_ptr<http::client> sender;
  const options settings;

 private:
  [[nodiscard]] bool has_room() const override;
  void enter(client_stream client) override;
  void ended() override;

  const std::vector<upstream> upstreams_;
  std::set<connection*> live_;
  std::uint32_t requests_ = 0;
};

}  // namespace skein::gateway
