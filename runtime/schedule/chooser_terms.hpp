// What the chooser is told and what it answers: queue rows, terms, choices and reasons. Values
// only.
#pragma once

#include "runtime/store/operation.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::schedule {

using store::switch_scope;

/// What a run takes of the workers until its cell is free.
struct run_needs {
  std::uint32_t cells = 1;  ///< 0 counts as 1
  std::uint32_t memory_mib = 0;
  std::uint32_t cpu_millis = 0;
  friend bool operator==(const run_needs&, const run_needs&) = default;
};

struct worker_capacity {
  std::uint32_t cells = 0;
  std::uint32_t memory_mib = 0;  ///< 0: memory is not counted
  std::uint32_t cpu_millis = 0;  ///< 0: processors are not counted
  std::uint32_t past_cell = 0;   ///< runs that may wait for the outbox; 0: any number
};

struct tenant_terms {
  double weight = 1;                            ///< kept within 0.001 … 1,000,000
  std::uint32_t max_concurrency = 0;            ///< 0: no limit of its own
  std::optional<std::int64_t> quota_micro_usd;  ///< what is left to reserve; none: no limit
};

struct campaign_terms {
  std::uint32_t concurrency = 0;  ///< 0: no limit of its own
  bool paused = false;
  std::int64_t closed_until_ms = 0;  ///< its window opens then; in the past: open
};

/// Priority of a run against the age of the others: `ageing` later counts as one step less.
constexpr int highest_priority = 100;

struct queue_entry {
  std::string run_id;
  std::string tenant;
  std::string campaign;  ///< empty: none
  std::string repo;      ///< exclusive while the run is admitted
  std::vector<std::string> labels;
  int priority = 0;  ///< the run's or its campaign's, within ±highest_priority
  std::int64_t enqueued_ms = 0;
  std::int64_t not_before_ms = 0;
  std::int64_t seq = 0;  ///< of the row; breaks ties
  run_needs needs;
  std::uint32_t expected_seconds = 0;  ///< 0: as the tenant's runs lately
  std::int64_t reserve_micro_usd = 0;  ///< against the tenant's quota; negative counts as 0
  bool preempted = false;              ///< once already, so never again
  std::uint32_t attempt = 0;           ///< comes back with the choice
};

struct chooser_limits {
  std::uint64_t max_queued = 1'000'000;  ///< rows, in memory and on disk
  /// Rows of one lane (the runs of one tenant in one campaign) in memory; 0: all of them.
  std::uint32_t lane_window = 512;
  std::int64_t half_life_ms = 3'600'000;     ///< of past use; 0: it is never forgotten
  std::int64_t ageing_ms = 600'000;          ///< of waiting are worth one step of priority
  std::int64_t reserve_after_ms = 300'000;   ///< then room is kept for a run that needs much
  std::int64_t preempt_after_ms = 60'000;    ///< of waiting before another is preempted for it
  std::uint32_t preemptions_per_minute = 0;  ///< 0: none
};

enum class intake {
  queued,
  on_disk,  ///< behind the rows in memory; `refills` asks for it later
  known,    ///< it is in memory already
  full,     ///< not taken: the queue has all the rows it may have
  closed    ///< not taken: its tenant is being removed
};

struct add_answer {
  intake verdict = intake::queued;
  std::uint64_t position = 0;  ///< at most so many rows of its tenant are before it
};

struct choice {
  std::string run_id;
  std::string tenant;
  std::string repo;
  std::uint32_t attempt = 0;
};

/// `look_again`: work was cut short; call once more, at once or a little later.
struct decision {
  std::optional<choice> admitted;
  bool look_again = false;
};

struct preemption {
  std::string victim;  ///< put it back with `requeue` when it has stopped
  std::string beneficiary;
};

/// The rows of one lane that the chooser wants next, in the order of (rank, seq).
struct refill {
  std::string tenant;
  std::string campaign;
  std::int64_t after_rank = 0;  ///< rows with (rank, seq) greater than this
  std::int64_t after_seq = 0;
  std::uint32_t room = 0;
  std::uint64_t mark = 0;  ///< the chooser's own
};

/// Rows that wait in one lane, in memory and on disk.
struct lane_figures {
  std::string tenant;
  std::string campaign;
  std::uint64_t waiting = 0;
};

/// What a run has used, as the platform measured it.
struct run_use {
  double seconds = 0;
  std::int64_t micro_usd = 0;
};

enum class waits_for {
  nothing,  ///< the run is admitted
  unknown,  ///< not in memory: final, or a row still on disk
  held,     ///< a switch; `detail` names its scope
  not_before,
  campaign_paused,
  window,
  campaign_concurrency,
  label_concurrency,
  repository_busy,
  repository_queue,  ///< a run of the same lane goes first in this repository
  tenant_concurrency,
  tenant_quota,
  never_fits,  ///< it needs more than all workers have; `detail` names what, as for room
  room,        ///< `detail` is cells, memory or processors
  outbox,      ///< too many runs wait for publication
  turn         ///< it may start; others go first
};
/// The stable code, such as `campaign_concurrency`.
[[nodiscard]] std::string_view to_string(waits_for value) noexcept;

struct explanation {
  waits_for what = waits_for::unknown;
  std::string detail;                  ///< the campaign, label, repository, run or switch meant
  std::uint64_t position = 0;          ///< runs that are likely to be admitted before it
  std::optional<std::int64_t> eta_ms;  ///< from now; none: nobody can say
  std::string tenant = {};             ///< of the run
};

struct chooser_figures {
  std::uint64_t in_memory = 0;
  std::uint64_t on_disk = 0;
  std::uint32_t admitted = 0;
  std::uint32_t past_cell = 0;
  run_needs in_use{0, 0, 0};
};

}  // namespace skein::schedule
