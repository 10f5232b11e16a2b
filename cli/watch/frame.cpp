#include "cli/watch/frame.hpp"

#include "cli/render/printable.hpp"
#include "cli/render/run_text.hpp"
#include "cli/render/time_text.hpp"

#include <algorithm>
#include <cstdio>

namespace skein::cli {

namespace {

constexpr std::size_t widest_bar = 40;
constexpr std::size_t narrowest_bar = 8;
constexpr std::size_t longest_name = 24;

struct glyphs {
  const char* full;
  const char* empty;
  const char* done;
  const char* now;
};
constexpr glyphs unicode{"━", "─", "✓", "▸"};
constexpr glyphs ascii{"#", ".", "+", ">"};

std::string repeated(const char* text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::string bar(std::size_t width, const campaign_progress& campaign, const style& look,
                const glyphs& with) {
  const auto part = [&](std::uint64_t count) {
    return campaign.total == 0 ? 0 : static_cast<std::size_t>(count * width / campaign.total);
  };
  const std::size_t done = part(campaign.done);
  // A failure is seen even when it is less than one character's worth.
  const std::uint32_t failures = campaign.done - campaign.succeeded;
  std::size_t failed = part(failures);
  if (failures > 0 && failed == 0 && done > 0) failed = 1;
  return look.paint(tone::good, repeated(with.full, done - failed)) +
         look.paint(tone::bad, repeated(with.full, failed)) +
         look.paint(tone::dim, repeated(with.empty, width - done));
}

std::string rate_text(double per_minute) {
  char text[24];
  std::snprintf(text, sizeof text, per_minute < 10 ? "%.1f/min" : "%.0f/min", per_minute);
  return text;
}

/// Name, bar and figures; the figures that do not fit are left out, the last first.
std::string head_line(const campaign_frame& frame, std::size_t width, const style& look,
                      const glyphs& with) {
  const auto& campaign = frame.campaign;
  const std::string name = cut(printable(campaign.name), std::min(longest_name, width / 2));
  const std::uint64_t percent =
      campaign.total == 0 ? 0 : std::uint64_t{campaign.done} * 100 / campaign.total;
  std::string figures = "  " + std::to_string(campaign.done) + "/" +
                        std::to_string(campaign.total) + "  " + std::to_string(percent) + "%";
  std::vector<std::string> more;
  if (frame.per_minute) more.push_back("  " + rate_text(*frame.per_minute));
  if (frame.left_ms) more.push_back("  eta " + duration_text(*frame.left_ms));
  for (const auto& each : more) {
    if (columns(name) + 2 + narrowest_bar + figures.size() + each.size() <= width) figures += each;
  }
  const std::size_t used = columns(name) + 2 + figures.size();
  if (used + narrowest_bar > width) {
    const std::string left = cut(figures, width - std::min(width, columns(name)));
    return look.paint(tone::strong, name) + left;
  }
  return look.paint(tone::strong, name) + "  " +
         bar(std::min(widest_bar, width - used), campaign, look, with) + figures;
}

std::string wave_line(const campaign_progress& campaign, std::size_t width, const style& look) {
  if (campaign.open_wave >= campaign.waves.size()) return {};
  const auto& wave = campaign.waves[campaign.open_wave];
  std::string text = "  wave " + std::to_string(campaign.open_wave + 1) + " of " +
                     std::to_string(campaign.waves.size()) + ": " + std::to_string(wave.done) +
                     "/" + std::to_string(wave.total) + " done";
  if (wave.require_success > 0) {
    text += ", needs " + percent_text(wave.require_success) + " success";
    if (wave.done > 0) {
      text += " (now " + percent_text(static_cast<double>(wave.succeeded) / wave.done) + ")";
    }
  }
  const bool last = campaign.open_wave + 1 >= campaign.waves.size();
  if (campaign.state == schema::campaign_state::running && !last && wave.done == wave.total) {
    text += ", soaking";
  }
  return look.paint(tone::dim, cut(text, width));
}

std::string active_text(const active_line& run, std::size_t width, const style& look) {
  const std::string stage = padded(schema::to_string(run.state), 9);
  const std::string age = padded(duration_text(run.age_ms), 7, true);
  const std::size_t used = 2 + columns(stage) + columns(age) + 2;
  if (used + 4 > width) return cut("  " + stage, width);
  return "  " + look.paint(tone_of(run.state), stage) + look.paint(tone::dim, age) + "  " +
         cut_front(printable(run.repo), width - used);
}

std::string stages_of(const schema::run& run, const style& look, const glyphs& with,
                      std::int64_t now_ms) {
  std::string out;
  for (const auto stage : schema::all_stages) {
    const auto ms = run.timings[static_cast<std::size_t>(stage)];
    const bool now = schema::state_of(stage) == run.state;
    if (now) {
      out += look.paint(tone::active, std::string(with.now) + " " +
                                          std::string(schema::to_string(stage)) + " " +
                                          duration_text(now_ms - run.updated_ms));
      return out;
    }
    if (stage < schema::stage::prepare || ms <= 0) continue;
    out += look.paint(tone::good, with.done) + " " + std::string(schema::to_string(stage)) + " " +
           look.paint(tone::dim, duration_text(ms)) + "  ";
  }
  return out + std::string(schema::to_string(run.state));
}

}  // namespace

std::vector<std::string> frame_lines(const campaign_frame& frame, const terminal_size& size,
                                     const style& look, bool utf8) {
  const std::size_t width = size.columns > 1 ? size.columns - 1 : 1;
  std::vector<std::string> lines{head_line(frame, width, look, utf8 ? unicode : ascii)};
  lines.push_back("  " + states_text(frame.campaign, look, width > 2 ? width - 2 : 1));
  if (frame.campaign.waves.size() > 1) lines.push_back(wave_line(frame.campaign, width, look));
  if (!frame.held.empty()) {
    lines.push_back(look.paint(tone::warn, cut("  held: " + printable(frame.held), width)));
  }
  // One row stays for the cursor, and one for saying how many are not shown.
  const std::size_t room = size.rows > lines.size() + 2 ? size.rows - lines.size() - 2 : 0;
  const std::size_t shown = std::min(room, frame.active.size());
  for (std::size_t i = 0; i < shown; ++i) {
    lines.push_back(active_text(frame.active[i], width, look));
  }
  if (room > 0 && frame.active_total > shown) {
    const std::string more = "  and " + std::to_string(frame.active_total - shown) + " more";
    lines.push_back(look.paint(tone::dim, cut(more, width)));
  }
  if (lines.size() >= size.rows) lines.resize(size.rows > 1 ? size.rows - 1 : 1);
  return lines;
}

std::string run_line(const std::vector<schema::run>& runs, const std::string& held,
                     std::size_t width, const style& look, bool utf8, std::int64_t now_ms) {
  const glyphs& with = utf8 ? unicode : ascii;
  if (!held.empty()) return look.paint(tone::warn, cut("held: " + printable(held), width));
  if (runs.size() == 1) {
    const auto& run = runs.front();
    const std::string plain = stages_of(run, style(false), with, now_ms);
    const std::size_t used = columns(plain) + 2;
    if (used + 8 > width) return cut(plain, width);
    return stages_of(run, look, with, now_ms) + "  " +
           look.paint(tone::dim, cut_front(printable(run.repo.url), width - used));
  }
  std::size_t done = 0;
  std::string active;
  for (const auto& run : runs) {
    if (schema::is_final(run.state)) {
      ++done;
    } else if (run.state != schema::run_state::schedule) {
      active += "  " + std::string(schema::to_string(run.state)) + " " +
                cut_front(printable(run.repo.url), 24);
    }
  }
  return cut(std::to_string(done) + "/" + std::to_string(runs.size()) + " done" + active, width);
}

}  // namespace skein::cli
