#include "runtime/mcp/session_state.hpp"

#include "schema/text.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace skein::mcp {
namespace {

using nlohmann::json;

constexpr std::size_t most_identity_bytes = 256;
constexpr std::size_t most_instructions_bytes = 16U << 10;

/// A member that is to be a short text; empty when it is not.
std::string short_text(const json& object, const char* key, std::size_t longest) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return {};
  std::string text = found->get<std::string>();
  return text.size() <= longest ? text : std::string();
}

}  // namespace

session_state::session_state(process::io_loop& loop, std::shared_ptr<transport> over,
                             session_options options)
    : loop_(loop),
      transport_(std::move(over)),
      options_(std::move(options)),
      refresh_timer_(loop.context()) {}

void session_state::open(std::function<void(result<>)> done) {
  on_opened_ = std::move(done);
  phase_ = phase::greeting;
  transport_events events;
  events.message = [weak = weak_from_this()](std::string text) {
    if (const auto self = weak.lock()) self->received(std::move(text));
  };
  events.closed = [weak = weak_from_this()](error why) {
    if (const auto self = weak.lock()) self->lost(std::move(why));
  };
  transport_->open(std::move(events), [self = shared_from_this()](result<> opened) {
    if (!opened) return self->lost(opened.error());
    if (self->phase_ == phase::greeting) self->greet();
  });
}

void session_state::greet() {
  phase_ = phase::greeting;
  json capabilities = json::object();
  if (options_.elicit) capabilities["elicitation"] = json::object();
  const json params{{"protocolVersion", std::string(offered_revision().name)},
                    {"capabilities", std::move(capabilities)},
                    {"clientInfo", {{"name", "skein"}, {"version", options_.client_version}}}};
  const auto time = options_.limits.handshake;
  ask({next_id(), "initialize", params, time, time,
       [self = shared_from_this()](result<incoming> reply) { self->greeted(std::move(reply)); }});
}

result<server_identity> session_state::read_greeting(const incoming& reply) {
  if (reply.what == incoming::kind::failure) {
    return error{errc::unavailable,
                 "the server refused the handshake: " +
                     schema::detail::in_quotes(short_text(reply.body, "message", 1000), 200),
                 "look at the server's version and what it logged"};
  }
  const auto broken = [](const std::string& what) {
    return error{errc::unavailable, "the server's handshake is broken: " + what,
                 "look at the server's version"};
  };
  if (!reply.body.is_object()) return broken("its answer is no object");
  const std::string chosen = short_text(reply.body, "protocolVersion", 64);
  SKEIN_TRY(agreed, agree_on(chosen, options_.also_accept));
  const auto info = reply.body.find("serverInfo");
  if (info == reply.body.end() || !info->is_object()) return broken("no serverInfo");
  server_identity out;
  out.revision = chosen;
  out.name = short_text(*info, "name", most_identity_bytes);
  out.version = short_text(*info, "version", most_identity_bytes);
  if (out.name.empty()) return broken("no serverInfo.name");
  const auto capabilities = reply.body.find("capabilities");
  if (capabilities == reply.body.end() || !capabilities->is_object()) {
    return broken("no capabilities");
  }
  const auto tools = capabilities->find("tools");
  out.has_tools = tools != capabilities->end() && tools->is_object();
  out.instructions = short_text(reply.body, "instructions", most_instructions_bytes);
  revision_ = agreed;
  return out;
}

void session_state::greeted(result<incoming> reply) {
  if (phase_ != phase::greeting) return;
  if (!reply) return lost(reply.error());
  auto identity = read_greeting(*reply);
  if (!identity) return lost(identity.error());
  const auto as_before = [this](const server_identity& now) {
    return now.name == server_.name && now.version == server_.version &&
           now.revision == server_.revision && now.has_tools == server_.has_tools;
  };
  if (had_session_ && !as_before(*identity)) {
    return lost(error{errc::conflict, "the server is another one than when the session began",
                      "approve its tools anew"});
  }
  if (!had_session_) server_ = std::move(*identity);
  transport_->agreed(*revision_);
  announce();
}

void session_state::announce() {
  phase_ = phase::announcing;
  auto text = notification_text("notifications/initialized", nullptr);
  if (!text) return lost(text.error());
  transport_->send({std::move(*text), 0, false}, [self = shared_from_this()](result<> taken) {
    if (self->phase_ != phase::announcing) return;
    if (!taken) return self->lost(taken.error());
    self->phase_ = phase::ready;
    self->transport_->listen();
    const bool renewed = std::exchange(self->had_session_, true);
    self->opened({});
    // What it offers may have changed with the session.
    if (renewed) self->list_changed();
    self->resume_waiting();
  });
}

void session_state::opened(result<> how) {
  if (const auto done = std::exchange(on_opened_, {})) done(std::move(how));
}

error session_state::named(error of) const {
  of.message = "mcp server " + options_.server + ": " + of.message;
  return of;
}

void session_state::lost(error why) {
  if (phase_ == phase::closed) return;
  phase_ = phase::closed;
  refresh_timer_.cancel();
  const error told = named(std::move(why));
  finish_all(told);
  if (had_session_ && options_.on_closed) options_.on_closed(told);
  options_.on_closed = {};
  options_.on_tools = {};
  // Not before the transport is closed: then its log is whole.
  transport_->close([self = shared_from_this(), told] { self->opened(told); });
}

void session_state::close(std::function<void()> done) {
  if (phase_ != phase::closed) {
    phase_ = phase::closed;
    refresh_timer_.cancel();
    options_.on_closed = {};
    options_.on_tools = {};
    finish_all(named({errc::cancelled, "the session was closed", ""}));
  }
  transport_->close([self = shared_from_this(), done = std::move(done)] {
    self->opened(self->named({errc::cancelled, "the session was closed", ""}));
    if (done) done();
  });
}

}  // namespace skein::mcp
