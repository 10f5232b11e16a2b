#include "cli/control/directory_watch.hpp"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace skein::cli::control {

namespace {

/// A watch may miss what happens on another machine's side of a network file system.
constexpr std::chrono::milliseconds longest_wait{1000};
constexpr std::chrono::milliseconds longest_blind_wait{200};

}  // namespace

directory_watch::directory_watch(const std::filesystem::path& directory)
    : events_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  constexpr auto wanted = IN_CREATE | IN_MODIFY | IN_DELETE | IN_ONLYDIR;
  if (events_ && ::inotify_add_watch(events_.get(), directory.c_str(), wanted) < 0) events_.reset();
}

void directory_watch::wait(std::chrono::milliseconds longest) const {
  longest = std::clamp(longest, std::chrono::milliseconds{0},
                       events_ ? longest_wait : longest_blind_wait);
  pollfd source{events_.get(), POLLIN, 0};  // a negative descriptor is skipped by poll
  ::poll(&source, 1, static_cast<int>(longest.count()));
  if (!events_) return;
  std::array<char, 16384> seen{};
  while (::read(events_.get(), seen.data(), seen.size()) > 0) {
  }
}

}  // namespace skein::cli::control
