#include "runtime/http/engine.hpp"

#include <algorithm>
#include <csignal>

namespace skein::http {
namespace {

constexpr long most_idle_connections = 64;
constexpr int longest_wait_ms = 60'000;

bool libcurl_is_ready() {
  static const bool ready = ::curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

}  // namespace

engine::engine() {
  if (libcurl_is_ready()) multi_ = ::curl_multi_init();
  if (multi_ == nullptr) throw std::bad_alloc();
  ::curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, most_idle_connections);
  // Signals belong to the main thread: this one starts with all of them blocked.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] {
    run();
    const auto last = std::move(last_owner_);
  });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

engine::~engine() {
  ::curl_multi_cleanup(multi_);
}

void engine::stop() {
  if (std::this_thread::get_id() == thread_.get_id()) {
    // The last owner let go within a callback: nobody is left to wait for the thread.
    stopping_ = true;
    last_owner_ = shared_from_this();
    return thread_.detach();
  }
  post([this] { stopping_ = true; });
  thread_.join();
}

void engine::post(std::function<void()> command) {
  const std::lock_guard held(guard_);
  if (!open_) return;
  commands_.push_back(std::move(command));
  ::curl_multi_wakeup(multi_);
}

std::uint64_t engine::begin(request wanted, listener heard) {
  std::uint64_t number = 0;
  bool open = false;
  {
    const std::lock_guard held(guard_);
    number = next_++;
    open = open_;
  }
  if (!open) {
    // Asked for by one of the last callbacks.
    if (heard.done) heard.done(error{errc::cancelled, "start a request: the client ended", ""});
    return number;
  }
  post([this, number, wanted = std::move(wanted), heard = std::move(heard)]() mutable {
    add(number, std::move(wanted), std::move(heard));
  });
  return number;
}

std::uint64_t engine::begin_timer(std::chrono::milliseconds delay, std::function<void()> then) {
  std::uint64_t number = 0;
  {
    const std::lock_guard held(guard_);
    number = next_++;
  }
  const auto at = clock::now() + std::max(delay, std::chrono::milliseconds(0));
  post([this, at, number, then = std::move(then)]() mutable {
    timers_.emplace(at, timer{number, std::move(then)});
  });
  return number;
}

// ── The thread ────────────────────────────────────────────────────────────────────────────────

void engine::run() {
  while (!stopping_) {
    run_commands();
    run_timers();
    int running = 0;
    ::curl_multi_perform(multi_, &running);
    collect();
    if (!stopping_) ::curl_multi_poll(multi_, nullptr, 0, until_next_timer(), nullptr);
  }
  {
    // From here on nothing is added: a callback below that starts a request hears of its end below.
    const std::lock_guard held(guard_);
    open_ = false;
  }
  run_commands();
  while (!transfers_.empty())
    remove(transfers_.begin()->first, [](transfer& one) {
      one.fail({errc::cancelled, one.shown() + ": the client ended", ""});
    });
  timers_.clear();
}

void engine::run_commands() {
  std::vector<std::function<void()>> now;
  {
    const std::lock_guard held(guard_);
    now.swap(commands_);
  }
  for (const auto& command : now) command();
}

void engine::run_timers() {
  const auto now = clock::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    timer due = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    if (due.then) {
      due.then();
      continue;
    }
    const auto found = transfers_.find(due.number);
    if (found == transfers_.end()) continue;
    const auto until = found->second->quiet_until();
    if (until > now)
      timers_.emplace(until, std::move(due));
    else
      remove(due.number, [](transfer& one) {
        one.fail({errc::timeout,
                  one.shown() + ": nothing was heard for " +
                      std::to_string(one.idle_timeout().count()) + " ms",
                  ""});
      });
  }
}

int engine::until_next_timer() const {
  if (timers_.empty()) return longest_wait_ms;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - clock::now());
  return static_cast<int>(
      std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, longest_wait_ms));
}

void engine::collect() {
  int left = 0;
  while (const CURLMsg* message = ::curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    char* number = nullptr;
    ::curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &number);
    remove(reinterpret_cast<std::uintptr_t>(number), [code](transfer& one) { one.finish(code); });
  }
}

void engine::add(std::uint64_t number, request wanted, listener heard) {
  auto made = std::make_unique<transfer>(std::move(wanted), std::move(heard));
  if (const auto ready = made->prepare(); !ready) return made->fail(ready.error());
  ::curl_easy_setopt(made->handle(), CURLOPT_PRIVATE,
                     reinterpret_cast<void*>(static_cast<std::uintptr_t>(number)));
  if (::curl_multi_add_handle(multi_, made->handle()) != CURLM_OK)
    return made->fail({errc::internal, made->shown() + ": libcurl did not take the request", ""});
  timers_.emplace(made->quiet_until(), timer{number, {}});
  transfers_.emplace(number, std::move(made));
}

void engine::remove(std::uint64_t number, const std::function<void(transfer&)>& last) {
  const auto found = transfers_.find(number);
  if (found == transfers_.end()) return;
  const std::unique_ptr<transfer> gone = std::move(found->second);
  transfers_.erase(found);
  ::curl_multi_remove_handle(multi_, gone->handle());
  last(*gone);
}

void engine::cancel(std::uint64_t number) {
  remove(number, [](transfer& one) {
    one.fail({errc::cancelled, one.shown() + ": cancelled", ""});
  });
  std::erase_if(timers_, [number](const auto& entry) { return entry.second.number == number; });
}

void engine::pause(std::uint64_t number) {
  if (const auto found = transfers_.find(number); found != transfers_.end()) found->second->pause();
}

void engine::resume(std::uint64_t number) {
  const auto found = transfers_.find(number);
  if (found == transfers_.end() || found->second->resume()) return;
  remove(number, [](transfer& one) { one.finish(CURLE_WRITE_ERROR); });
}

}  // namespace skein::http
