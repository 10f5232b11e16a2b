// How long does it take to say which run goes next, and how does that grow with the queue?
// Decisions per second and their distribution with 1,000, 10,000 and 100,000 queued runs of 1,000
// tenants, while as many are added as end. Prints one JSON object.
//
//   bench_scheduler [DECISIONS]
#include "runtime/schedule/chooser.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <queue>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

using namespace skein::schedule;
using clock_type = std::chrono::steady_clock;

constexpr int tenants = 1000;
constexpr std::uint32_t cells = 64;

struct world {
  std::mt19937_64 dice{42};
  std::int64_t now_ms = 0;
  std::int64_t next_run = 0;

  queue_entry row() {
    queue_entry out;
    out.seq = ++next_run;
    out.run_id = "0199c0de-0000-7000-8000-" + std::to_string(100'000'000'000 + next_run);
    const auto tenant = dice() % tenants;
    out.tenant = "tenant-" + std::to_string(tenant);
    out.campaign = out.tenant + "-campaign-" + std::to_string(dice() % 3);
    // Fewer repositories than runs, so that some are busy.
    out.repo = "https://forge.example/" + out.tenant + "/" + std::to_string(dice() % 200);
    if (dice() % 4 == 0) out.labels = {"language-" + std::to_string(dice() % 8)};
    out.priority = static_cast<int>(dice() % 7) - 3;
    out.enqueued_ms = now_ms;
    out.needs = {1, static_cast<std::uint32_t>(256 << dice() % 4), 500};
    out.expected_seconds = static_cast<std::uint32_t>(20 + dice() % 100);
    return out;
  }
};

/// Resident memory; whole pages.
std::int64_t resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  long long all = 0, resident = 0;
  if (file == nullptr || std::fscanf(file, "%lld %lld", &all, &resident) != 2) return 0;
  std::fclose(file);
  return resident * sysconf(_SC_PAGESIZE);
}

double at(const std::vector<double>& sorted, double share) {
  return sorted[std::min(sorted.size() - 1,
                         static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

double microseconds(clock_type::duration took) {
  return std::chrono::duration<double, std::micro>(took).count();
}

void measure(int queued, int decisions, bool one_label, bool last) {
  world with;
  chooser_limits limits;
  limits.preemptions_per_minute = 30;
  const auto before = resident_bytes();
  chooser real(limits);
  real.set_capacity({cells, cells * 1024, cells * 1000, 64});
  for (int t = 0; t < tenants; ++t) {
    tenant_terms terms;
    terms.weight = 1 + t % 5;
    terms.max_concurrency = 16;
    const auto name = "tenant-" + std::to_string(t);
    real.set_tenant(name, terms);
    for (int c = 0; c < 3; ++c) {
      real.set_campaign(name + "-campaign-" + std::to_string(c), {4, false, 0}, 0);
    }
  }
  if (one_label) real.set_label_limit("all", 4);
  for (int l = 0; l < 8; ++l) real.set_label_limit("language-" + std::to_string(l), 6);
  const auto labelled = [one_label](queue_entry row) {
    if (one_label) row.labels = {"all"};
    return row;
  };
  const auto filling = clock_type::now();
  for (int i = 0; i < queued; ++i) (void)real.add(labelled(with.row()), with.now_ms);
  const double fill_us = microseconds(clock_type::now() - filling) / queued;
  const auto grown = resident_bytes() - before;

  std::deque<std::string> at_work;
  std::vector<double> next_us, cycle_us, why_us;
  std::string waiting;
  int admitted = 0;
  while (admitted < decisions) {
    with.now_ms += 50;
    const auto cycle = clock_type::now();
    if (!at_work.empty()) {
      real.finished(at_work.front(), {static_cast<double>(20 + with.dice() % 100), 1000});
      at_work.pop_front();
    }
    for (;;) {
      const auto start = clock_type::now();
      auto told = real.next(with.now_ms);
      const auto took = microseconds(clock_type::now() - start);
      if (!told.admitted) break;
      next_us.push_back(took);
      ++admitted;
      at_work.push_back(std::move(told.admitted->run_id));
    }
    cycle_us.push_back(microseconds(clock_type::now() - cycle));
    while (real.figures().in_memory < static_cast<std::uint64_t>(queued)) {
      auto row = labelled(with.row());
      waiting = row.run_id;
      (void)real.add(row, with.now_ms);
    }
    if (cycle_us.size() % 64 == 0) {
      const auto start = clock_type::now();
      (void)real.why(waiting, with.now_ms);
      why_us.push_back(microseconds(clock_type::now() - start));
    }
  }
  double sum = 0;
  for (const double each : next_us) sum += each;
  for (auto* each : {&next_us, &cycle_us, &why_us}) std::sort(each->begin(), each->end());
  std::printf(
      "    {\"queued\": %d, \"oneLabel\": %s, \"decisionsPerSecond\": %.0f, \"p50Microseconds\": "
      "%.2f, "
      "\"p99Microseconds\": %.2f, \"maxMicroseconds\": %.1f, \"endAndRefillP99Microseconds\": "
      "%.2f, \"addMicroseconds\": %.2f, \"whyP50Microseconds\": %.1f, \"bytesPerRow\": %.0f}%s\n",
      queued, one_label ? "true" : "false", static_cast<double>(next_us.size()) / sum * 1e6,
      at(next_us, 0.5), at(next_us, 0.99), next_us.back(), at(cycle_us, 0.99), fill_us,
      at(why_us, 0.5), static_cast<double>(grown) / queued, last ? "" : ",");
}

/// Everybody has enough queued, runs take 1 to 8 seconds, and what they are expected to take is
/// wrong: how far is each tenant's share of ten minutes from its share of the weights, in parts of
/// the latter?
void measure_fairness() {
  constexpr std::uint32_t fair_cells = 500;
  constexpr std::int64_t until_ms = 600'000;
  world with;
  chooser_limits limits;
  limits.lane_window = 0;
  chooser real(limits);
  real.set_capacity({fair_cells, 0, 0, 0});
  double weights = 0;
  for (int t = 0; t < tenants; ++t) {
    tenant_terms terms;
    terms.weight = 1 + t % 3;
    weights += terms.weight;
    real.set_tenant("tenant-" + std::to_string(t), terms);
    for (int i = 0; i < 250; ++i) {
      queue_entry row;
      row.seq = ++with.next_run;
      row.run_id = std::to_string(with.next_run);
      row.tenant = "tenant-" + std::to_string(t);
      row.repo = row.run_id;
      row.expected_seconds = static_cast<std::uint32_t>(1 + with.dice() % 30);
      (void)real.add(row, 0);
    }
  }
  struct at_work {
    std::int64_t ends_ms;
    std::string run_id, tenant;
    double seconds;
    bool operator>(const at_work& other) const { return ends_ms > other.ends_ms; }
  };
  std::priority_queue<at_work, std::vector<at_work>, std::greater<>> working;
  std::unordered_map<std::string, double> used;
  double total = 0;
  for (std::int64_t now_ms = 0; now_ms <= until_ms;) {
    while (const auto told = real.next(now_ms).admitted) {
      const auto lasts = static_cast<std::int64_t>(1000 + with.dice() % 7000);
      working.push({now_ms + lasts, told->run_id, told->tenant, static_cast<double>(lasts) / 1000});
      const auto counted = std::min(lasts, until_ms - now_ms);
      used[told->tenant] += static_cast<double>(counted) / 1000;
      total += static_cast<double>(counted) / 1000;
    }
    now_ms = working.top().ends_ms;
    real.finished(working.top().run_id, {working.top().seconds, 0});
    working.pop();
  }
  double sum = 0, worst = 0;
  for (int t = 0; t < tenants; ++t) {
    const double due = (1 + t % 3) / weights;
    const double error = std::abs(used["tenant-" + std::to_string(t)] / total - due) / due;
    sum += error;
    worst = std::max(worst, error);
  }
  std::printf(
      " \"fairness\": {\"cells\": %u, \"seconds\": %lld, \"meanError\": %.4f, \"worstError\": "
      "%.4f}",
      fair_cells, static_cast<long long>(until_ms / 1000), sum / tenants, worst);
}

}  // namespace

int main(int argc, char** argv) {
  const int decisions = argc > 1 ? std::max(1000, std::atoi(argv[1])) : 100'000;
  std::printf("{\"bench\": \"scheduler\", \"tenants\": %d, \"decisions\": %d, \"sizes\": [\n",
              tenants, decisions);
  // The largest first: later ones reuse its memory, and only of a fresh one is growth a measure.
  measure(100'000, decisions, false, false);
  measure(10'000, decisions, false, false);
  measure(1'000, decisions, false, false);
  measure(100'000, decisions / 10, true, true);
  std::printf("],\n");
  measure_fairness();
  std::printf("}\n");
}
