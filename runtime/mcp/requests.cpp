#include "runtime/mcp/session_state.hpp"

#include <algorithm>
#include <utility>

namespace skein::mcp {

using nlohmann::json;

void session_state::ask(asked what) {
  const auto refuse = [&](error why) { what.done(named(std::move(why))); };
  const bool greeting = what.method == "initialize";
  if (phase_ == phase::closed) {
    return refuse({errc::unavailable, what.method + ": the session has ended", "open a new one"});
  }
  if (pending_.size() >= options_.limits.pending) {
    return refuse(
        {errc::unavailable, what.method + ": too many requests at once", "wait for replies"});
  }
  auto text = request_text(what.id, what.method, what.params);
  if (!text) return refuse(text.error());
  what.params = nullptr;
  const std::int64_t id = what.id;
  const auto end = clock::now() + std::max(what.timeout, what.most);
  auto [at, is_new] =
      pending_.try_emplace(id, pending{std::move(what), std::move(*text), end,
                                       boost::asio::steady_timer(loop_.context()), false, false});
  pending& each = at->second;
  arm(id, each);
  if (phase_ == phase::ready || greeting) {
    transmit(each);
  } else {
    each.waiting = true;
  }
}

void session_state::transmit(pending& each) {
  const std::int64_t id = each.what.id;
  each.waiting = false;
  transport_->send({each.text, id, each.what.method == "initialize"},
                   [weak = weak_from_this(), id](result<> how) {
                     const auto self = weak.lock();
                     if (self && !how) self->undelivered(id, how.error());
                   });
}

void session_state::undelivered(std::int64_t id, const error& why) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  pending& each = found->second;
  const bool may_renew = why.code == errc::stale && !each.again && each.what.method != "initialize";
  if (!may_renew) return finish(id, named(why));
  each.again = true;
  each.waiting = true;
  // Others may have noticed before.
  if (phase_ == phase::ready) greet();
}

void session_state::resume_waiting() {
  std::vector<std::int64_t> waiting;
  for (const auto& [id, each] : pending_) {
    if (each.waiting) waiting.push_back(id);
  }
  for (const std::int64_t id : waiting) {
    const auto found = pending_.find(id);
    if (found != pending_.end() && phase_ == phase::ready) transmit(found->second);
  }
}

void session_state::arm(std::int64_t id, pending& each) {
  each.timer.expires_at(std::min(clock::now() + each.what.timeout, each.end));
  each.timer.async_wait([weak = weak_from_this(), id](boost::system::error_code failed) {
    const auto self = weak.lock();
    if (self && !failed) self->expired(id);
  });
}

void session_state::expired(std::int64_t id) {
  const auto found = pending_.find(id);
  // A timer that was set anew while this was on its way.
  if (found == pending_.end() || found->second.timer.expiry() > clock::now()) return;
  const std::string method = found->second.what.method;
  tell_cancelled(id, "timed out");
  finish(id, named({errc::timeout, method + ": no reply in time", "raise the timeout"}));
}

void session_state::cancel(std::int64_t id) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  const std::string method = found->second.what.method;
  tell_cancelled(id, "no longer wanted");
  finish(id, named({errc::cancelled, method + ": cancelled", ""}));
}

void session_state::tell_cancelled(std::int64_t id, const char* reason) {
  const pending& each = pending_.at(id);
  if (each.waiting || each.what.method == "initialize" || phase_ != phase::ready) return;
  auto text = notification_text("notifications/cancelled", {{"requestId", id}, {"reason", reason}});
  if (text) transport_->send({std::move(*text), 0, false}, [](result<>) {});
}

void session_state::finish(std::int64_t id, result<incoming> reply) {
  auto taken = pending_.extract(id);
  if (taken.empty()) return;
  transport_->forget(id);
  taken.mapped().what.done(std::move(reply));
}

void session_state::finish_all(const error& why) {
  while (!pending_.empty()) finish(pending_.begin()->first, why);
}

}  // namespace skein::mcp
