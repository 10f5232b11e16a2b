// What a fleet has done and has to do, as numbers, read from the state database. Not how they are
// written for a monitoring system (exposition.hpp).
#pragma once

#include "schema/error.hpp"
#include "schema/run.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace skein::store {
class connection;
struct state_layout;
}  // namespace skein::store

namespace skein::metrics {

/// `tenant` empty: all those that have no row of their own.
struct tenant_figure {
  std::string tenant;
  double usd = 0;
  std::uint64_t tokens = 0;
};

struct figures {
  std::array<std::uint64_t, schema::all_run_states.size()>
      runs{};                                      ///< by state; superseded ones too
  std::uint64_t queued = 0;                        ///< eligible: nothing but a place is missing
  std::uint64_t submitted = 0;                     ///< runs ever added
  std::uint64_t admissions = 0;                    ///< times that a run was given a cell
  std::map<std::string, std::uint64_t> failures;   ///< by class, "F1" …
  std::map<std::string, std::uint64_t> incidents;  ///< by kind
  std::uint64_t approvals_pending = 0;
  std::uint64_t outbox_open = 0;  ///< effects whose outcome is not known yet
  std::uint64_t events = 0;
  std::map<std::string, std::uint64_t> switches;  ///< in force, by kind
  std::vector<tenant_figure> tenants;             ///< the largest, then one for the rest

  [[nodiscard]] std::uint64_t in(schema::run_state state) const {
    return runs[static_cast<std::size_t>(state)];
  }
  /// Runs that hold a cell.
  [[nodiscard]] std::uint64_t cells_in_use() const;
};

/// Tenants with rows of their own; names come from outside, so their number has to be bounded.
inline constexpr std::size_t most_tenants = 50;
/// Likewise for kinds of incidents; the rest is counted as `other`.
inline constexpr std::size_t most_kinds = 50;

/// Reads figures on a connection of its own. What only grows is counted from where the last call
/// stopped, so that a look costs by what happened since. For one thread.
class figure_source {
 public:
  /// Blocking. `not_found` when there is no database.
  [[nodiscard]] static result<std::unique_ptr<figure_source>> open(
      const store::state_layout& layout);
  ~figure_source();

  /// Blocking. The first look reads the whole history.
  [[nodiscard]] result<figures> look();

 private:
  explicit figure_source(std::unique_ptr<store::connection> on);
  result<figures> read();
  void count_new_events();
  void count_new_incidents();

  std::unique_ptr<store::connection> on_;
  std::int64_t last_event_ = 0;
  std::int64_t last_incident_ = 0;
  std::uint64_t admissions_ = 0;
  std::map<std::string, std::uint64_t> failures_;
  std::map<std::string, std::uint64_t> incidents_;
};

}  // namespace skein::metrics
