#include "actors/console/dial.hpp"

#include "actors/console/bridge.hpp"
#include "actors/console/tls.hpp"
#include "runtime/process/io_loop.hpp"
#include "schema/wire/protocol.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>

#include <sys/socket.h>

#include <future>

namespace skein::console {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class line final : public dialled {
 public:
  explicit line(std::string server) : server_(std::move(server)) {}

  ~line() override {
    std::promise<void> gone;
    asio::post(loop_.context(), [this, &gone] {
      if (bridge_) bridge_->hang_up();
      gone.set_value();
    });
    gone.get_future().wait();
  }

  result<> connect(const endpoint& where, std::shared_ptr<asio::ssl::context> tls,
                   std::chrono::milliseconds longest) {
    tls_ = std::move(tls);
    auto outcome = std::make_shared<std::promise<error_code>>();
    auto known = outcome->get_future();
    asio::post(loop_.context(), [this, where, longest, outcome] {
      begin(where, longest, [outcome](error_code failed) { outcome->set_value(failed); });
    });
    if (const auto failed = known.get()) return explain_to_client(failed, server_);
    return {};
  }

  process::descriptor take() override { return std::move(middleman_); }

  std::optional<error> wait_ended(std::chrono::milliseconds longest) const override {
    if (over_.wait_for(longest) != std::future_status::ready) return std::nullopt;
    return over_.get();
  }

 private:
  using outcome_fn = std::function<void(error_code)>;

  void begin(const endpoint& where, std::chrono::milliseconds longest, outcome_fn done) {
    done_ = std::move(done);
    stream_ = std::make_unique<tls_stream>(loop_.context(), *tls_);
    deadline_.expires_after(longest);
    deadline_.async_wait([this](error_code cancelled) {
      if (!cancelled) settle(asio::error::timed_out);
    });
    resolver_.async_resolve(where.host, where.port,
                            [this](error_code failed, const tcp::resolver::results_type& at) {
                              if (!done_) return;
                              if (failed) return settle(failed);
                              asio::async_connect(stream_->lowest_layer(), at,
                                                  [this](error_code refused, const tcp::endpoint&) {
                                                    if (!done_) return;
                                                    if (refused) return settle(refused);
                                                    shake();
                                                  });
                            });
  }

  void shake() {
    error_code ignored;
    stream_->lowest_layer().set_option(tcp::no_delay(true), ignored);
    stream_->async_handshake(asio::ssl::stream_base::client, [this](error_code failed) {
      if (!done_) return;
      settle(failed ? failed : join());
    });
  }

  error_code join() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
      return {errno, boost::system::system_category()};
    }
    middleman_.reset(ends[1]);
    asio::local::stream_protocol::socket inner(loop_.context(), asio::local::stream_protocol{},
                                               ends[0]);
    bridge_limits limits;
    limits.way = direction::to_client;
    limits.longest_frame = wire::longest_frame;
    bridge_ = std::make_shared<bridge>(
        std::move(stream_), std::move(inner), limits,
        [this](const error_code& why, const std::string& disliked) {
          ending_.set_value(disliked.empty()
                                ? explain_to_client(why, server_)
                                : error{errc::unavailable, "the fleet sent " + disliked, {}});
        });
    bridge_->start();
    return {};
  }

  void settle(error_code failed) {
    deadline_.cancel();
    resolver_.cancel();
    if (failed && stream_) {
      error_code ignored;
      stream_->lowest_layer().close(ignored);
    }
    if (const auto done = std::exchange(done_, nullptr)) done(failed);
  }

  const std::string server_;
  std::shared_ptr<asio::ssl::context> tls_;
  outcome_fn done_;
  process::descriptor middleman_;
  std::unique_ptr<tls_stream> stream_;
  std::shared_ptr<bridge> bridge_;
  std::promise<error> ending_;
  const std::shared_future<error> over_{ending_.get_future()};
  process::io_loop loop_;
  asio::steady_timer deadline_{loop_.context()};
  tcp::resolver resolver_{loop_.context()};
};

}  // namespace

result<std::unique_ptr<dialled>> dial(const endpoint& where, const credentials& with,
                                      const dial_options& options) {
  SKEIN_TRY(tls, client_context(with.authority, with.own, options.protocol));
  auto made = std::make_unique<line>(to_string(where));
  SKEIN_CHECK(made->connect(where, tls, options.longest));
  return std::unique_ptr<dialled>{std::move(made)};
}

}  // namespace skein::console
