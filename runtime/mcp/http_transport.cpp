#include "runtime/mcp/http_transport.hpp"

#include "runtime/mcp/http_flow.hpp"
#include "runtime/mcp/message.hpp"
#include "schema/text.hpp"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace skein::mcp {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// What the session waits for is ended by the session; this is for when nobody does.
constexpr auto day = 24h;
constexpr auto note_time = 30s;
/// How long a stream may go on after it brought the reply, so that its connection can be kept.
constexpr auto linger_time = 500ms;
constexpr auto long_stream = 10s;
constexpr std::size_t most_complaint_bytes = 16U << 10;
constexpr std::size_t much_backlog = 1U << 20;
constexpr std::size_t most_backlog = 16U << 20;

class http_transport : public transport, public std::enable_shared_from_this<http_transport> {
 public:
  http_transport(process::io_loop& loop, std::shared_ptr<http::client> client, http_options options)
      : loop_(loop), client_(std::move(client)), options_(std::move(options)) {}
  ~http_transport() override {
    for (const auto& each : flows_) {
      if (each->exchange) each->exchange->cancel();
    }
  }

  void open(transport_events events, std::function<void(result<>)> done) override {
    events_ = std::move(events);
    done({});
  }

  void send(outgoing message, fate_fn fate) override {
    if (closed_ || flows_.size() >= options_.exchanges) {
      fate(error{errc::unavailable, "write to the server: too many messages are under way",
                 "wait for replies"});
      return;
    }
    if (message.initialize) {
      session_.clear();
      version_.clear();
    }
    const auto one = add(message.id != 0 ? flow_kind::request : flow_kind::note);
    one->id = message.id;
    one->initialize = message.initialize;
    one->fate = std::move(fate);
    one->in_session = !session_.empty();
    http::request asked = request("POST");
    asked.headers.push_back({"Content-Type", "application/json"});
    asked.headers.push_back({"Accept", "application/json, text/event-stream"});
    asked.body = std::move(message.text);
    if (one->kind == flow_kind::note) asked.total_timeout = note_time;
    start(one, std::move(asked));
  }

  void forget(std::int64_t id) override {
    const auto found = std::find_if(flows_.begin(), flows_.end(), [&](const flow_ptr& each) {
      return each->kind == flow_kind::request && each->id == id;
    });
    if (found == flows_.end()) return;
    const flow_ptr one = *found;
    one->fate = {};
    if (!one->delivering) return drop(one);
    // The reply came on its own stream, which the server may now end properly.
    if (one->body == body_kind::events) linger(one);
  }

  void agreed(const revision& on) override {
    version_ = on.version_header ? std::string(on.name) : std::string();
  }

  void listen() override {
    if (!options_.listen || closed_) return;
    for (const flow_ptr& each : std::vector<flow_ptr>(flows_)) {
      if (each->kind == flow_kind::listening) drop(each);
    }
    connect(add(flow_kind::listening));
  }

  void close(std::function<void()> done) override {
    const bool first = !std::exchange(closed_, true);
    for (const flow_ptr& each : std::vector<flow_ptr>(flows_)) drop(each);
    events_ = {};
    if (!first || session_.empty()) return done();
    http::request asked = request("DELETE");
    asked.total_timeout = options_.farewell;
    asked.connect_timeout = options_.farewell;
    http::listener heard;
    // Whether the server minds is nothing to us: 405 says that it does not end sessions so.
    // What is left to do waits on the loop, and only there.
    const auto parting = std::make_shared<asio::steady_timer>(loop_.context(), day);
    parting->async_wait([parting, done = std::move(done)](const auto&) { done(); });
    heard.done = [door = loop_.door(), weak = std::weak_ptr(parting)](const result<http::reply>&) {
      door->post([weak] {
        if (const auto waiting = weak.lock()) waiting->cancel();
      });
    };
    client_->start(std::move(asked), std::move(heard));
  }

  [[nodiscard]] std::string log() const override { return {}; }

 private:
  using flow_ptr = std::shared_ptr<flow>;

  flow_ptr add(flow_kind kind) {
    flows_.push_back(std::make_shared<flow>(loop_.context(), kind, most_message_bytes));
    return flows_.back();
  }

  [[nodiscard]] http::request request(std::string method) const {
    http::request out;
    out.method = std::move(method);
    out.url = options_.url;
    out.headers = options_.headers;
    if (!version_.empty()) out.headers.push_back({"MCP-Protocol-Version", version_});
    if (!session_.empty()) out.headers.push_back({"Mcp-Session-Id", session_});
    out.proxy = options_.proxy;
    out.ca_file = options_.ca_file;
    out.idle_timeout = day;
    out.total_timeout = day;
    return out;
  }

  /// Opens the GET of a stream.
  void connect(const flow_ptr& one) {
    http::request asked = request("GET");
    asked.headers.push_back({"Accept", "text/event-stream"});
    if (!one->events.last_id().empty()) {
      asked.headers.push_back({"Last-Event-ID", one->events.last_id()});
    }
    one->events.reconnected();
    start(one, std::move(asked));
  }

  /// What the HTTP thread calls only hands over: it must hold no last reference to anything here.
  void start(const flow_ptr& one, http::request asked) {
    asked.max_reply_bytes = options_.reply_bytes;
    const std::uint64_t turn = ++one->turn;
    one->behind = std::make_shared<backlog>(0);
    one->since = std::chrono::steady_clock::now();
    one->paused = false;
    one->status = 0;
    one->body = body_kind::unread;
    one->text.clear();
    const auto handed = [door = loop_.door(), weak = weak_from_this(),
                         weak_flow = std::weak_ptr<flow>(one), turn](auto work) {
      door->post([weak, weak_flow, turn, work = std::move(work)]() mutable {
        const auto self = weak.lock();
        const auto still = weak_flow.lock();
        if (self && still && still->turn == turn) work(*self, still);
      });
    };
    http::listener heard;
    heard.head = [handed](const http::reply& head) {
      handed([head](http_transport& self, const flow_ptr& on) { self.headed(on, head); });
    };
    heard.data = [handed, behind = one->behind](std::string_view bytes) {
      if (behind->fetch_add(bytes.size()) > most_backlog) return false;
      handed([text = std::string(bytes)](http_transport& self, const flow_ptr& on) {
        self.received(on, text);
      });
      return true;
    };
    heard.done = [handed](const result<http::reply>& how) {
      handed([how](http_transport& self, const flow_ptr& on) { self.ended(on, how); });
    };
    one->exchange = client_->start(std::move(asked), std::move(heard));
  }

  void headed(const flow_ptr& one, const http::reply& head) {
    one->status = head.status;
    if (head.status < 200 || head.status >= 300) {
      one->body = body_kind::complaint;
      return;
    }
    if (one->initialize) {
      if (const std::string* id = head.find("mcp-session-id")) {
        if (!is_session_id(*id)) {
          return fail(one, {errc::unavailable, "the server's session id is not printable text",
                            "look at the server"});
        }
        session_ = *id;
      }
    }
    if (one->kind == flow_kind::note) {
      one->body = body_kind::complaint;
      return;
    }
    const std::string type = media_type(head.find("content-type"));
    if (type == "text/event-stream") {
      one->body = body_kind::events;
    } else if (type == "application/json" && one->kind == flow_kind::request && !one->resuming) {
      one->body = body_kind::json;
    } else if (one->kind == flow_kind::listening) {
      drop(one);
    } else {
      fail(one, {errc::unavailable,
                 "the server answers with content type " + schema::detail::in_quotes(type, 60) +
                     ", expected application/json or text/event-stream",
                 "check that the address is one of an MCP server"});
    }
  }

  void received(const flow_ptr& one, const std::string& bytes) {
    // Read only as fast as it is used here.
    const std::size_t behind = one->behind->fetch_sub(bytes.size()) - bytes.size();
    if (!one->paused && behind > much_backlog) {
      one->paused = true;
      one->exchange->pause();
    } else if (one->paused && behind == 0) {
      one->paused = false;
      one->exchange->resume();
    }
    one->bytes += bytes.size();
    if (one->bytes > options_.reply_bytes) return too_long(one);
    if (one->body == body_kind::events) {
      feed(one, bytes);
    } else if (one->body == body_kind::json) {
      if (one->text.size() + bytes.size() > most_message_bytes) return too_long(one);
      one->text += bytes;
    } else if (one->text.size() < most_complaint_bytes) {
      one->text += bytes;
    } else if (one->exchange) {
      one->exchange->cancel();
    }
  }

  void too_long(const flow_ptr& one) {
    fail(one, {errc::unavailable, "the server's reply is too long", "ask for less"});
  }

  void feed(const flow_ptr& one, const std::string& bytes) {
    const std::string before = one->events.last_id();
    const bool bounded = one->events.feed(bytes, [&](const std::string& type, std::string data) {
      one->quiet = 0;
      if (!data.empty() && (type.empty() || type == "message")) deliver(one, std::move(data));
      return is_flowing(one);
    });
    if (one->events.last_id() != before) one->quiet = 0;
    if (!bounded && is_flowing(one)) too_long(one);
  }

  void deliver(const flow_ptr& one, std::string text) {
    const auto message = events_.message;
    if (!message) return;
    one->delivering = true;
    message(std::move(text));
    one->delivering = false;
  }

  void ended(const flow_ptr& one, const result<http::reply>& how) {
    if (how && one->status == 0) one->status = how->status;
    if (one->body == body_kind::complaint) return refused(one);
    if (one->kind == flow_kind::note) {
      if (how) return taken(one);
      return fail(one, how.error());
    }
    if (how && one->body == body_kind::json) {
      deliver(one, std::move(one->text));
      return fail(one, {errc::unavailable, "the server's answer is no reply to what was asked",
                        "look at the server"});
    }
    const bool was_stream = one->body == body_kind::events;
    const bool may_resume =
        one->kind == flow_kind::listening
            ? was_stream || one->resuming
            : one->fate && (was_stream || one->resuming) && !one->events.last_id().empty();
    if (may_resume && resume_later(one)) return;
    if (!how) return fail(one, how.error());
    fail(one,
         {errc::unavailable, "the server's answer ended before the reply", "look at the server"});
  }

  /// A status other than success, or the body of a success that is not wanted.
  void refused(const flow_ptr& one) {
    if (one->status >= 200 && one->status < 300) return taken(one);
    // Not for a resumed stream: the server took that request, and must not be given it twice.
    const bool forgotten = one->status == 404 && one->in_session && !one->initialize &&
                           one->kind != flow_kind::listening && !one->resuming;
    if (forgotten) {
      return fail(one, {errc::stale, "the server has forgotten the session", "begin a new one"});
    }
    fail(one, refusal_of(one->status, one->text));
  }

  void taken(const flow_ptr& one) {
    const auto fate = std::exchange(one->fate, {});
    drop(one);
    if (fate) fate({});
  }

  bool resume_later(const flow_ptr& one) {
    // Listening goes on as long as the session, at a bearable rate.
    if (one->kind == flow_kind::listening &&
        std::chrono::steady_clock::now() - one->since > long_stream) {
      one->quiet = 0;
      one->resumptions = 0;
      one->bytes = 0;
    }
    if (closed_ || one->resumptions >= options_.resumptions ||
        one->quiet >= options_.quiet_resumptions) {
      return false;
    }
    const auto wait = one->events.retry().value_or(options_.retry);
    if (wait > options_.longest_retry) return false;
    ++one->resumptions;
    ++one->quiet;
    one->resuming = true;
    one->timer.expires_after(wait);
    one->timer.async_wait([weak = weak_from_this(), one](boost::system::error_code failed) {
      const auto self = weak.lock();
      if (self && !failed && self->is_flowing(one)) self->connect(one);
    });
    return true;
  }

  void linger(const flow_ptr& one) {
    one->timer.expires_after(linger_time);
    one->timer.async_wait([weak = weak_from_this(), one](boost::system::error_code failed) {
      const auto self = weak.lock();
      if (self && !failed) self->drop(one);
    });
  }

  [[nodiscard]] bool is_flowing(const flow_ptr& one) const {
    return std::find(flows_.begin(), flows_.end(), one) != flows_.end();
  }

  void fail(const flow_ptr& one, const error& why) {
    const auto fate = std::exchange(one->fate, {});
    drop(one);
    if (fate) fate(why);
  }

  void drop(const flow_ptr& one) {
    const auto found = std::find(flows_.begin(), flows_.end(), one);
    if (found == flows_.end()) return;
    // Held by the caller, or else by this.
    const flow_ptr held = *found;
    flows_.erase(found);
    ++held->turn;
    held->timer.cancel();
    held->fate = {};
    if (held->exchange) held->exchange->cancel();
  }

  process::io_loop& loop_;
  std::shared_ptr<http::client> client_;
  const http_options options_;
  transport_events events_;
  std::vector<flow_ptr> flows_;
  std::string session_;
  std::string version_;
  bool closed_ = false;
};

}  // namespace

std::shared_ptr<transport> over_http(process::io_loop& loop, std::shared_ptr<http::client> client,
                                     http_options options) {
  return std::make_shared<http_transport>(loop, std::move(client), std::move(options));
}

}  // namespace skein::mcp
