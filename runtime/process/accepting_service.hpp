// What services on an io_loop have in common: listeners whose connections are taken while there is
// room, until stop(). Lives on the loop's thread; only what waits there keeps it. Who the
// connections are is the derived class's.
#pragma once

#include "runtime/process/descriptor.hpp"
#include "runtime/process/io_loop.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <set>

namespace skein::process {

class accepting_service : public std::enable_shared_from_this<accepting_service> {
 public:
  virtual ~accepting_service() = default;
  accepting_service(const accepting_service&) = delete;
  accepting_service& operator=(const accepting_service&) = delete;

  /// From here on the loop keeps it, until stop().
  void start();
  void listen(descriptor listener);
  void stop();
  [[nodiscard]] bool stopped() const { return stopped_; }

  boost::asio::io_context& context;

 protected:
  using client_stream = boost::asio::generic::stream_protocol::socket;

  explicit accepting_service(boost::asio::io_context& loop)
      : context(loop), room_(loop), end_(loop) {}

  /// False: nobody is accepted until room_made().
  [[nodiscard]] virtual bool has_room() const = 0;
  virtual void enter(client_stream client) = 0;
  /// It stops: everybody is to be hung up on.
  virtual void ended() = 0;
  void room_made() { room_.cancel(); }

 private:
  using stream = boost::asio::posix::stream_descriptor;

  boost::asio::awaitable<void> accept_from(std::shared_ptr<stream> listener);
  boost::asio::awaitable<void> stay();
  /// One connection off `listener`; false: there is none now.
  bool accept_one(stream& listener);

  boost::asio::steady_timer room_;  ///< cancelled when there is room again
  boost::asio::steady_timer end_;   ///< cancelled by stop()
  std::set<std::shared_ptr<stream>> listeners_;
  bool stopped_ = false;
};

/// A service as those see it who are not on its loop's thread and may outlive the loop.
class service_handle {
 public:
  service_handle(io_loop& loop, const std::shared_ptr<accepting_service>& made,
                 descriptor listener);
  ~service_handle() { stop(); }
  service_handle(const service_handle&) = delete;
  service_handle& operator=(const service_handle&) = delete;

  /// Takes a listening socket. Any thread; without effect once the service has stopped.
  [[nodiscard]] std::function<void(descriptor)> listener() const;
  void stop();

 private:
  std::shared_ptr<loop_door> door_;
  std::weak_ptr<accepting_service> service_;
};

}  // namespace skein::process
