// What services on an io_loop have in common: listeners whose connections are taken while there is
// room, and a lifeline whose end is theirs. Lives on the loop's thread; only what waits there keeps
// it. Who the connections are is the derived class's.
#pragma once

#include "runtime/process/descriptor.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <set>

namespace skein::process {

class accepting_service : public std::enable_shared_from_this<accepting_service> {
 public:
  virtual ~accepting_service() = default;
  accepting_service(const accepting_service&) = delete;
  accepting_service& operator=(const accepting_service&) = delete;

  /// Stops when the other end of `lifeline` closes.
  void start(descriptor lifeline);
  void listen(descriptor listener);
  void stop();
  [[nodiscard]] bool stopped() const { return stopped_; }

  boost::asio::io_context& context;

 protected:
  using client_stream = boost::asio::generic::stream_protocol::socket;

  explicit accepting_service(boost::asio::io_context& loop) : context(loop), room_(loop) {}

  /// False: nobody is accepted until room_made().
  [[nodiscard]] virtual bool has_room() const = 0;
  virtual void enter(client_stream client) = 0;
  /// It stops: everybody is to be hung up on.
  virtual void ended() = 0;
  void room_made() { room_.cancel(); }

 private:
  using stream = boost::asio::posix::stream_descriptor;

  boost::asio::awaitable<void> accept_from(std::shared_ptr<stream> listener);
  boost::asio::awaitable<void> watch(descriptor lifeline);
  /// One connection off `listener`; false: there is none now.
  bool accept_one(stream& listener);

  boost::asio::steady_timer room_;  ///< cancelled when there is room again
  std::set<std::shared_ptr<stream>> listeners_;
  bool stopped_ = false;
};

}  // namespace skein::process
