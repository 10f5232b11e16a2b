#include "cli/watch/run_watch.hpp"

#include "cli/log_lines.hpp"
#include "cli/render/run_text.hpp"
#include "cli/signals.hpp"
#include "cli/state_view.hpp"
#include "cli/watch/frame.hpp"
#include "cli/watch/live_block.hpp"
#include "cli/watch/pace.hpp"

#include <unistd.h>

#include <algorithm>
#include <optional>

namespace skein::cli {

namespace {

constexpr std::chrono::milliseconds shortest_look{20};
constexpr std::chrono::milliseconds longest_look{200};

class run_painter {
 public:
  explicit run_painter(const global_options& global)
      : global_(global), look_(error_style(global)), utf8_(speaks_utf8()) {
    if (global.quiet || !is_terminal(STDERR_FILENO)) return;
    logs_.emplace();
    block_.emplace(STDERR_FILENO);
  }

  void paint(const std::vector<schema::run>& runs, const std::string& held) {
    if (block_) {
      const auto size = size_of_terminal(STDERR_FILENO);
      block_->draw(logs_->take(), {run_line(runs, held, size.columns - 1, look_, utf8_, now_ms())});
    } else if (held != told_held_) {
      if (!held.empty()) say(global_, "held: " + held);
      told_held_ = held;
    }
  }

  void moved(const schema::run& run) const {
    if (block_ || !global_.verbose) return;
    say(global_,
        short_id(run.id) + "  " + std::string(schema::to_string(run.state)) + "  " + run.repo.url);
  }

 private:
  const global_options& global_;
  style look_;
  bool utf8_;
  std::string told_held_;
  // The block goes before this, so that lines that waited do not land in it.
  std::optional<log_hold> logs_;
  std::optional<live_block> block_;
};

/// Nothing more happens to it until a person acts.
bool is_settled(schema::run_state state) {
  return schema::is_final(state) || state == schema::run_state::waiting_approval;
}

/// The switch that keeps back what is queued; empty when something is at work or nothing is held.
result<std::string> held_by(const store::reader& state, const std::vector<schema::run>& runs) {
  SKEIN_TRY(switches, state.switches());
  if (switches.empty()) return std::string();
  const store::switch_row* found = nullptr;
  for (const auto& run : runs) {
    if (schema::is_final(run.state)) continue;
    if (run.state != schema::run_state::schedule) return std::string();
    if (found == nullptr) found = covering_switch(switches, run);
  }
  return found == nullptr ? std::string() : switch_text(*found) + "; " + lift_command(*found);
}

}  // namespace

result<watched_runs> watch_runs(const global_options& global, fleet_access& access,
                                const store::reader& state, const std::vector<std::string>& ids) {
  watched_runs out;
  for (const auto& id : ids) {
    SKEIN_TRY(run, state.run(id));
    out.runs.push_back(std::move(run));
  }
  run_painter painter(global);
  pace steps(shortest_look, longest_look);
  fleet_check check;
  while (true) {
    steps.begin();
    bool all_final = true;
    for (auto& run : out.runs) {
      if (is_settled(run.state)) continue;
      SKEIN_TRY(now, state.run(run.id));
      if (now.state != run.state) painter.moved(now);
      run = std::move(now);
      all_final = all_final && is_settled(run.state);
    }
    SKEIN_TRY(held, held_by(state, out.runs));
    painter.paint(out.runs, held);
    if (all_final) return out;
    if (interrupts() > 0) {
      out.end = watch_end::interrupted;
      return out;
    }
    SKEIN_CHECK(check.look(*access.fleet));
    steps.wait(*access.fleet);
  }
}

}  // namespace skein::cli
