// An embedded fleet that other commands on this machine reach: the fleet and its control socket.
#pragma once

#include "actors/fleet_client.hpp"
#include "cli/control/server.hpp"

#include <memory>

namespace skein::cli::control {

class offered_fleet final : public actors::fleet_client {
 public:
  [[nodiscard]] static result<std::unique_ptr<offered_fleet>> open(
      std::unique_ptr<actors::fleet_client> fleet, server_options options);
  /// Stops it if nobody did.
  ~offered_fleet() override;

  result<actors::submitted> submit(const actors::submit_run& order) override {
    return fleet_->submit(order);
  }
  result<actors::campaign_submitted> submit(const actors::submit_campaign& order) override {
    return fleet_->submit(order);
  }
  result<actors::submitted> attach(const std::string& run_id) override {
    return fleet_->attach(run_id);
  }
  result<actors::run_decided> decide(const actors::decide_run& order) override {
    return fleet_->decide(order);
  }
  result<actors::retried> retry(const actors::retry_campaign& order) override {
    return fleet_->retry(order);
  }
  result<actors::campaign_answer> control(const actors::control_campaign& order) override {
    return fleet_->control(order);
  }
  result<actors::rolled_back> roll_back(const actors::rollback_order& order) override {
    return fleet_->roll_back(order);
  }
  result<actors::switch_report> operate(const store::switch_row& order) override {
    return fleet_->operate(order);
  }
  result<actors::switch_report> lift(const store::lift_switch& order) override {
    return fleet_->lift(order);
  }
  result<actors::active_answer> active() override { return fleet_->active(); }
  result<actors::why_answer> why(const std::string& run_id) override { return fleet_->why(run_id); }
  result<actors::webhook_taken> take_webhook(const std::string& from,
                                             const forge::webhook_delivery& what) override {
    return fleet_->take_webhook(from, what);
  }
  result<> note(const store::note_event& what) override { return fleet_->note(what); }
  void wait_for_commit(std::chrono::milliseconds longest) override {
    fleet_->wait_for_commit(longest);
  }
  /// Answers the requests that are under way, then stops the fleet.
  result<> stop(std::chrono::milliseconds deadline) override;

 private:
  explicit offered_fleet(std::unique_ptr<actors::fleet_client> fleet) : fleet_(std::move(fleet)) {}

  std::unique_ptr<actors::fleet_client> fleet_;
  std::unique_ptr<server> server_;  // goes first: it calls the fleet
  bool stopped_ = false;
};

}  // namespace skein::cli::control
