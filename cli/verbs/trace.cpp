// `skein trace ID`: the events of one run, tool calls among them, as they were hashed.
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/render/printable.hpp"
#include "cli/render/time_text.hpp"
#include "cli/signals.hpp"
#include "cli/state_view.hpp"
#include "cli/verbs/verbs.hpp"
#include "schema/identity.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace skein::cli {

namespace {

using nlohmann::json;

json payload_of(const store::event_row& event) {
  auto payload = json::parse(event.payload, nullptr, false);
  return payload.is_discarded() ? json(event.payload) : payload;
}

json document(const std::vector<store::event_row>& events) {
  auto out = json::array();
  for (const auto& event : events) {
    out.push_back({{"seq", event.seq},
                   {"at", utc_time(event.at_ms)},
                   {"kind", event.kind},
                   {"by", event.by},
                   {"payload", payload_of(event)},
                   {"hash", event.hash}});
  }
  return out;
}

/// `attempt=1 from=agent to=verify`; a value that is no word is JSON.
std::string fields(const store::event_row& event) {
  const auto payload = payload_of(event);
  if (!payload.is_object()) return printable(event.payload);
  std::string out;
  for (const auto& [key, value] : payload.items()) {
    if (value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty())) {
      continue;
    }
    std::string shown = value.is_string() ? value.get<std::string>() : schema::dump(value);
    if (value.is_string() && shown.find_first_of(" =\"") != std::string::npos) {
      shown = schema::dump(value);
    }
    out += (out.empty() ? "" : " ") + key + "=" + shown;
  }
  return printable(out);
}

std::string clock_time(std::int64_t at_ms) {
  const auto whole = utc_time(at_ms);
  return whole.size() < 24 ? whole : whole.substr(11, 12);
}

std::string text(const std::vector<store::event_row>& events, const output& out) {
  std::size_t widest = 0;
  for (const auto& event : events) widest = std::max(widest, columns(printable(event.kind)));
  std::string all;
  if (!events.empty()) {
    all = out.look().paint(tone::dim, utc_time(events.front().at_ms).substr(0, 10) + " UTC") + "\n";
  }
  for (const auto& event : events) {
    const std::string at = clock_time(event.at_ms);
    std::string rest = fields(event);
    if (event.by != "system") rest = "by=" + printable(event.by) + (rest.empty() ? "" : " ") + rest;
    const std::size_t used = columns(at) + 2 + widest + 2;
    if (const auto width = out.width(); width > used + 10) rest = cut(rest, width - used);
    all += out.look().paint(tone::dim, at) + "  " +
           out.look().paint(tone::active, padded(printable(event.kind), widest)) + "  " + rest +
           "\n";
  }
  return all;
}

int trace(const global_options& global, const std::string& prefix) {
  exit_at_interrupt(1);
  const auto from = open_reader(global);
  if (!from) return report(from.error());
  const auto id = (*from)->resolve_run(prefix);
  if (!id) return report(id.error());
  const auto events = (*from)->events(*id, 0, 0);
  if (!events) return report(events.error());
  output out(global);
  if (out.structured()) {
    out.print(document(*events));
  } else {
    out.print(text(*events, out));
  }
  return out.finish(exit_ok);
}

}  // namespace

void add_trace(CLI::App& app, invocation& call) {
  auto id = std::make_shared<std::string>();
  auto* verb = app.add_subcommand("trace", "a run's events and tool calls, in order");
  verb->add_option("ID", *id, "the run's id, or the beginning of it")->required();
  verb->footer("Lines are cut to a terminal's width; -o wide and pipes show them whole.");
  verb->callback([id, &call] { call.action = [id, &call] { return trace(call.global, *id); }; });
}

}  // namespace skein::cli
