#include "runtime/mcp/stdio_transport.hpp"

#include "runtime/mcp/line_reader.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>

#include <array>
#include <csignal>
#include <deque>
#include <optional>
#include <utility>

namespace skein::mcp {
namespace {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;
using failure = boost::system::error_code;

/// ```
/// new ─open─▶ running ─┬─ end of output, end of the program, too long a line ─▶ ended
///                      └─ close(): stdin closed ─grace─▶ TERM ─grace─▶ KILL ─grace─▶ ended
/// ```
class stdio_transport : public transport, public std::enable_shared_from_this<stdio_transport> {
 public:
  stdio_transport(process::io_loop& loop, server_launcher launch, stdio_options options)
      : loop_(loop),
        launch_(std::move(launch)),
        options_(options),
        input_(loop.context()),
        output_(loop.context()),
        errors_(loop.context()),
        timer_(loop.context()),
        lines_(options.longest_line) {}

  void open(transport_events events, std::function<void(result<>)> done) override {
    events_ = std::move(events);
    auto launch = std::exchange(launch_, {});
    launch(loop_, [weak = weak_from_this(), done = std::move(done)](result<started_server> server) {
      const auto self = weak.lock();
      if (!self || self->state_ != state::fresh) {
        done(error{errc::cancelled, "start a server: no longer wanted", ""});
        return;
      }
      if (!server) {
        self->state_ = state::ended;
        done(server.error());
        return;
      }
      self->run(std::move(*server));
      done({});
    });
  }

  void send(outgoing message, fate_fn fate) override {
    if (state_ != state::running) {
      fate(error{errc::unavailable, "write to the server: it is gone", "start it again"});
      return;
    }
    if (queued_ + message.text.size() > options_.most_queued) {
      fate(error{errc::unavailable, "write to the server: it does not read", "look at the server"});
      return;
    }
    message.text += '\n';
    queued_ += message.text.size();
    queue_.push_back({std::move(message.text), std::move(fate)});
    if (queue_.size() == 1) write();
  }

  void forget(std::int64_t) override {}
  void agreed(const revision&) override {}
  void listen() override {}

  void close(std::function<void()> done) override {
    if (state_ == state::fresh) state_ = state::ended;
    if (dead_ || state_ == state::ended || done_) {
      end();
      done();
      return;
    }
    done_ = std::move(done);
    state_ = state::closing;
    failure ignored;
    // A socket that is also read from ends only so; a pipe does not mind.
    ::shutdown(input_.native_handle(), SHUT_WR);
    input_.close(ignored);
    drop_queue();
    after_grace(SIGTERM);
  }

  [[nodiscard]] std::string log() const override { return log_; }

 private:
  enum class state { fresh, running, closing, ended };

  void run(started_server server) {
    state_ = state::running;
    input_.assign(server.input.release());
    output_.assign(server.output.release());
    if (server.errors) errors_.assign(server.errors.release());
    program_ = std::move(server.program);
    program_->when_ended([weak = weak_from_this()](std::string how) {
      if (const auto self = weak.lock()) self->program_ended(std::move(how));
    });
    read();
    if (errors_.is_open()) read_errors();
  }

  void write() {
    const auto text = std::make_shared<std::string>(std::move(queue_.front().text));
    asio::async_write(input_, asio::buffer(*text),
                      [self = shared_from_this(), text](failure failed, std::size_t) {
                        if (!self->queue_.empty()) self->written(failed, text->size());
                      });
  }

  void written(failure failed, std::size_t bytes) {
    if (failed) {
      // What the server still says is read: its end tells more than a broken pipe.
      drop_queue();
      return;
    }
    queued_ -= bytes;
    const auto fate = std::move(queue_.front().fate);
    queue_.pop_front();
    if (!queue_.empty()) write();
    fate({});
  }

  void drop_queue() {
    auto queue = std::exchange(queue_, {});
    queued_ = 0;
    for (auto& each : queue) {
      each.fate(error{errc::unavailable, "write to the server: it closed its input",
                      "look at the server"});
    }
  }

  void read() {
    output_.async_read_some(asio::buffer(bytes_),
                            [self = shared_from_this()](failure failed, std::size_t count) {
                              self->received(failed, count);
                            });
  }

  void received(failure failed, std::size_t count) {
    if (state_ == state::ended) return;
    if (failed) {
      output_ended_ = true;
      if (state_ == state::running) settle();
      return;
    }
    if (state_ == state::running) {
      // A copy: whoever takes a message may end this transport.
      const auto message = events_.message;
      const bool bounded = lines_.feed({bytes_.data(), count}, [&](std::string line) {
        message(std::move(line));
        return state_ == state::running;
      });
      if (!bounded) {
        fail("a line of more than " + std::to_string(options_.longest_line) + " bytes");
        return;
      }
      if (state_ == state::ended) return;
    }
    read();
  }

  void read_errors() {
    errors_.async_read_some(asio::buffer(error_bytes_),
                            [self = shared_from_this()](failure failed, std::size_t count) {
                              if (failed || self->state_ == state::ended) return;
                              self->log_.append(self->error_bytes_.data(), count);
                              const std::size_t kept = self->options_.kept_log;
                              if (self->log_.size() > kept) {
                                self->log_.erase(0, self->log_.size() - kept);
                              }
                              self->read_errors();
                            });
  }

  void program_ended(std::string how) {
    dead_ = std::move(how);
    if (state_ == state::closing) {
      end();
    } else if (state_ == state::running) {
      settle();
    }
  }

  /// One of the two ends was seen: waits for the other one, but not for ever. What inherited the
  /// pipe may keep it open, and a program may live on without its output.
  void settle() {
    if (output_ended_ && dead_) {
      fail(*dead_);
      return;
    }
    timer_.expires_after(options_.grace);
    timer_.async_wait([weak = weak_from_this()](failure failed) {
      const auto self = weak.lock();
      if (!self || failed || self->state_ != state::running) return;
      self->fail(self->dead_ ? *self->dead_ : "closed its output");
    });
  }

  void fail(const std::string& why) {
    const auto closed = events_.closed;
    end();
    if (closed) {
      closed(error{errc::unavailable, "the server is gone: " + why, "look at what it logged"});
    }
  }

  void after_grace(int signal) {
    timer_.expires_after(options_.grace);
    timer_.async_wait([weak = weak_from_this(), signal](failure failed) {
      const auto self = weak.lock();
      if (!self || failed || self->state_ != state::closing) return;
      if (signal == 0) return self->end();
      self->program_->signal(signal);
      self->after_grace(signal == SIGTERM ? SIGKILL : 0);
    });
  }

  void end() {
    state_ = state::ended;
    failure ignored;
    input_.close(ignored);
    output_.close(ignored);
    errors_.close(ignored);
    timer_.cancel();
    drop_queue();
    program_.reset();
    events_ = {};
    if (const auto done = std::exchange(done_, {})) done();
  }

  struct queued_text {
    std::string text;
    fate_fn fate;
  };

  process::io_loop& loop_;
  server_launcher launch_;
  stdio_options options_;
  transport_events events_;
  state state_ = state::fresh;
  stream_descriptor input_;
  stream_descriptor output_;
  stream_descriptor errors_;
  asio::steady_timer timer_;
  line_reader lines_;
  std::shared_ptr<server_program> program_;
  std::deque<queued_text> queue_;
  std::size_t queued_ = 0;
  std::array<char, 64U << 10> bytes_{};
  std::array<char, 4U << 10> error_bytes_{};
  std::string log_;
  bool output_ended_ = false;
  std::optional<std::string> dead_;
  std::function<void()> done_;
};

}  // namespace

std::shared_ptr<transport> over_stdio(process::io_loop& loop, server_launcher launch,
                                      stdio_options options) {
  return std::make_shared<stdio_transport>(loop, std::move(launch), options);
}

}  // namespace skein::mcp
