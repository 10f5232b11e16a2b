// Letting people in. What they may do then is in session.cpp.
#include "actors/console/console.hpp"

#include "actors/console/pki.hpp"
#include "actors/console/session.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <map>

namespace skein::console {

namespace {

constexpr std::size_t most_sessions = 128;
/// A wrong token is answered after 0.2 s, and twice as late each time, up to this.
constexpr std::chrono::milliseconds first_delay{200};
constexpr std::chrono::milliseconds longest_delay{5000};
/// So many wrong ones wait for their answer; more get none.
constexpr std::size_t most_delayed = 64;
/// Guessing is forgiven at this pace.
constexpr std::int64_t forgiven_every_ms = 10'000;
constexpr int most_notes_waiting = 256;

using inner_actor = wire::console_actor::extend<caf::reacts_to<desk_answered>>;

class gate final : public gated<inner_actor::base, wire::hello> {
 public:
  gate(caf::actor_config& config, surroundings_ptr world)
      : gated(config), world_(std::move(world)), book_(world_->operators) {
    set_down_handler([this](const caf::down_msg& gone) { sessions_.erase(gone.source); });
  }

 private:
  using greeting = caf::typed_response_promise<wire::welcome, wire::session_actor>;

  behavior_type make_behavior() override {
    return {[this](wire::hello& said) { return greet(said); },
            [this](desk_answered& back) { back.deliver ? back.deliver() : close(); }};
  }

  void close() {
    for (const auto& [address, each] : sessions_) stop_session(each);
    quit();
  }

  greeting greet(wire::hello& said) {
    taken();
    // Making the promise takes the sender away.
    const auto client = caf::actor_cast<caf::strong_actor_ptr>(current_sender());
    auto promise = make_response_promise<wire::welcome, wire::session_actor>();
    if (said.version != wire::protocol_version) {
      promise.deliver(
          refusal({errc::unsupported,
                   "the fleet speaks version " + std::to_string(wire::protocol_version) +
                       " of the remote protocol, this client version " +
                       std::to_string(said.version),
                   "the fleet runs skein " + world_->program}),
          wire::session_actor{});
      return promise;
    }
    const auto* row =
        said.token.size() > wire::longest_word ? nullptr : book_.with_token(said.token);
    if (row == nullptr) return slowly(promise, "remote", {}, "its token is not known here");
    if (!row->usable(world_->now_ms())) {
      return slowly(promise, row->name, row->tenant,
                    row->revoked_ms != 0 ? "its token is revoked" : "its token has expired");
    }
    if (sessions_.size() >= most_sessions || !client) {
      promise.deliver(refusal({errc::refused, "all sessions are in use", "try again later"}),
                      wire::session_actor{});
      return promise;
    }
    admit(promise, *row, client);
    return promise;
  }

  void admit(greeting& promise, const operator_row& row, const caf::strong_actor_ptr& client) {
    const identity who{row.name, row.role, row.tenant};
    wire::welcome out;
    out.program = world_->program;
    out.server = world_->server;
    out.operator_name = who.name;
    out.role = to_string(who.role);
    out.tenant = who.tenant;
    out.seal = random_hex(16);
    auto session = spawn_session(system(), world_, {who, row.token_sha256, out.seal, client});
    monitor(session);
    sessions_.emplace(session.address(), session);
    world_->note({"session_opened", who.name, who.tenant, "role " + out.role});
    promise.deliver(std::move(out), session);
  }

  /// Guessing costs time, but nobody's thread.
  greeting slowly(greeting promise, const std::string& by, const std::string& tenant,
                  const std::string& why) {
    const auto now = world_->now_ms();
    const auto forgiven = (now - last_wrong_ms_) / forgiven_every_ms;
    wrong_ = forgiven >= wrong_ ? 0 : wrong_ - std::max<std::int64_t>(forgiven, 0);
    last_wrong_ms_ = now;
    const auto delay =
        std::min(longest_delay, first_delay * (1 << std::min<std::int64_t>(wrong_, 8)));
    ++wrong_;
    if (delayed_ >= most_delayed) return promise;
    ++delayed_;
    world_->note({"hello_refused", by, tenant, why});
    delayed_send(inner_actor{this}, delay, desk_answered{[this, promise, why]() mutable {
                   --delayed_;
                   promise.deliver(
                       refusal({errc::unauthorised, "the fleet does not let you in: " + why,
                                "ask for new credentials: `skein operator rotate NAME` on the "
                                "fleet's machine"}),
                       wire::session_actor{});
                 }});
    return promise;
  }

  wire::welcome refusal(const error& why) const {
    wire::welcome out;
    out.program = world_->program;
    out.failed = to_string(why.code);
    out.message = why.message;
    out.remedy = why.remedy;
    return out;
  }

  surroundings_ptr world_;
  operator_book book_;
  std::map<caf::actor_addr, wire::session_actor> sessions_;
  std::size_t delayed_ = 0;
  std::int64_t wrong_ = 0;
  std::int64_t last_wrong_ms_ = 0;
};

}  // namespace

surroundings::surroundings(console::desk& at, std::filesystem::path operators_file,
                           std::string release, std::string server_name,
                           std::function<std::int64_t()> clock)
    : desk(at),
      operators(std::move(operators_file)),
      program(std::move(release)),
      server(std::move(server_name)),
      now_ms(std::move(clock)) {}

void surroundings::post(lane which, std::function<void()> work) {
  if (closed_.load()) return;
  auto& pool = which == lane::slow ? slow_ : which == lane::order ? orders_ : reads_;
  boost::asio::post(pool, std::move(work));
}

void surroundings::note(act happened) {
  if (closed_.load()) return;
  if (notes_waiting_.fetch_add(1) >= most_notes_waiting) {
    notes_waiting_.fetch_sub(1);
    spdlog::warn("remote port: not audited, too much at once: {} by {}: {}", happened.kind,
                 happened.by, happened.what);
    return;
  }
  boost::asio::post(notes_, [this, happened = std::move(happened)] {
    desk.note(happened);
    notes_waiting_.fetch_sub(1);
  });
}

void surroundings::close() {
  closed_.store(true);
  for (auto* each : {&slow_, &orders_, &reads_, &notes_}) {
    each->stop();
    each->join();
  }
}

void stop_console(const wire::console_actor& which) {
  caf::anon_send(caf::actor_cast<inner_actor>(which), desk_answered{});
}

wire::console_actor spawn_console(caf::actor_system& system, surroundings_ptr world) {
  return system.spawn<gate>(std::move(world));
}

}  // namespace skein::console
