#include "runtime/metrics/exposition.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <sstream>
#include <utility>

namespace skein::metrics {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using labels = std::vector<ClientMetric::Label>;

class families {
 public:
  void open(MetricType type, std::string name, std::string help) {
    MetricFamily family;
    family.name = "skein_" + std::move(name);
    family.help = std::move(help);
    family.type = type;
    all_.push_back(std::move(family));
  }
  void add(double value, labels with = {}) {
    ClientMetric one;
    one.label = std::move(with);
    if (all_.back().type == MetricType::Counter) {
      one.counter.value = value;
    } else {
      one.gauge.value = value;
    }
    all_.back().metric.push_back(std::move(one));
  }
  void single(MetricType type, std::string name, std::string help, double value) {
    open(type, std::move(name), std::move(help));
    add(value);
  }
  [[nodiscard]] std::string text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, all_);
    return std::move(out).str();
  }

 private:
  std::vector<MetricFamily> all_;
};

double value_of(const std::map<std::string, std::uint64_t>& from, const std::string& name) {
  const auto found = from.find(name);
  return found == from.end() ? 0 : static_cast<double>(found->second);
}

void add_runs(families& all, const figures& of) {
  all.open(MetricType::Gauge, "runs", "Runs by the state they are in.");
  for (const auto state : schema::all_run_states) {
    // Held is shown to people; it is not a state of its own.
    if (state == schema::run_state::held) continue;
    all.add(static_cast<double>(of.in(state)), {{"state", std::string(to_string(state))}});
  }
  all.single(MetricType::Gauge, "queue_length", "Runs that wait for a place.",
             static_cast<double>(of.queued));
  all.single(MetricType::Counter, "submissions_total", "Runs that were submitted.",
             static_cast<double>(of.submitted));
  all.single(MetricType::Counter, "admissions_total", "Times that a run was given a cell.",
             static_cast<double>(of.admissions));
  all.single(MetricType::Counter, "published_total", "Runs whose change was published.",
             static_cast<double>(of.in(schema::run_state::published) +
                                 of.in(schema::run_state::draft_published)));
  all.open(MetricType::Counter, "failures_total", "Runs that failed, by class of failure.");
  for (int number = 1; number <= 12; ++number) {
    const std::string cls = "F" + std::to_string(number);
    all.add(value_of(of.failures, cls), {{"class", cls}});
  }
}

void add_fleet(families& all, const figures& of, const surroundings& around) {
  all.single(MetricType::Gauge, "cells", "Cells that may be used at once.", around.cells);
  all.single(MetricType::Gauge, "cells_in_use", "Runs that hold a cell.",
             static_cast<double>(of.cells_in_use()));
  all.single(MetricType::Gauge, "approvals_pending", "Changes that wait for a person.",
             static_cast<double>(of.approvals_pending));
  all.single(MetricType::Gauge, "outbox_open", "Published effects whose outcome is not known yet.",
             static_cast<double>(of.outbox_open));
  all.open(MetricType::Gauge, "switches", "Switches in force, by kind.");
  for (const char* kind : {"hold", "drain", "kill"}) {
    all.add(value_of(of.switches, kind), {{"kind", kind}});
  }
  all.open(MetricType::Counter, "incidents_total", "Incidents, by kind.");
  for (const auto& [kind, count] : of.incidents) {
    all.add(static_cast<double>(count), {{"kind", kind}});
  }
  if (of.incidents.empty()) all.add(0, {{"kind", "other"}});
  all.single(MetricType::Counter, "events_total", "Events in the history.",
             static_cast<double>(of.events));
}

void add_spending(families& all, const figures& of) {
  // `tenant=""` is the rest: a name of somebody's choice cannot be taken for it.
  all.open(MetricType::Counter, "tokens_total", "Tokens used, by tenant; empty: all others.");
  for (const auto& each : of.tenants) {
    all.add(static_cast<double>(each.tokens), {{"tenant", each.tenant}});
  }
  if (of.tenants.empty()) all.add(0, {{"tenant", ""}});
  all.open(MetricType::Counter, "usd_total", "US dollars spent, by tenant; empty: all others.");
  for (const auto& each : of.tenants) all.add(each.usd, {{"tenant", each.tenant}});
  if (of.tenants.empty()) all.add(0, {{"tenant", ""}});
}

}  // namespace

std::string exposition(const figures& of, const surroundings& around) {
  families all;
  all.open(MetricType::Gauge, "build_info", "Always 1; the labels say what is running.");
  all.add(1, {{"version", around.version}});
  all.single(MetricType::Gauge, "start_time_seconds", "When the daemon started, in Unix time.",
             static_cast<double>(around.started_s));
  all.single(MetricType::Gauge, "healthy", "1 while the fleet can commit.",
             around.fleet_healthy ? 1 : 0);
  all.single(MetricType::Gauge, "gather_duration_seconds", "How long these figures took to read.",
             around.gather_seconds);
  add_runs(all, of);
  add_fleet(all, of, around);
  add_spending(all, of);
  return all.text();
}

}  // namespace skein::metrics
