#include "cli/fleet_access.hpp"

#include "actors/embedded_fleet.hpp"
#include "cli/control/client.hpp"
#include "cli/control/directory_watch.hpp"
#include "cli/control/offered_fleet.hpp"
#include "cli/output.hpp"
#include "cli/remote/remote_fleet.hpp"
#include "cli/remote/session.hpp"
#include "cli/render/printable.hpp"
#include "cli/settings.hpp"
#include "cli/signals.hpp"

#include <spdlog/spdlog.h>

#include <unistd.h>

#include <chrono>

namespace skein::cli {

namespace {

using clock = std::chrono::steady_clock;

/// How long an owner may take from its lock to its control socket: it recovers in between.
constexpr std::chrono::seconds longest_start{20};
constexpr std::chrono::milliseconds look_again{200};

/// These have to fly what they submit themselves, or leave it to a daemon.
bool brings_work(const std::string& command) {
  return command == "run" || command == "campaign run" || command == "campaign retry";
}

error in_use(const store::state_layout& layout, int pid, const std::string& command,
             const std::string& but) {
  std::string message = "state directory " + layout.root.string() + " is in use by ";
  message += pid > 0 ? "pid " + std::to_string(pid) : "another process";
  if (!command.empty()) message += " (" + command + ")";
  return {errc::in_use, message + but,
          "wait for it, stop it, or use another directory with --state-dir"};
}

result<fleet_access> embed(const global_options& global, const access_wish& wish,
                           const store::state_layout& layout) {
  actors::fleet_options options;
  options.layout = layout;
  SKEIN_TRY(settings, load_settings(global));
  options.config = settings;
  SKEIN_TRY(shipped, shipped_configuration());
  options.shipped = shipped;
  options.command = wish.command;
  options.cells = wish.cells;
  options.focused = !wish.everything;
  options.campaign = wish.campaign;
  SKEIN_TRY(opened, actors::embedded_fleet::open(std::move(options)));
  control::server_options offer;
  offer.socket = layout.control_socket();
  offer.command = wish.command;
  offer.takes_work = wish.everything;
  SKEIN_TRY(offered, control::offered_fleet::open(std::move(opened), std::move(offer)));
  fleet_access out;
  out.fleet = std::move(offered);
  out.embedded = true;
  return out;
}

result<fleet_access> reach(const access_wish& wish, const store::state_layout& layout) {
  SKEIN_TRY(owner, control::client::connect(layout.control_socket()));
  const auto& command = owner->owner().command;
  if (brings_work(wish.command) && command != "serve") {
    auto refused = in_use(layout, owner->owner().pid, command, "");
    // A command like `hold` is over in a moment.
    if (!brings_work(command)) refused.code = errc::unavailable;
    return refused;
  }
  fleet_access out;
  out.daemon_pid = owner->owner().pid;
  out.fleet = std::move(owner);
  return out;
}

int code_of(errc code) {
  switch (code) {
    case errc::invalid:
      return exit_usage;
    case errc::refused:
      return exit_refused;
    case errc::unauthorised:
      return exit_not_authorised;
    case errc::cancelled:
      return exit_interrupted;
    default:
      return exit_failure;
  }
}

}  // namespace

result<fleet_access> open_fleet(const global_options& global, const access_wish& wish) {
  if (!global.server.empty()) {
    if (wish.everything) {
      return error{errc::invalid, wish.command + " has no use for --server " + global.server,
                   "leave --server and SKEIN_SERVER away"};
    }
    SKEIN_TRY(session, remote::session(global));
    fleet_access out;
    out.fleet = remote::open_remote_fleet(session);
    return out;
  }
  store::state_layout layout{global.state_dir};
  if (layout.root.empty()) {
    SKEIN_TRY(standard, store::default_state_dir());
    layout.root = standard;
  }
  if (wish.everything) return embed(global, wish, layout);

  const control::directory_watch changes(layout.root);
  const int interrupted = interrupts();
  const auto end = clock::now() + longest_start;
  for (;;) {
    const auto owner = store::state_lock::holder(layout);
    if (wish.detached && !owner) {
      return error{errc::invalid, "--detach needs a daemon, and none owns " + layout.root.string(),
                   "start `skein serve` first, or leave --detach out"};
    }
    // Whoever comes first between the look and the lock wins; then we look again.
    auto out = owner ? reach(wish, layout) : embed(global, wish, layout);
    const auto again = owner ? errc::unavailable : errc::in_use;
    if (out || out.error().code != again) return out;
    if (interrupts() > interrupted) return error{errc::cancelled, "interrupted", {}};
    if (clock::now() >= end) {
      if (!owner) return out;
      return in_use(layout, owner->pid, owner->command, "; asked in vain: " + out.error().message);
    }
    changes.wait(look_again);
  }
}

result<std::unique_ptr<actors::fleet_client>> reach_fleet(const global_options& global,
                                                          const std::string& command) {
  if (!global.server.empty()) {
    SKEIN_TRY(session, remote::session(global));
    return remote::open_remote_fleet(session);
  }
  const store::state_layout layout{global.state_dir};
  if (!store::state_lock::holder(layout)) {
    return error{errc::not_found, command + ": no fleet is at work on " + layout.root.string(), {}};
  }
  SKEIN_TRY(owner, control::client::connect(layout.control_socket()));
  return std::unique_ptr<actors::fleet_client>(std::move(owner));
}

int report(const error& failed) {
  std::string text = "error: " + printable_lines(failed.message) + "\n";
  if (!failed.remedy.empty()) text += "hint: " + printable_lines(failed.remedy) + "\n";
  write_all(STDERR_FILENO, text);
  return code_of(failed.code);
}

}  // namespace skein::cli
