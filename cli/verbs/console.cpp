// `skein console`: the fleet on a terminal, to look at and to answer.
#include "cli/console/console.hpp"
#include "cli/console/terminal.hpp"
#include "cli/fleet_access.hpp"
#include "cli/remote/remote_reader.hpp"
#include "cli/remote/session.hpp"
#include "cli/settings.hpp"
#include "cli/signals.hpp"
#include "cli/state_view.hpp"
#include "cli/verbs/verbs.hpp"

#include <spdlog/spdlog.h>
#include <CLI/App.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace skein::cli {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds read_every{1000};
/// How long Ctrl-C may stay unnoticed.
constexpr std::chrono::milliseconds key_wait{200};
/// Keys that came together are drawn together.
constexpr int most_keys_at_once = 64;

class source {
 public:
  source(const global_options& global, const store::reader& state)
      : global_(global), state_(state) {}

  [[nodiscard]] screen::feed now() const {
    return {state_,
            [this](const std::string& run, const std::string& ref) {
              return read_artifact(global_, run, ref);
            },
            [this](const schema::run& run) { return reasons_for(global_, state_, run); }, now_ms(),
            [this] { return limits(); }};
  }

 private:
  /// Asked for once: a fleet reads its configuration when it starts.
  [[nodiscard]] result<tenant_limits> limits() const {
    if (!limits_) {
      SKEIN_TRY(found, ask_limits());
      limits_ = std::move(found);
    }
    return *limits_;
  }
  [[nodiscard]] result<tenant_limits> ask_limits() const {
    if (global_.server.empty()) {
      SKEIN_TRY(settings, load_settings(global_));
      return std::move(settings.tenants);
    }
    SKEIN_TRY(session, remote::session(global_));
    auto told = remote::ask_limits(*session);
    // A fleet of an older version does not tell.
    if (!told && told.error().code == errc::unsupported) return tenant_limits{};
    return told;
  }

  const global_options& global_;
  const store::reader& state_;
  mutable std::optional<tenant_limits> limits_;
};

int show(const global_options& global) {
  if (auto there = screen::terminal::needed(); !there) return report(there.error());
  auto state = open_reader(global);
  if (!state) return report(state.error());
  const auto orders = screen::fleet_orders(global);
  auto terminal = screen::terminal::open(wants_color(global.color, true));
  if (!terminal) return report(terminal.error());
  // A line on stderr would be in the middle of the screen.
  spdlog::set_level(spdlog::level::off);
  const source from(global, **state);
  screen::console console(*orders,
                          global.server.empty() ? global.state_dir.string() : global.server);
  console.resize((*terminal)->width(), (*terminal)->height());
  auto read = clock::now() - read_every;
  bool open = true;
  while (open && interrupts() == 0 && !(*terminal)->gone()) {
    if (clock::now() - read >= read_every) {
      console.tick(from.now());
      read = clock::now();
    }
    (*terminal)->draw(console.draw());
    int pressed = (*terminal)->next_key(key_wait);
    for (int count = 0; open && pressed != screen::key_none && count < most_keys_at_once; ++count) {
      if (pressed == screen::key_resize) {
        console.resize((*terminal)->width(), (*terminal)->height());
        read = clock::now() - read_every;
      } else {
        open = console.key(pressed, from.now());
      }
      pressed = (*terminal)->next_key(0ms);
    }
  }
  terminal->reset();
  return interrupts() > 0 ? exit_interrupted : exit_ok;
}

}  // namespace

void add_console(CLI::App& app, invocation& call) {
  auto* verb = app.add_subcommand("console", "look at the fleet on a terminal, and answer it");
  verb->footer(
      "Keys: 1…7 views, arrows or h j k l, Enter opens, q goes back, / finds, ? explains all.\n"
      "a and d answer an approval; H, D, K and L hold, drain, kill and lift after their own words\n"
      "were typed. Needs a terminal of 80x24 or more; obeys NO_COLOR and --color.");
  verb->callback([&call] { call.action = [&call] { return show(call.global); }; });
}

}  // namespace skein::cli
