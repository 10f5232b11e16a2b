// Which queued run is admitted next. Pure and in memory: no clock, no thread, no database; whoever
// drives it tells the facts and makes the choice durable. docs/scheduling.md explains the order.
#pragma once

#include "runtime/schedule/chooser_terms.hpp"

#include <memory>

namespace skein::schedule {

namespace detail {
struct chooser_state;
}

/// The place of a row in its tenant's queue: smaller goes first. It does not change with time, so
/// it can be a column with an index: ageing is the same for all who wait.
[[nodiscard]] std::int64_t rank_of(std::int64_t enqueued_ms, int priority, std::int64_t ageing_ms);

/// Not thread-safe. Times are milliseconds since 1970; one that runs backwards is harmless.
class chooser {
 public:
  explicit chooser(chooser_limits limits);
  chooser(chooser&&) noexcept;
  ~chooser();

  void set_capacity(const worker_capacity& all);
  void set_tenant(const std::string& name, const tenant_terms& terms);
  /// Its runs go on and its rows may still be removed, but nothing of it is admitted or taken in.
  void remove_tenant(const std::string& name);
  /// Default terms, once the campaign is over, let its name go.
  void set_campaign(const std::string& name, const campaign_terms& terms, std::int64_t now_ms);
  void set_label_limit(const std::string& label, std::uint32_t most);  ///< 0: none
  void hold(switch_scope scope, const std::string& target);
  void lift(switch_scope scope, const std::string& target, std::int64_t now_ms);

  [[nodiscard]] add_answer add(const queue_entry& row, std::int64_t now_ms);
  /// A queued row is gone (killed, superseded). False: it is not in memory or is admitted; for a
  /// row on disk call `forget_on_disk`.
  bool remove(const std::string& run_id);

  /// After a start: so many rows of the lane are on disk only.
  void set_on_disk(const std::string& tenant, const std::string& campaign, std::uint64_t rows);
  void forget_on_disk(const std::string& tenant, const std::string& campaign);
  /// What waits in the lane is read again from its beginning: the disk has so many rows.
  void reload(const std::string& tenant, const std::string& campaign, std::uint64_t rows);
  [[nodiscard]] std::vector<lane_figures> lanes() const;
  /// Lanes that are half empty here and have more on disk.
  [[nodiscard]] std::vector<refill> refills(std::size_t most) const;
  /// The rows asked for, in order; fewer than `room`: the disk has no more.
  void refilled(const refill& asked, const std::vector<queue_entry>& rows, std::int64_t now_ms);

  /// Admits at most one run: it holds its place, its repository and its charge from now on.
  [[nodiscard]] decision next(std::int64_t now_ms);
  /// A run found at work after a restart. False: it is known already.
  bool adopt(const queue_entry& row, bool past_cell, std::int64_t now_ms);
  /// The admitted run needs its cell no more; from here on it is not preempted.
  void cell_free(const std::string& run_id);
  /// The admission could not be made durable: as if it had not been, but the row is gone.
  void give_back(const std::string& run_id);
  void finished(const std::string& run_id, const run_use& used);
  /// Which admitted run to stop so that a more important one may start.
  [[nodiscard]] std::optional<preemption> preempt(std::int64_t now_ms);
  /// The admitted run has stopped unfinished and waits again, at its old rank.
  void requeue(const std::string& run_id, const run_use& used, std::int64_t now_ms);

  [[nodiscard]] explanation why(const std::string& run_id, std::int64_t now_ms) const;
  [[nodiscard]] chooser_figures figures() const;
  /// Use over weight, as of the last fact: the tenant with the least goes first. For displays.
  [[nodiscard]] double standing(const std::string& tenant) const;

 private:
  std::unique_ptr<detail::chooser_state> state_;
};

}  // namespace skein::schedule
