// What a program can ask of a fleet, wherever the fleet is: in this process (embedded_fleet), or in
// the daemon that owns the state directory (cli/control). No CAF here.
#pragma once

#include "actors/messages.hpp"
#include "runtime/forge/webhook.hpp"
#include "schema/error.hpp"

#include <chrono>
#include <string>

namespace skein::actors {

struct webhook_taken {
  bool first = true;            ///< false: the delivery came before, and was not looked at
  std::uint32_t concerned = 0;  ///< pull requests of ours
};

/// Every call blocks until the fleet answered (the answer to a submission leaves after it is
/// durable) and may come from any thread.
class fleet_client {
 public:
  virtual ~fleet_client() = default;

  [[nodiscard]] virtual result<submitted> submit(const submit_run& order) = 0;
  [[nodiscard]] virtual result<campaign_submitted> submit(const submit_campaign& order) = 0;
  /// Takes up a run that another process left unfinished.
  [[nodiscard]] virtual result<submitted> attach(const std::string& run_id) = 0;
  /// A person's answer to a run that waits for approval; an approved run is being published when
  /// this returns. `refused`: not by this person, or too late.
  [[nodiscard]] virtual result<run_decided> decide(const decide_run& order) = 0;
  [[nodiscard]] virtual result<retried> retry(const retry_campaign& order) = 0;
  [[nodiscard]] virtual result<campaign_answer> control(const control_campaign& order) = 0;
  /// Takes back what a campaign published; may be repeated. Waits for the limits of forges.
  [[nodiscard]] virtual result<rolled_back> roll_back(const rollback_order& order) = 0;
  /// The reply to a kill leaves when the last process of the last cell is dead.
  [[nodiscard]] virtual result<switch_report> operate(const store::switch_row& order) = 0;
  [[nodiscard]] virtual result<switch_report> lift(const store::lift_switch& order) = 0;
  [[nodiscard]] virtual result<active_answer> active() = 0;
  /// Why a queued run waits, as the scheduler knows it.
  [[nodiscard]] virtual result<why_answer> why(const std::string& run_id) = 0;

  /// What a forge has delivered: checked, remembered, recorded; the pull requests it is about are
  /// looked at now. `unauthorised`, `invalid`, `refused` as forge::read_webhook(), `not_found`: no
  /// such forge. `unsupported` by a fleet that is not in this process.
  [[nodiscard]] virtual result<webhook_taken> take_webhook(const std::string& from,
                                                           const forge::webhook_delivery& what);

  /// Puts something that happened at the fleet's edge into the audit trail. `unsupported` by a fleet
  /// that is not in this process: it keeps its own.
  [[nodiscard]] virtual result<> note(const store::note_event& what);

  /// Waits until something may have been committed since the last call, at most `longest`.
  virtual void wait_for_commit(std::chrono::milliseconds longest) = 0;

  /// The program is done with the fleet. Embedded: parks every run (cells dead, state kept) and
  /// stops the actors; `timeout` when something did not stop within the deadline. Remote: hangs up.
  [[nodiscard]] virtual result<> stop(std::chrono::milliseconds deadline) = 0;
};

inline result<webhook_taken> fleet_client::take_webhook(const std::string& from,
                                                        const forge::webhook_delivery&) {
  return error{errc::unsupported, "take a webhook of " + from + ": the fleet is elsewhere", {}};
}

inline result<> fleet_client::note(const store::note_event& what) {
  return error{errc::unsupported, "note " + what.kind + ": the fleet is in another process", {}};
}

}  // namespace skein::actors
