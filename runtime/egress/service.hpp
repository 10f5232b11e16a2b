// What the connections of one proxy share: its settings, its listeners, its counts. Lives on the
// loop's thread; only what waits there keeps it.
#pragma once

#include "runtime/egress/proxy.hpp"
#include "runtime/process/accepting_service.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

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

class service : public process::accepting_service {
 public:
  service(boost::asio::io_context& context, options wanted, std::shared_ptr<counters> counts);

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

  const options settings;

 private:
  [[nodiscard]] bool has_room() const override;
  void enter(client_stream client) override;
  void ended() override;

  const std::string credentials_;
  std::shared_ptr<counters> counts_;
  boost::asio::ip::tcp::resolver resolver_;
  std::set<connection*> live_;
};

}  // namespace skein::egress
