#include "actors/console/front.hpp"

#include "actors/console/bridge.hpp"
#include "runtime/process/io_loop.hpp"
#include "schema/wire/protocol.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>

#include <sys/socket.h>

#include <future>
#include <list>
#include <map>

namespace skein::console {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// Before the next accept when one failed.
constexpr std::chrono::milliseconds accept_pause{250};
/// Complaints in the log: so many, then one a minute.
constexpr int talkative = 20;

class open_front final : public front {
 public:
  open_front(std::shared_ptr<asio::ssl::context> tls, front_limits limits, front_hooks hooks)
      : tls_(std::move(tls)), limits_(limits), hooks_(std::move(hooks)) {}

  ~open_front() override {
    std::promise<void> gone;
    asio::post(loop_.context(), [this, &gone] {
      closing_ = true;
      error_code ignored;
      acceptor_.close(ignored);
      pause_.cancel();
      recheck_.cancel();
      while (!shaking_.empty()) drop(shaking_.begin());
      const auto all = joined_;
      for (const auto& [each, certificate] : all) each->hang_up();
      gone.set_value();
    });
    gone.get_future().wait();
  }

  result<> listen(const endpoint& where) {
    const std::string attempted = "listen on " + to_string(where);
    error_code failed;
    tcp::resolver resolver(loop_.context());
    const auto found = resolver.resolve(where.host, where.port, tcp::resolver::passive, failed);
    if (failed || found.empty()) {
      return error{errc::invalid, attempted + ": " + failed.message(),
                   "name an address of this machine"};
    }
    const tcp::endpoint address = found.begin()->endpoint();
    (void)acceptor_.open(address.protocol(), failed);
    if (!failed) acceptor_.set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed) acceptor_.bind(address, failed);
    if (!failed) acceptor_.listen(128, failed);
    if (failed) {
      return error{failed == asio::error::address_in_use ? errc::in_use : errc::io,
                   attempted + ": " + failed.message(), "choose another address or port"};
    }
    address_ = {address.address().to_string(),
                std::to_string(acceptor_.local_endpoint(failed).port())};
    asio::post(loop_.context(), [this] { accept(); });
    return {};
  }

  [[nodiscard]] const endpoint& address() const override { return address_; }

 private:
  struct handshake {
    std::unique_ptr<tls_stream> stream;
    std::string peer;
    asio::steady_timer deadline;
    bool over = false;
  };
  using handshakes = std::list<std::shared_ptr<handshake>>;

  void accept() {
    acceptor_.async_accept([this](error_code failed, tcp::socket socket) {
      if (closing_) return;
      if (failed) {
        pause_.expires_after(accept_pause);
        pause_.async_wait([this](error_code cancelled) {
          if (!cancelled && !closing_) accept();
        });
        return;
      }
      shake(std::move(socket));
      accept();
    });
  }

  void shake(tcp::socket socket) {
    error_code failed;
    const auto peer = socket.remote_endpoint(failed);
    if (failed) return;
    if (joined_.size() >= limits_.connections) {
      return complain(peer.address().to_string(),
                      "all " + std::to_string(limits_.connections) + " connections are in use");
    }
    // Whoever is honest is done in a moment: the one who waits longest is in the way.
    if (shaking_.size() >= limits_.handshakes) drop(shaking_.begin());
    socket.set_option(tcp::no_delay(true), failed);
    auto one = std::make_shared<handshake>(
        handshake{std::make_unique<tls_stream>(std::move(socket), *tls_),
                  peer.address().to_string(), asio::steady_timer(loop_.context()), false});
    const auto at = shaking_.insert(shaking_.end(), one);
    one->deadline.expires_after(limits_.handshake);
    one->deadline.async_wait([this, one, at](error_code cancelled) {
      if (cancelled || one->over) return;
      complain(one->peer, "no handshake in time");
      drop(at);
    });
    one->stream->async_handshake(asio::ssl::stream_base::server, [this, one, at](error_code wrong) {
      if (one->over) return;
      one->over = true;
      one->deadline.cancel();
      shaking_.erase(at);
      if (wrong) return complain(one->peer, explain_to_server(wrong));
      join(std::move(one->stream), one->peer);
    });
  }

  void drop(handshakes::iterator at) {
    auto one = *at;
    one->over = true;
    one->deadline.cancel();
    shaking_.erase(at);
    error_code ignored;
    one->stream->lowest_layer().close(ignored);
  }

  void join(std::unique_ptr<tls_stream> stream, const std::string& peer) {
    const auto certificate = peer_certificate(stream->native_handle());
    std::size_t same = 0;
    for (const auto& [each, known] : joined_) same += known == certificate ? 1 : 0;
    if (same >= limits_.per_certificate || joined_.size() >= limits_.connections) {
      return complain(peer, "too many connections with one certificate");
    }
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
      return complain(peer, "no descriptor is left");
    }
    process::descriptor middleman{ends[1]};
    asio::local::stream_protocol::socket inner(loop_.context(), asio::local::stream_protocol{},
                                               ends[0]);
    bridge_limits limits;
    limits.way = direction::to_fleet;
    limits.longest_frame = wire::longest_frame;
    limits.idle = limits_.idle;
    auto joint = std::make_shared<std::weak_ptr<bridge>>();
    auto made = std::make_shared<bridge>(
        std::move(stream), std::move(inner), limits,
        [this, joint, certificate](const error_code&, const std::string& disliked) {
          if (!disliked.empty()) hooks_.misbehaved(certificate, disliked);
          if (auto gone = joint->lock()) joined_.erase(gone);
        });
    *joint = made;
    joined_.emplace(made, certificate);
    hooks_.joined(std::move(middleman));
    made->start();
    if (joined_.size() == 1) look_again();
  }

  /// A revoked operator's connection ends without waiting for the next request.
  void look_again() {
    recheck_.expires_after(limits_.recheck);
    recheck_.async_wait([this](error_code cancelled) {
      if (cancelled || closing_ || joined_.empty()) return;
      const auto all = joined_;
      for (const auto& [each, certificate] : all) {
        if (!hooks_.check(certificate)) each->hang_up();
      }
      if (!joined_.empty()) look_again();
    });
  }

  void complain(const std::string& peer, const std::string& what) {
    const auto now = std::chrono::steady_clock::now();
    if (now - complained_ > std::chrono::minutes{1}) complaints_ = 0;
    if (++complaints_ > talkative) return;
    complained_ = now;
    spdlog::warn("remote port: {} was not let in: {}{}", peer, what,
                 complaints_ == talkative ? "; further ones are not logged for a minute" : "");
  }

  std::shared_ptr<asio::ssl::context> tls_;
  const front_limits limits_;
  const front_hooks hooks_;
  endpoint address_;
  bool closing_ = false;
  int complaints_ = 0;
  std::chrono::steady_clock::time_point complained_{};
  handshakes shaking_;
  std::map<std::shared_ptr<bridge>, std::string> joined_;  ///< and their certificates
  process::io_loop loop_;
  tcp::acceptor acceptor_{loop_.context()};
  asio::steady_timer pause_{loop_.context()};
  asio::steady_timer recheck_{loop_.context()};
};

}  // namespace

result<std::unique_ptr<front>> front::open(const endpoint& where,
                                           std::shared_ptr<asio::ssl::context> tls,
                                           front_limits limits, front_hooks hooks) {
  auto made = std::make_unique<open_front>(std::move(tls), limits, std::move(hooks));
  SKEIN_CHECK(made->listen(where));
  return std::unique_ptr<front>{std::move(made)};
}

}  // namespace skein::console
