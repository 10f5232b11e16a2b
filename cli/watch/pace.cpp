#include "cli/watch/pace.hpp"

#include "cli/signals.hpp"

#include <algorithm>

namespace skein::cli {

namespace {

/// Looking takes at most a fifth of the time.
constexpr int idle_share = 4;

std::chrono::milliseconds rounded_up(pace::clock::duration value) {
  return std::chrono::ceil<std::chrono::milliseconds>(value);
}

}  // namespace

void pace::wait(actors::fleet_client& fleet) const {
  const auto looked = clock::now();
  const auto due = std::max(began_ + shortest_, looked + (looked - began_) * idle_share);
  fleet.wait_for_commit(std::max(longest_, rounded_up(due - looked)));
  // Something was committed; the look waits until it is due. An interrupt cuts the wait short.
  for (auto now = clock::now(); now < due && interrupts() == 0; now = clock::now()) {
    if (wait_for_interrupt(rounded_up(due - now))) return;
  }
}

}  // namespace skein::cli
