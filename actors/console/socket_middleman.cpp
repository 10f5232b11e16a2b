#include "actors/console/socket_middleman.hpp"

#include <caf/io/basp_broker.hpp>
#include <caf/io/doorman.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/middleman_actor_impl.hpp>
#include <caf/io/network/acceptor_impl.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <caf/io/network/interfaces.hpp>
#include <caf/io/scribe.hpp>
#include <caf/sec.hpp>

#include <poll.h>
#include <unistd.h>

namespace skein::console {

namespace {

namespace io = caf::io;
using io::network::default_multiplexer;
using io::network::native_socket;

/// Nothing is published here but one actor, so the number only has to be one.
constexpr std::uint16_t only_port = 1;

struct by_hand {
  static bool try_accept(native_socket& taken, native_socket from) {
    int number = -1;
    if (::read(from, &number, sizeof number) != static_cast<ssize_t>(sizeof number)) return false;
    taken = number;
    return true;
  }
};

class inlet final : public io::doorman {
 public:
  inlet(default_multiplexer& loop, native_socket from)
      : doorman(io::network::accept_hdl_from_socket(from)), acceptor_(loop, from) {}

  bool new_connection() override {
    if (detached()) return false;
    auto& loop = acceptor_.backend();
    auto scribe = loop.new_scribe(acceptor_.accepted_socket());
    const auto handle = scribe->hdl();
    parent()->add_scribe(std::move(scribe));
    return doorman::new_connection(&loop, handle);
  }
  void graceful_shutdown() override {
    acceptor_.graceful_shutdown();
    detach(&acceptor_.backend(), false);
  }
  void launch() override { acceptor_.start(this); }
  std::string addr() const override { return {}; }
  std::uint16_t port() const override { return only_port; }
  void add_to_loop() override { acceptor_.activate(this); }
  void remove_from_loop() override { acceptor_.passivate(); }

 private:
  io::network::acceptor_impl<by_hand> acceptor_;
};

class by_hand_middleman final : public io::middleman_actor_impl {
 public:
  by_hand_middleman(caf::actor_config& config, caf::actor broker,
                    std::shared_ptr<process::descriptor> next)
      : io::middleman_actor_impl(config, std::move(broker)), next_(std::move(next)) {}

 protected:
  caf::expected<io::scribe_ptr> connect(const std::string&, std::uint16_t) override {
    native_socket taken = io::network::invalid_native_socket;
    if (!*next_ || !by_hand::try_accept(taken, next_->get())) {
      return caf::sec::cannot_connect_to_node;
    }
    return loop().new_scribe(taken);
  }
  caf::expected<io::doorman_ptr> open(std::uint16_t, const char*, bool) override {
    if (!*next_) return caf::sec::cannot_open_port;
    return io::doorman_ptr{caf::make_counted<inlet>(loop(), next_->release())};
  }

 private:
  default_multiplexer& loop() {
    return static_cast<default_multiplexer&>(system().middleman().backend());
  }
  std::shared_ptr<process::descriptor> next_;
};

}  // namespace

io::middleman_actor socket_middleman(caf::actor_system& system, process::descriptor next) {
  auto broker = system.middleman().named_broker<io::basp_broker>(caf::atom("BASP"));
  return system.spawn<by_hand_middleman, caf::hidden>(
      std::move(broker), std::make_shared<process::descriptor>(std::move(next)));
}

}  // namespace skein::console
