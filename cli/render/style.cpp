#include "cli/render/style.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace skein::cli {

namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::string_view(value) : std::string_view();
}

bool forced(const char* name) {
  const auto value = variable(name);
  return !value.empty() && value != "0" && value != "false";
}

const char* sequence_of(tone how) {
  switch (how) {
    case tone::plain:
      return "";
    case tone::good:
      return "\x1b[32m";
    case tone::bad:
      return "\x1b[31m";
    case tone::warn:
      return "\x1b[33m";
    case tone::active:
      return "\x1b[36m";
    case tone::dim:
      return "\x1b[2m";
    case tone::strong:
      return "\x1b[1m";
    case tone::added:
      return "\x1b[32m";
    case tone::removed:
      return "\x1b[31m";
    case tone::hunk:
      return "\x1b[36m";
  }
  return "";
}

}  // namespace

bool wants_color(color_wish wish, bool terminal) {
  if (wish != color_wish::automatic) return wish == color_wish::always;
  if (!variable("NO_COLOR").empty()) return false;
  if (forced("CLICOLOR_FORCE") || forced("FORCE_COLOR")) return true;
  if (variable("CLICOLOR") == "0" || variable("TERM") == "dumb") return false;
  return terminal;
}

bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (variable(name).empty()) continue;
    std::string value(variable(name));
    std::transform(value.begin(), value.end(), value.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return true;
}

std::string style::paint(tone how, std::string_view text) const {
  if (!colored_ || how == tone::plain || text.empty()) return std::string(text);
  return sequence_of(how) + std::string(text) + "\x1b[0m";
}

tone tone_of(schema::run_state state) noexcept {
  using schema::run_state;
  switch (state) {
    case run_state::published:
    case run_state::draft_published:
      return tone::good;
    case run_state::no_change:
    case run_state::analysis_only:
    case run_state::duplicate:
    case run_state::intake:
    case run_state::schedule:
      return tone::dim;
    case run_state::held:
    case run_state::waiting_approval:
      return tone::warn;
    default:
      return schema::is_final(state) ? tone::bad : tone::active;
  }
}

tone tone_of(schema::campaign_state state) noexcept {
  using schema::campaign_state;
  switch (state) {
    case campaign_state::running:
      return tone::active;
    case campaign_state::completed:
      return tone::good;
    case campaign_state::paused:
      return tone::warn;
    case campaign_state::halted:
    case campaign_state::aborted:
      return tone::bad;
  }
  return tone::plain;
}

}  // namespace skein::cli
