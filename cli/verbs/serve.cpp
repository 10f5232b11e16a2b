// serve: the daemon, in the foreground, until a signal or a failed store ends it.
#include "cli/fleet_access.hpp"
#include "cli/metrics/monitoring.hpp"
#include "cli/output.hpp"
#include "cli/remote/port.hpp"
#include "cli/service_log.hpp"
#include "cli/service_notice.hpp"
#include "cli/settings.hpp"
#include "cli/signals.hpp"
#include "cli/verbs/verbs.hpp"
#include "cli/webhooks.hpp"

#include <spdlog/spdlog.h>
#include <CLI/App.hpp>
#include <CLI/Validators.hpp>

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <memory>

namespace skein::cli {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds stop_deadline{30};
constexpr std::chrono::milliseconds health_interval{1000};

struct serve_options {
  std::uint32_t cells = 0;
  std::string listen;
  std::string metrics;
  std::string webhooks;
  std::string log_format = "text";
};

/// Why the fleet cannot go on; empty: it can.
std::string failure_of(actors::fleet_client& fleet) {
  const auto health = fleet.active();
  // Busy is not dead.
  if (!health) return health.error().code == errc::timeout ? "" : health.error().message;
  if (!health->store_failed) return {};
  return health->reason.empty() ? "its store failed" : health->reason;
}

/// Until a signal or a failure, which is the value.
std::string watch(actors::fleet_client& fleet, remote::port& port) {
  while (!wait_for_interrupt(health_interval)) {
    if (auto failure = failure_of(fleet); !failure.empty()) return failure;
    notify_supervisor("WATCHDOG=1");
    port.note_changes();
  }
  return {};
}

int serve(const global_options& global, const serve_options& given) {
  start_service_log(given.log_format == "json" ? log_style::json : log_style::text, global.verbose);
  console::endpoint listen;
  if (!given.listen.empty()) {
    auto parsed = console::parse_endpoint(given.listen);
    if (!parsed) return report(parsed.error());
    listen = std::move(*parsed);
  }
  auto settings = load_settings(global);
  if (!settings) return report(settings.error());
  const auto webhooks_at = given.webhooks.empty() ? settings->webhooks_listen : given.webhooks;
  if (!webhooks_at.empty()) {
    if (auto ready = check_webhook_secrets(*settings); !ready) return report(ready.error());
  }
  access_wish wish;
  wish.command = "serve";
  wish.everything = true;
  wish.cells = cells_of(*settings, given.cells);
  auto access = open_fleet(global, wish);
  if (!access) return report(access.error());

  std::unique_ptr<http_endpoint> monitoring;
  if (!given.metrics.empty()) {
    auto started = start_monitoring(*access->fleet,
                                    {given.metrics, SKEIN_VERSION, global.state_dir, wish.cells});
    if (!started) {
      (void)access->fleet->stop(stop_deadline);
      return report(started.error());
    }
    monitoring = std::move(*started);
    spdlog::info("metrics on {}/metrics", monitoring->url());
    if (!monitoring->loopback()) {
      spdlog::warn("metrics on {} can be read by whoever reaches it", monitoring->url());
    }
  }

  std::unique_ptr<http_endpoint> webhooks;
  if (!webhooks_at.empty()) {
    auto started = start_webhooks(*access->fleet, webhooks_at);
    if (!started) {
      (void)access->fleet->stop(stop_deadline);
      return report(started.error());
    }
    webhooks = std::move(*started);
    spdlog::info("webhooks on {}/webhooks/FORGE", webhooks->url());
  }

  exit_at_interrupt(2);
  auto port = remote::port::open(global.state_dir, listen, *access->fleet, settings->tenants);
  if (!port) {
    (void)access->fleet->stop(stop_deadline);
    return report(port.error());
  }
  spdlog::info("serving {} with {} cells, pid {}", global.state_dir.string(), wish.cells,
               ::getpid());
  write_all(STDOUT_FILENO, "skein: serving " + global.state_dir.string() + " (" +
                               std::to_string(wish.cells) + " cells)" +
                               ((*port)->address().empty() ? "" : ", listening on ") +
                               (*port)->address() + "\n");
  notify_supervisor("READY=1");
  const auto failure = watch(*access->fleet, **port);
  if (failure.empty()) {
    spdlog::info("stopping: signal {}", interrupted_by());
  } else {
    spdlog::critical("stopping: the fleet cannot go on: {}", failure);
  }
  notify_supervisor("STOPPING=1");
  // Whatever hangs, the process ends: what was acknowledged is durable, cells die with it.
  exit_within(stop_deadline + 15s, exit_failure);
  port->reset();
  webhooks.reset();
  monitoring.reset();
  const auto stopped = access->fleet->stop(stop_deadline);
  if (!stopped) spdlog::error("not everything stopped in order: {}", stopped.error().message);
  access->fleet.reset();
  spdlog::info("stopped");
  if (!failure.empty() || !stopped) return exit_failure;
  return interrupted_by() == SIGINT ? exit_interrupted : exit_ok;
}

}  // namespace

void add_serve(CLI::App& app, invocation& call) {
  auto given = std::make_shared<serve_options>();
  auto* verb = app.add_subcommand("serve", "be the daemon: fly everything in the state directory");
  verb->add_option("--cells", given->cells, "cells (sandboxes) at once; default: as configured")
      ->envname("SKEIN_CELLS")
      ->check(CLI::Range(1, 4096))
      ->type_name("N");
  verb->add_option("--listen", given->listen,
                   "offer the fleet to other machines there, over mutual TLS; port 0: any")
      ->type_name("HOST:PORT");
  verb->add_option("--metrics", given->metrics,
                   "answer monitoring there: /metrics (Prometheus), /healthz, /readyz; default: not")
      ->envname("SKEIN_METRICS")
      ->type_name("[HOST:]PORT");
  verb->add_option("--webhooks", given->webhooks,
                   "take forges' deliveries there, as POST /webhooks/FORGE; default: "
                   "webhooks.listen of skein.yaml")
      ->envname("SKEIN_WEBHOOKS")
      ->type_name("[HOST:]PORT");
  verb->add_option("--log-format", given->log_format, "text or json, on stderr")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
  verb->footer(
      "Prints one line on stdout when it is ready. SIGTERM ends it in order: runs are "
      "parked and go on\nafter the next start. A second signal ends it at once; nothing "
      "acknowledged is lost.\nThe first start makes STATE/pki: an "
      "authority, the server's certificate, and the credentials that commands on\nthis machine "
      "use. Others get theirs from `skein operator add`."
      "\n\n--metrics takes no host for 127.0.0.1; it has neither passwords nor secrets, so another\n"
      "address is for a network where everybody may read it."
      "\n\n--webhooks needs forges.NAME.webhook.secret in skein.yaml; it speaks plain HTTP: on "
      "another\naddress than 127.0.0.1 put a server in front of it that speaks TLS.");
  verb->callback(
      [&call, given] { call.action = [&call, given] { return serve(call.global, *given); }; });
}

}  // namespace skein::cli
