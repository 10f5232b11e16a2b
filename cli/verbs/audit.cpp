// audit: whether the history is whole, and the history itself.
#include "cli/fleet_access.hpp"
#include "cli/output.hpp"
#include "cli/render/time_text.hpp"
#include "cli/signals.hpp"
#include "cli/state_view.hpp"
#include "cli/verbs/verbs.hpp"
#include "schema/identity.hpp"

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>

namespace skein::cli {

namespace {

constexpr std::uint32_t page = 1000;

int verify(const global_options& global) {
  auto from = open_reader(global);
  if (!from) return report(from.error());
  const auto count = (*from)->verify_chain();
  if (!count) return report(count.error());
  output out(global);
  if (out.structured()) {
    out.print(nlohmann::json{{"events", *count}, {"intact", true}});
  } else {
    out.print(std::to_string(*count) + " event" + (*count == 1 ? "" : "s") + ", chain intact\n");
  }
  return out.finish(exit_ok);
}

/// Stable names: with `atMs` and the payload's canonical text everything that was hashed is there.
std::string line_of(const store::event_row& row) {
  auto payload = nlohmann::json::parse(row.payload, nullptr, false);
  if (payload.is_discarded()) payload = row.payload;
  return schema::dump({{"seq", row.seq},
                       {"at", utc_time(row.at_ms)},
                       {"atMs", row.at_ms},
                       {"kind", row.kind},
                       {"run", row.run_id},
                       {"campaign", row.campaign},
                       {"tenant", row.tenant},
                       {"by", row.by},
                       {"payload", std::move(payload)},
                       {"audited", row.audited},
                       {"hash", row.hash}}) +
         "\n";
}

int export_events(const global_options& global, const std::string& run) {
  auto from = open_reader(global);
  if (!from) return report(from.error());
  std::string id;
  if (!run.empty()) {
    auto resolved = (*from)->resolve_run(run);
    if (!resolved) return report(resolved.error());
    id = *resolved;
  }
  output out(global);
  for (std::int64_t after = 0;;) {
    const auto rows = (*from)->events(id, after, page);
    if (!rows) return report(rows.error());
    std::string text;
    for (const auto& row : *rows) text += line_of(row);
    out.print(text);
    if (interrupts() > 0) return exit_interrupted;
    if (rows->size() < page || out.finish(exit_ok) != exit_ok) return out.finish(exit_ok);
    after = rows->back().seq;
  }
}

}  // namespace

void add_audit(CLI::App& app, invocation& call) {
  auto* verb =
      app.add_subcommand("audit", "the tamper-evident history of everything that happened");
  verb->add_subcommand("verify", "recompute the hash chain and compare it with every row")
      ->callback([&call] { call.action = [&call] { return verify(call.global); }; });
  auto run = std::make_shared<std::string>();
  auto* dump = verb->add_subcommand("export", "all events as JSON Lines, oldest first");
  dump->add_option("--run", *run, "only those of one run")->type_name("ID");
  dump->callback(
      [&call, run] { call.action = [&call, run] { return export_events(call.global, *run); }; });
}

}  // namespace skein::cli
