#include "cli/render/campaign_text.hpp"

#include "cli/render/printable.hpp"
#include "cli/render/table.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <set>

namespace skein::cli {

using schema::campaign_state;

namespace {

std::string_view state_of_wave(const campaign_progress& campaign, std::uint32_t index,
                               const wave_progress& wave) {
  if (index > campaign.open_wave) return "pending";
  if (wave.done < wave.total) return "running";
  if (index == campaign.open_wave && campaign.state == campaign_state::halted) return "halted";
  return "done";
}

}  // namespace

campaign_progress progress_of(const store::campaign_row& row,
                              const std::vector<store::wave_totals>& totals) {
  campaign_progress out;
  out.name = row.value.name;
  out.tenant = row.value.tenant;
  out.state = row.state;
  out.reason = row.reason;
  out.open_wave = row.open_wave;
  std::array<std::uint32_t, schema::all_run_states.size()> counts{};
  for (const auto& each : totals) {
    if (out.waves.size() <= each.wave) out.waves.resize(each.wave + 1);
    auto& wave = out.waves[each.wave];
    for (const auto& [state, count] : each.states) {
      wave.total += count;
      if (schema::is_final(state)) wave.done += count;
      if (schema::is_success(state)) wave.succeeded += count;
      counts[static_cast<std::size_t>(state)] += count;
    }
  }
  for (std::uint32_t i = 0; i < out.waves.size(); ++i) {
    auto& wave = out.waves[i];
    if (i < row.value.waves.size()) wave.require_success = row.value.waves[i].require_success;
    wave.state = state_of_wave(out, i, wave);
    out.total += wave.total;
    out.done += wave.done;
    out.succeeded += wave.succeeded;
  }
  for (const auto state : schema::all_run_states) {
    const auto count = counts[static_cast<std::size_t>(state)];
    if (count > 0) out.states.emplace_back(state, count);
  }
  return out;
}

int exit_code_of(const campaign_progress& campaign) {
  switch (campaign.state) {
    case campaign_state::aborted:
      return exit_killed;
    case campaign_state::running:
    case campaign_state::paused:
      return exit_pending;
    case campaign_state::halted:
    case campaign_state::completed:
      break;
  }
  std::set<int> codes;
  for (const auto& [state, count] : campaign.states) {
    if (schema::is_final(state) && !schema::is_success(state))
      codes.insert(schema::exit_code(state));
  }
  if (codes.size() == 1) return *codes.begin();
  if (codes.empty() && campaign.state == campaign_state::completed) return exit_ok;
  return exit_failure;
}

nlohmann::json to_json(const campaign_progress& campaign) {
  auto waves = nlohmann::json::array();
  for (std::size_t i = 0; i < campaign.waves.size(); ++i) {
    const auto& wave = campaign.waves[i];
    waves.push_back({{"wave", i},
                     {"total", wave.total},
                     {"done", wave.done},
                     {"succeeded", wave.succeeded},
                     {"requireSuccess", wave.require_success},
                     {"state", wave.state}});
  }
  auto totals = nlohmann::json::object();
  for (const auto& [state, count] : campaign.states) {
    totals[std::string(schema::to_string(state))] = count;
  }
  return {{"name", campaign.name},     {"state", schema::to_string(campaign.state)},
          {"tenant", campaign.tenant}, {"reason", campaign.reason},
          {"waves", std::move(waves)}, {"totals", std::move(totals)}};
}

std::string percent_text(double share) {
  char text[16];
  const double percent = share * 100;
  const bool whole = std::abs(percent - std::round(percent)) < 1e-9;
  std::snprintf(text, sizeof text, whole ? "%.0f%%" : "%.1f%%", percent);
  return text;
}

std::string states_text(const campaign_progress& campaign, const style& look, std::size_t width) {
  const std::string separator = speaks_utf8() ? " · " : ", ";
  std::string out;
  std::size_t used = 0;
  for (const auto& [state, count] : campaign.states) {
    const bool queued = state == schema::run_state::schedule;
    const std::string word(queued ? "queued" : schema::to_string(state));
    const std::string number = " " + std::to_string(count);
    const std::string before = out.empty() ? std::string() : separator;
    const std::size_t size = columns(before) + word.size() + number.size();
    // Two columns stay for saying that there is more.
    if (width > 0 && used + size + 2 > width) return out + " …";
    out += before + look.paint(tone_of(state), word) + number;
    used += size;
  }
  return out;
}

std::string progress_text(const campaign_progress& campaign, std::size_t width, const style& look) {
  std::string out = look.paint(tone::strong, "campaign " + printable(campaign.name)) + ": " +
                    look.paint(tone_of(campaign.state), schema::to_string(campaign.state)) + ", " +
                    std::to_string(campaign.done) + "/" + std::to_string(campaign.total) +
                    " runs done";
  if (!campaign.reason.empty()) out += "; " + printable(campaign.reason);
  out += "\n" + states_text(campaign, look) + (campaign.states.empty() ? "" : "\n");
  if (campaign.waves.size() < 2) return out;
  table waves({{"WAVE", squeeze::never, true},
               {"STATE"},
               {"DONE", squeeze::never, true},
               {"SUCCEEDED", squeeze::never, true},
               {"REQUIRED", squeeze::never, true}});
  for (std::size_t i = 0; i < campaign.waves.size(); ++i) {
    const auto& wave = campaign.waves[i];
    const double share =
        wave.done == 0 ? 0 : static_cast<double>(wave.succeeded) / static_cast<double>(wave.done);
    waves.add({{std::to_string(i + 1)},
               {std::string(wave.state), wave.state == "halted" ? tone::bad : tone::plain},
               {std::to_string(wave.done) + "/" + std::to_string(wave.total)},
               {std::to_string(wave.succeeded) +
                (wave.done == 0 ? std::string() : " (" + percent_text(share) + ")")},
               {wave.require_success > 0 ? percent_text(wave.require_success) : std::string("-")}});
  }
  return out + waves.text(width, look);
}

}  // namespace skein::cli
