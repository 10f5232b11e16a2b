#include "runtime/schedule/room.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace skein::schedule {

namespace {

constexpr std::uint64_t mib = 1ULL << 20;

std::uint32_t bounded(std::uint64_t value) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(value, std::numeric_limits<std::uint32_t>::max()));
}

/// Rounded up: a need is never smaller than what was asked for.
std::uint32_t mib_of(std::uint64_t bytes) {
  return bounded(bytes / mib + (bytes % mib != 0 ? 1 : 0));
}

std::uint32_t millis_of(double cpus) {
  return bounded(static_cast<std::uint64_t>(std::ceil(std::clamp(cpus, 0.0, 4e6) * 1000 - 1e-6)));
}

std::string cpus_text(std::uint32_t millis) {
  std::string text = std::to_string(millis / 1000);
  if (millis % 1000 != 0) {
    auto rest = std::to_string(1000 + millis % 1000).substr(1);
    rest.erase(rest.find_last_not_of('0') + 1);
    text += "." + rest;
  }
  return text;
}

}  // namespace

worker_capacity room_of(const schema::config& config, const machine& on, std::uint32_t cells,
                        std::uint32_t ahead) {
  worker_capacity out;
  out.cells = cells + ahead;
  // Rounded down: nothing is promised that is not there.
  out.memory_mib = bounded(
      (config.worker_memory_bytes != 0 ? config.worker_memory_bytes : on.memory_bytes) / mib);
  out.cpu_millis = config.worker_cpus > 0 ? millis_of(config.worker_cpus) : on.processors * 1000;
  return out;
}

run_needs needs_of(const schema::resource_spec& stated, const worker_capacity& room,
                   std::uint64_t cell_memory_bytes) {
  const auto runs = std::max(1U, room.cells);
  run_needs out;
  out.memory_mib = stated.memory_bytes != 0
                       ? mib_of(stated.memory_bytes)
                       : std::min(mib_of(cell_memory_bytes), room.memory_mib / runs);
  out.cpu_millis = stated.cpus > 0 ? millis_of(stated.cpus) : room.cpu_millis / runs;
  return out;
}

std::string never_fits(const schema::resource_spec& stated, const worker_capacity& room) {
  if (room.memory_mib != 0 && mib_of(stated.memory_bytes) > room.memory_mib) {
    return "resources.memory is " + std::to_string(mib_of(stated.memory_bytes)) +
           " MiB, and all cells of the worker together have " + std::to_string(room.memory_mib) +
           " MiB: ask for less, or raise workerMemory in skein.yaml";
  }
  if (room.cpu_millis != 0 && millis_of(stated.cpus) > room.cpu_millis) {
    return "resources.cpus is " + cpus_text(millis_of(stated.cpus)) +
           ", and all cells of the worker together have " + cpus_text(room.cpu_millis) +
           ": ask for less, or raise workerCpus in skein.yaml";
  }
  return {};
}

}  // namespace skein::schedule
