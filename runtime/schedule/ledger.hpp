// Budget arithmetic: what of the money, tokens, places and pull requests is reserved and spent, on
// four levels: platform, tenant, campaign, run. Pure: rows in, answers out; whoever drives it
// stores the rows in the same transaction as the change of state, and rebuilds it from them after a
// crash.
#pragma once

#include "schema/error.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace skein::schedule {

/// Micro-dollars: money is never a fraction here.
struct amounts {
  std::int64_t tokens = 0;
  std::int64_t micro_usd = 0;
  friend bool operator==(const amounts&, const amounts&) = default;
};

/// Rounded up, so that a sum of parts is never less than the whole; out of range and not a number:
/// 0 below, the largest above.
[[nodiscard]] std::int64_t micro_usd_of(double usd) noexcept;

struct budget_limits {
  std::int64_t tokens = 0;  ///< 0: none, in all of these
  std::int64_t micro_usd = 0;
  std::uint32_t concurrency = 0;
  std::uint32_t pull_requests_per_hour = 0;
  std::uint32_t pull_requests_per_day = 0;
};

enum class budget_level { platform, tenant, campaign };
[[nodiscard]] std::string_view to_string(budget_level value) noexcept;

/// A row: what a live run may use. Written before the run is admitted.
struct reservation {
  std::string run_id;
  std::string tenant;
  std::string campaign;  ///< empty: none
  amounts most;          ///< the run's own budget
  amounts used;          ///< so far, as metered
};

/// A row: what ended runs of a level have used.
struct spending {
  budget_level level = budget_level::platform;
  std::string name;  ///< empty for the platform
  amounts spent;
};

struct settlement {
  amounts charged;
  amounts excess;          ///< of it, what was used beyond the reservation
  bool was_lying = false;  ///< the usage reported was negative or below what was metered
};

struct level_standing {
  amounts spent;     ///< by ended runs
  amounts reserved;  ///< by live ones, what they have used included
  std::uint32_t active = 0;
  bool over = false;  ///< a limit was lowered below this, or a run used more than it had
  bool closed = false;
};

class ledger {
 public:
  /// Takes effect on what is reserved from now on: what live runs were promised stays theirs.
  void set_limits(budget_level level, const std::string& name, const budget_limits& limits);
  /// A tenant or campaign that is being deleted: nothing more is reserved, its live runs settle as
  /// usual (the platform goes on counting them), and it is forgotten with the last of them.
  void close(budget_level level, const std::string& name);

  /// On every level or on none. Negative amounts are `invalid`; `conflict`: the run has one;
  /// `refused` names the level and the figures. Repeating the very same reservation is fine.
  [[nodiscard]] result<> reserve(const reservation& asked);
  /// Metered use of a live run, before or while it happens. `refused`: it would pass what the run
  /// has; nothing is counted then, and the run has to stop. Negative counts as 0.
  [[nodiscard]] result<> meter(const std::string& run_id, const amounts& more);
  /// The run has ended. Charges what was metered or reported, whichever is more. `not_found`: no
  /// such reservation, so that a repeated settlement charges nothing.
  [[nodiscard]] result<settlement> settle(const std::string& run_id, const amounts& reported);
  /// The admission did not come about.
  void cancel(const std::string& run_id);

  /// Counts one pull request on all levels, or `refused` with the level; `next_pull_request_ms`
  /// says when to ask again.
  [[nodiscard]] result<> take_pull_request(const std::string& tenant, const std::string& campaign,
                                           std::int64_t now_ms);
  /// The one that was counted at that time was not opened after all.
  void give_back_pull_request(const std::string& tenant, const std::string& campaign,
                              std::int64_t counted_ms);
  /// How many more may be counted now; UINT32_MAX: any number.
  [[nodiscard]] std::uint32_t pull_requests_left(const std::string& tenant,
                                                 const std::string& campaign,
                                                 std::int64_t now_ms) const;
  [[nodiscard]] std::int64_t next_pull_request_ms(const std::string& tenant,
                                                  const std::string& campaign,
                                                  std::int64_t now_ms) const;

  /// After a crash, into an empty ledger with its limits set: nothing is refused, because all of it
  /// has happened.
  void rebuild(const std::vector<spending>& past, const std::vector<reservation>& live);
  /// One opened pull request of the last day, in any order, after a crash.
  void rebuild_pull_request(const std::string& tenant, const std::string& campaign,
                            std::int64_t at_ms);

  [[nodiscard]] level_standing standing(budget_level level, const std::string& name) const;
  /// What can still be reserved there; a huge amount: no limit there. For forecasts and displays.
  [[nodiscard]] amounts left(budget_level level, const std::string& name) const;

 private:
  struct account {
    budget_limits limits;
    amounts spent, reserved;
    std::uint32_t active = 0;
    bool closed = false;
    std::deque<std::int64_t> pull_requests;  ///< rising; of the last day, bounded
  };
  using account_name = std::pair<budget_level, std::string>;

  [[nodiscard]] std::vector<account_name> levels_of(const std::string& tenant,
                                                    const std::string& campaign) const;
  [[nodiscard]] static result<> room_for(const account_name& name, const account& at,
                                         const amounts& most);
  static void forget_old(account& at, std::int64_t now_ms);
  static void count_pull_request(account& at, std::int64_t at_ms);
  void drop_if_closed(const account_name& name);

  std::map<account_name, account> accounts_;
  std::unordered_map<std::string, reservation> live_;
};

}  // namespace skein::schedule
