#include "cli/watch/watch_end.hpp"

#include "cli/signals.hpp"

namespace skein::cli {

namespace {

constexpr std::chrono::seconds stop_deadline{30};
/// More than the deadline: cells die with the process, so nothing is gained by waiting on.
constexpr std::chrono::seconds longest_end{45};
constexpr std::chrono::seconds check_period{1};

}  // namespace

result<> fleet_check::look(actors::fleet_client& fleet) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return {};
  next_ = now + check_period;
  SKEIN_TRY(active, fleet.active());
  if (!active.store_failed) return {};
  return error{errc::io, "the fleet cannot keep its state any more: " + active.reason,
               "see `skein doctor`; what was acknowledged is safe, run the same command again"};
}

int end_interrupted(const global_options& global, fleet_access& access, const std::string& resume) {
  if (access.embedded) {
    exit_within(longest_end, exit_interrupted);
    say(global, "interrupted: parking what is at work (interrupt again to leave at once)");
    let_go(access);
    say(global, "resume with: " + resume);
  } else {
    (void)access.fleet->stop(std::chrono::seconds{5});
    say(global, "interrupted: the daemon (pid " + std::to_string(access.daemon_pid) +
                    ") goes on; look again with: " + resume);
  }
  return exit_interrupted;
}

int end_flight(fleet_access& access, int code) {
  exit_within(longest_end, code);
  let_go(access);
  return code;
}

void let_go(fleet_access& access) {
  if (auto stopped = access.fleet->stop(stop_deadline); !stopped) warn(stopped.error().message);
  access.fleet.reset();
}

}  // namespace skein::cli
