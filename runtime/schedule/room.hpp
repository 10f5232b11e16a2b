// What a worker has for its cells, and what a run takes of it.
#pragma once

#include "runtime/schedule/chooser_terms.hpp"
#include "schema/config.hpp"
#include "schema/task.hpp"

#include <cstdint>
#include <string>

namespace skein::schedule {

struct machine {
  std::uint64_t memory_bytes = 0;
  std::uint32_t processors = 0;
};

/// Of a worker of so many cells, with `ahead` more runs that are prepared while no cell is free.
/// What the configuration does not state is the machine's.
[[nodiscard]] worker_capacity room_of(const schema::config& config, const machine& on,
                                      std::uint32_t cells, std::uint32_t ahead);

/// What a run takes. What it does not state is an equal share, and of memory at most
/// `cell_memory_bytes`: runs that state nothing wait for cells only.
[[nodiscard]] run_needs needs_of(const schema::resource_spec& stated, const worker_capacity& room,
                                 std::uint64_t cell_memory_bytes);

/// Why a run with these resources could never be admitted, for a person; empty: it could.
[[nodiscard]] std::string never_fits(const schema::resource_spec& stated,
                                     const worker_capacity& room);

}  // namespace skein::schedule
