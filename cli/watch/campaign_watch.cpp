#include "cli/watch/campaign_watch.hpp"

#include "cli/log_lines.hpp"
#include "cli/render/run_text.hpp"
#include "cli/render/time_text.hpp"
#include "cli/signals.hpp"
#include "cli/state_view.hpp"
#include "cli/watch/event_tail.hpp"
#include "cli/watch/frame.hpp"
#include "cli/watch/live_block.hpp"
#include "cli/watch/pace.hpp"
#include "cli/watch/rate.hpp"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace skein::cli {

namespace {

/// At most ten pictures a second.
constexpr std::chrono::milliseconds shortest_look{100};
constexpr std::chrono::milliseconds longest_look{250};
constexpr std::size_t most_active_lines = 64;

/// What a look found.
struct look_result {
  campaign_progress progress;
  std::vector<schema::run> active;
  std::string held;  ///< the switch that covers the whole campaign; empty: none
};

class painter {
 public:
  virtual ~painter() = default;
  virtual result<> paint(const look_result& now) = 0;
};

class silent_painter final : public painter {
 public:
  result<> paint(const look_result&) override { return {}; }
};

class block_painter final : public painter {
 public:
  explicit block_painter(const global_options& global)
      : look_(error_style(global)), utf8_(speaks_utf8()), block_(STDERR_FILENO) {}

  result<> paint(const look_result& now) override {
    const auto at = now_ms();
    rate_.add(at, now.progress.done);
    campaign_frame frame;
    frame.campaign = now.progress;
    frame.per_minute = rate_.per_minute();
    frame.left_ms = rate_.time_for(now.progress.total - now.progress.done);
    frame.held = now.held;
    frame.active_total = now.active.size();
    for (const auto& run : now.active) {
      if (frame.active.size() == most_active_lines) break;
      frame.active.push_back({run.repo.url, run.state, at - run.started_ms});
    }
    block_.draw(held_.take(), frame_lines(frame, size_of_terminal(STDERR_FILENO), look_, utf8_));
    return {};
  }

 private:
  style look_;
  bool utf8_;
  rate_meter rate_;
  log_hold held_;  // released after the block is gone
  live_block block_;
};

class line_painter final : public painter {
 public:
  line_painter(const global_options& global, const store::reader& state, std::string campaign,
               std::int64_t since)
      : global_(global), state_(state), campaign_(std::move(campaign)), tail_(state, since) {}

  result<> paint(const look_result& now) override {
    if (!begun_) {
      // A resumed campaign: its past waves are no news.
      begun_ = true;
      for (std::size_t i = 0; i < now.progress.waves.size(); ++i) {
        told_.push_back(i < now.progress.open_wave);
      }
    }
    if (now.held != told_held_) {
      if (!now.held.empty()) say(global_, "held: " + now.held);
      told_held_ = now.held;
    }
    SKEIN_CHECK(tell_runs(now.progress));
    tell_waves(now.progress);
    return {};
  }

 private:
  static bool is_over(const wave_progress& wave) {
    return wave.state == "done" || wave.state == "halted";
  }

  static bool is_end(const store::event_row& event, const std::string& campaign) {
    if (event.campaign != campaign || !event.kind.starts_with("run_")) return false;
    const auto state = schema::parse_run_state(std::string_view(event.kind).substr(4));
    return state && schema::is_final(*state);
  }

  result<> tell_runs(const campaign_progress& now) {
    std::vector<std::string> ended;
    while (true) {
      SKEIN_TRY(events, tail_.next());
      if (events.empty()) break;
      for (const auto& event : events) {
        if (is_end(event, campaign_)) ended.push_back(event.run_id);
      }
    }
    const auto count = static_cast<std::uint32_t>(ended.size());
    // The events may be newer than the totals: then the number runs ahead by a few.
    auto number = now.done > count ? now.done - count : 0;
    for (const auto& id : ended) {
      SKEIN_TRY(run, state_.run(id));
      number = std::min(number + 1, now.total);
      say(global_, std::to_string(number) + "/" + std::to_string(now.total) + "  " +
                       std::string(schema::to_string(run.state)) + "  " + run.repo.url + "  " +
                       branch_or_reason(run) + "  (" + short_id(run.id) + ", " +
                       duration_text(time_of(run, now_ms())) + ")");
    }
    return {};
  }

  void tell_waves(const campaign_progress& now) {
    told_.resize(now.waves.size());
    for (std::size_t i = 0; i < now.waves.size(); ++i) {
      const auto& wave = now.waves[i];
      if (told_[i] || !is_over(wave)) continue;
      told_[i] = true;
      say(global_,
          "wave " + std::to_string(i + 1) + " of " + std::to_string(now.waves.size()) + " " +
              std::string(wave.state) + ": " + std::to_string(wave.succeeded) + "/" +
              std::to_string(wave.total) + " succeeded" +
              (wave.require_success > 0 ? ", " + percent_text(wave.require_success) + " required"
                                        : ""));
    }
  }

  const global_options& global_;
  const store::reader& state_;
  std::string campaign_;
  event_tail tail_;
  bool begun_ = false;
  std::string told_held_;
  std::vector<bool> told_;
};

result<look_result> look_at(const store::reader& state, const std::string& name) {
  SKEIN_TRY(row, state.campaign(name));
  SKEIN_TRY(totals, state.totals(name));
  SKEIN_TRY(underway, state.interrupted());
  SKEIN_TRY(switches, state.switches());
  look_result out{progress_of(row, totals), {}, {}};
  schema::run any;
  any.campaign = name;
  any.tenant = row.value.tenant;
  if (const auto* held = covering_switch(switches, any)) {
    out.held = switch_text(*held) + "; " + lift_command(*held);
  }
  for (auto& run : underway) {
    if (run.campaign == name && run.state != schema::run_state::waiting_approval) {
      out.active.push_back(std::move(run));
    }
  }
  std::stable_sort(
      out.active.begin(), out.active.end(),
      [](const schema::run& a, const schema::run& b) { return a.started_ms < b.started_ms; });
  return out;
}

/// Nothing of it is at work any more. What a lost process left half-way is not at work either.
result<bool> is_idle(fleet_access& access, const look_result& now) {
  if (now.active.empty()) return true;
  if (!access.embedded) return false;
  SKEIN_TRY(active, access.fleet->active());
  return active.runs == 0;
}

/// Only people can go on: everything that its open waves let start is over or waits for approval.
bool waits_for_people(const look_result& now) {
  std::uint32_t waiting = 0;
  for (const auto& [state, count] : now.progress.states) {
    if (state == schema::run_state::waiting_approval) waiting = count;
  }
  std::uint32_t unfinished = 0;
  const auto& waves = now.progress.waves;
  for (std::size_t i = 0; i < waves.size() && i <= now.progress.open_wave; ++i) {
    unfinished += waves[i].total - waves[i].done;
  }
  return waiting > 0 && waiting == unfinished && now.active.empty();
}

}  // namespace

result<watched_campaign> watch_campaign(const global_options& global, fleet_access& access,
                                        const store::reader& state, const std::string& name,
                                        std::int64_t since) {
  std::unique_ptr<painter> show;
  if (global.quiet) {
    show = std::make_unique<silent_painter>();
  } else if (is_terminal(STDERR_FILENO)) {
    show = std::make_unique<block_painter>(global);
  } else {
    show = std::make_unique<line_painter>(global, state, name, since);
  }
  pace steps(shortest_look, longest_look);
  fleet_check check;
  while (true) {
    steps.begin();
    SKEIN_TRY(now, look_at(state, name));
    SKEIN_CHECK(show->paint(now));
    if (interrupts() > 0) return watched_campaign{watch_end::interrupted, std::move(now.progress)};
    if (now.progress.state != schema::campaign_state::running || waits_for_people(now)) {
      SKEIN_TRY(idle, is_idle(access, now));
      if (idle) return watched_campaign{watch_end::over, std::move(now.progress)};
    }
    SKEIN_CHECK(check.look(*access.fleet));
    steps.wait(*access.fleet);
  }
}

}  // namespace skein::cli
