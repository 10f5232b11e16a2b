// A thread that reads a signalfd and keeps the deadline of an orderly end.
#include "cli/signals.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <thread>

namespace skein::cli {

namespace {

constexpr int interrupted_code = 130;

std::int64_t monotonic_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

// The process has one set of signals, so this is one object, never destroyed: the thread outlives
// main.
struct watch {
  std::atomic<int> count{0};
  std::atomic<int> first{0};
  std::atomic<int> exit_at{INT_MAX};
  std::atomic<std::int64_t> deadline_ms{INT64_MAX};
  std::atomic<int> deadline_code{1};
  std::atomic<int> signals{-1};
  int raised = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);   ///< readable from the first interrupt on
  int changed = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);  ///< a deadline was set
};

watch& the_watch() {
  static auto* const it = new watch;
  return *it;
}

int poll_timeout(std::int64_t deadline_ms) {
  if (deadline_ms == INT64_MAX) return -1;
  return static_cast<int>(std::clamp<std::int64_t>(deadline_ms - monotonic_ms(), 0, INT_MAX));
}

void ring(int event) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(event, &one, sizeof one);
}

void note_signal(watch& on, int number) {
  int none = 0;
  on.first.compare_exchange_strong(none, number);
  if (on.count.fetch_add(1) + 1 >= on.exit_at.load()) ::_exit(interrupted_code);
  ring(on.raised);
}

void keep_watch(watch& on) {
  for (;;) {
    pollfd sources[2] = {{on.signals.load(), POLLIN, 0}, {on.changed, POLLIN, 0}};
    const int ready = ::poll(sources, 2, poll_timeout(on.deadline_ms.load()));
    if (ready < 0 && errno != EINTR) return;
    if (monotonic_ms() >= on.deadline_ms.load()) ::_exit(on.deadline_code.load());
    if (ready <= 0) continue;
    if (sources[1].revents != 0) {
      std::uint64_t rung = 0;
      [[maybe_unused]] const auto drained = ::read(on.changed, &rung, sizeof rung);
    }
    if (sources[0].revents == 0) continue;
    signalfd_siginfo what{};
    if (::read(sources[0].fd, &what, sizeof what) == sizeof what) {
      note_signal(on, static_cast<int>(what.ssi_signo));
    }
  }
}

bool is_ignored(int number) {
  struct sigaction now {};
  return ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

void block_signals() {
  auto& on = the_watch();
  if (on.signals.load() >= 0) return;
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t wanted;
  ::sigemptyset(&wanted);
  ::sigaddset(&wanted, SIGTERM);
  // A blocked signal reaches a signalfd even when it is ignored.
  for (const int number : {SIGINT, SIGHUP}) {
    if (!is_ignored(number)) ::sigaddset(&wanted, number);
  }
  ::pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
  on.signals = ::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
  if (on.signals.load() < 0) {  // better no orderly end than none at all
    ::pthread_sigmask(SIG_UNBLOCK, &wanted, nullptr);
    return;
  }
  std::thread([&on] { keep_watch(on); }).detach();
}

int interrupts() {
  return the_watch().count.load();
}

int interrupted_by() {
  return the_watch().first.load();
}

bool wait_for_interrupt(std::chrono::milliseconds longest) {
  auto& on = the_watch();
  pollfd source{on.raised, POLLIN, 0};
  const auto timeout = std::clamp<std::int64_t>(longest.count(), 0, INT_MAX);
  ::poll(&source, 1, static_cast<int>(timeout));
  return on.count.load() > 0;
}

void exit_at_interrupt(int count) {
  auto& on = the_watch();
  on.exit_at = count;
  if (on.count.load() >= count) ::_exit(interrupted_code);
}

void exit_within(std::chrono::milliseconds longest, int code) {
  auto& on = the_watch();
  on.deadline_code = code;
  on.deadline_ms = monotonic_ms() + longest.count();
  ring(on.changed);
}

}  // namespace skein::cli
