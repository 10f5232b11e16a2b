#include "cli/control/server.hpp"

#include "cli/control/dispatch.hpp"
#include "cli/control/socket_path.hpp"
#include "runtime/process/blocking_pool.hpp"
#include "runtime/process/io_loop.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <future>
#include <optional>
#include <set>

namespace skein::cli::control {

namespace {

namespace asio = boost::asio;
using stream = asio::local::stream_protocol;
using boost::system::error_code;

constexpr std::size_t work_lanes = 2;
constexpr std::size_t order_lanes = 4;
/// Before the next accept when one failed.
constexpr std::chrono::milliseconds accept_pause{250};

result<process::descriptor> listen_on(const std::filesystem::path& socket) {
  SKEIN_TRY(address, address_of(socket));
  // The lock of the state directory is ours: whatever is there was left by a dead owner.
  if (::unlink(socket.c_str()) != 0 && errno != ENOENT) {
    return errno_error("remove the old " + socket.string(), errno);
  }
  process::descriptor out{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!out) return errno_error("open a socket", errno);
  // Before bind: the file never has another mode.
  if (::fchmod(out.get(), 0600) != 0) return errno_error("protect " + socket.string(), errno);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, address.name.data(), address.name.size());
  if (::bind(out.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      ::listen(out.get(), SOMAXCONN) != 0) {
    error out = errno_error("listen on " + socket.string(), errno);
    out.remedy = "the state directory has to be on a local file system; see --state-dir";
    return out;
  }
  return out;
}

class session;

class socket_server final : public server {
 public:
  socket_server(actors::fleet_client& fleet, server_options options, process::descriptor listening)
      : fleet_(fleet),
        options_(std::move(options)),
        rules_{{static_cast<int>(::getpid()), options_.command},
               options_.socket.parent_path().string(),
               options_.takes_work},
        work_(std::in_place, work_lanes),
        orders_(std::in_place, order_lanes),
        acceptor_(loop_.context(), stream{}, listening.release()),
        pause_(loop_.context()) {
    asio::post(loop_.context(), [this] { accept(); });
  }

  ~socket_server() override;
  void close(std::chrono::milliseconds grace) override;

  // Everything below runs on the loop's thread, except where said.
  [[nodiscard]] const server_options& options() const noexcept { return options_; }
  [[nodiscard]] bool closing() const noexcept { return closing_; }
  [[nodiscard]] bool full() const noexcept { return sessions_.size() > options_.max_connections; }
  void carry_out(std::string line, std::shared_ptr<session> asker);
  void end(const std::shared_ptr<session>& over);

 private:
  void accept();
  void settle();

  actors::fleet_client& fleet_;
  const server_options options_;
  const dispatch_rules rules_;
  std::set<std::shared_ptr<session>> sessions_;
  bool closing_ = false;
  std::promise<void> settled_;  ///< closing, and nothing is under way
  bool settled_said_ = false;
  process::io_loop loop_;
  std::optional<process::blocking_pool> work_;
  std::optional<process::blocking_pool> orders_;
  stream::acceptor acceptor_;
  asio::steady_timer pause_;
};

/// One connection: a line in, its answer out, and again.
class session : public std::enable_shared_from_this<session> {
 public:
  session(socket_server& owner, stream::socket socket)
      : owner_(owner), socket_(std::move(socket)), deadline_(socket_.get_executor()) {}

  void start() {
    if (auto allowed = check_peer(socket_.native_handle(), ::geteuid()); !allowed) {
      return say(encode_error(allowed.error()), false);
    }
    auto name = peer_name(socket_.native_handle());
    if (!name) return say(encode_error(name.error()), false);
    peer_ = std::move(*name);
    if (owner_.full()) {
      return say(
          encode_error({errc::refused,
                        "control socket: " + std::to_string(owner_.options().max_connections) +
                            " connections are open already",
                        "try again when another command has ended"}),
          false);
    }
    read();
  }

  /// Who is on the other side; known once it was let in.
  [[nodiscard]] const std::string& peer() const noexcept { return peer_; }

  /// The answer to the request that is under way; nonsense ends the conversation.
  void reply(std::string line, bool then_read) {
    if (!over_) say(std::move(line), then_read);
  }

  /// Hangs up unless a request is under way: that one is answered first.
  void close_when_idle() {
    if (!busy_) hang_up();
  }
  [[nodiscard]] bool busy() const noexcept { return busy_; }

  void hang_up() {
    if (std::exchange(over_, true)) return;
    busy_ = false;
    disarm();
    error_code ignored;
    socket_.close(ignored);
    owner_.end(shared_from_this());
  }

 private:
  void read() {
    if (owner_.closing()) return hang_up();
    arm();
    asio::async_read_until(socket_, buffer_, '\n',
                           [self = shared_from_this()](error_code failed, std::size_t length) {
                             self->on_read(failed, length);
                           });
  }

  void on_read(error_code failed, std::size_t length) {
    if (over_) return;
    disarm();
    if (!failed) {
      const auto* begin = static_cast<const char*>(buffer_.data().data());
      std::string line(begin, length - 1);
      buffer_.consume(length);
      busy_ = true;
      return owner_.carry_out(std::move(line), shared_from_this());
    }
    if (failed == asio::error::not_found) {
      return complain(errc::invalid,
                      "the line is longer than " + std::to_string(max_line) + " bytes");
    }
    if (failed == asio::error::eof && buffer_.size() > 0) {
      return complain(errc::invalid, "the connection ends before its line does");
    }
    if (late_) return complain(errc::timeout, "no whole line came in time");
    hang_up();
  }

  void complain(errc code, const std::string& what) {
    say(encode_error({code, "control request: " + what, {}}), false);
  }

  void say(std::string line, bool then_read) {
    busy_ = true;
    out_ = std::move(line);
    out_ += '\n';
    arm();
    asio::async_write(socket_, asio::buffer(out_),
                      [self = shared_from_this(), then_read](error_code failed, std::size_t) {
                        if (self->over_) return;
                        self->busy_ = false;
                        self->disarm();
                        std::string{}.swap(self->out_);
                        if (failed || !then_read) return self->hang_up();
                        self->read();
                      });
  }

  /// Bounds the read or the write that is about to start.
  void arm() {
    late_ = false;
    deadline_.expires_after(owner_.options().line_timeout);
    deadline_.async_wait([self = shared_from_this(), turn = ++turn_](error_code cancelled) {
      // A timer that has just fired cannot be cancelled any more.
      if (cancelled || self->over_ || turn != self->turn_) return;
      self->late_ = true;
      error_code ignored;
      self->socket_.cancel(ignored);
    });
  }
  void disarm() {
    ++turn_;
    deadline_.cancel();
  }

  std::string peer_;
  socket_server& owner_;
  stream::socket socket_;
  asio::steady_timer deadline_;
  asio::streambuf buffer_{max_line + 1};
  std::string out_;
  bool busy_ = false;  ///< between a request and the end of its answer
  bool late_ = false;
  bool over_ = false;
  std::uint64_t turn_ = 0;  ///< which read or write the deadline belongs to
};

socket_server::~socket_server() {
  close(std::chrono::milliseconds{0});
  ::unlink(options_.socket.c_str());
  // No answer comes from here on; who waits for one is hung up on, by the loop that owns it.
  orders_.reset();
  work_.reset();
  std::promise<void> gone;
  asio::post(loop_.context(), [this, &gone] {
    const auto all = sessions_;
    for (const auto& each : all) each->hang_up();
    gone.set_value();
  });
  gone.get_future().wait();
}

void socket_server::accept() {
  acceptor_.async_accept([this](error_code failed, stream::socket socket) {
    if (closing_) return;
    if (failed) {
      // Out of descriptors: those who wait are served when some come free.
      pause_.expires_after(accept_pause);
      pause_.async_wait([this](error_code cancelled) {
        if (!cancelled && !closing_) accept();
      });
      return;
    }
    auto fresh = std::make_shared<session>(*this, std::move(socket));
    sessions_.insert(fresh);
    fresh->start();
    accept();
  });
}

void socket_server::carry_out(std::string line, std::shared_ptr<session> asker) {
  auto decoded = std::make_shared<std::string>(std::move(line));
  // Decoding a large campaign takes time: not on the loop.
  auto& lane = decoded->size() > 65536 ? *work_ : *orders_;
  lane.post([this, decoded, asker]() mutable {
    auto order = decode_request(*decoded);
    decoded.reset();
    auto deliver = [this, asker](std::string text, bool then_read) {
      asio::post(loop_.context(), [asker, then_read, text = std::move(text)]() mutable {
        asker->reply(std::move(text), then_read);
      });
    };
    if (!order) return deliver(encode_error(order.error()), false);
    if (auto* decision = std::get_if<actors::decide_run>(&*order)) {
      decision->value.by = asker->peer();
    }
    if (!is_slow(*order)) return deliver(answer(fleet_, rules_, *order), true);
    work_->post([this, deliver, order = std::move(*order)] {
      deliver(answer(fleet_, rules_, order), true);
    });
  });
}

void socket_server::end(const std::shared_ptr<session>& over) {
  sessions_.erase(over);
  settle();
}

void socket_server::settle() {
  if (!closing_ || settled_said_) return;
  for (const auto& each : sessions_) {
    if (each->busy()) return;
  }
  settled_said_ = true;
  settled_.set_value();
}

void socket_server::close(std::chrono::milliseconds grace) {
  std::promise<bool> first;
  auto was_first = first.get_future();
  asio::post(loop_.context(), [this, &first] {
    const bool now = !std::exchange(closing_, true);
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    const auto all = sessions_;  // hanging up removes from it
    for (const auto& each : all) each->close_when_idle();
    settle();
    first.set_value(now);
  });
  if (!was_first.get()) return;
  if (settled_.get_future().wait_for(grace) == std::future_status::timeout && grace.count() > 0) {
    spdlog::warn("control socket: a request was not answered within {} ms", grace.count());
  }
}

}  // namespace

result<std::unique_ptr<server>> server::open(actors::fleet_client& fleet, server_options options) {
  SKEIN_TRY(listening, listen_on(options.socket));
  return std::unique_ptr<server>{
      std::make_unique<socket_server>(fleet, std::move(options), std::move(listening))};
}

}  // namespace skein::cli::control
