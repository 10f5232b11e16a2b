// A fleet that remembers what it was asked and answers as told.
#pragma once

#include "actors/fleet_client.hpp"

#include <atomic>
#include <future>
#include <optional>
#include <semaphore>
#include <string>

namespace skein::test {

class fake_fleet : public actors::fleet_client {
 public:
  result<actors::submitted> submit(const actors::submit_run& order) override {
    run = order;
    ++submissions;
    entered.release();
    if (hold_submissions) hold_submissions->wait();
    return answered(actors::submitted{"run1", schema::run_state::schedule});
  }
  result<actors::campaign_submitted> submit(const actors::submit_campaign& order) override {
    campaign = order;
    return answered(actors::campaign_submitted{order.campaign.name, true, 7});
  }
  result<actors::submitted> attach(const std::string& id) override {
    attached = id;
    return answered(actors::submitted{id, schema::run_state::verify});
  }
  result<actors::run_decided> decide(const actors::decide_run& order) override {
    decided = order;
    return answered(actors::run_decided{schema::run_state::publish});
  }
  result<actors::retried> retry(const actors::retry_campaign& order) override {
    retried = order;
    return answered(actors::retried{3});
  }
  result<actors::campaign_answer> control(const actors::control_campaign& order) override {
    controlled = order;
    return answered(actors::campaign_answer{schema::campaign_state::paused});
  }
  result<actors::rolled_back> roll_back(const actors::rollback_order& order) override {
    rolled_back = order;
    return answered(actors::rolled_back{
        {{"run1", "/srv/git/a/b.git", actors::rollback_act::closed, "https://forge/1"}}});
  }
  result<actors::switch_report> operate(const store::switch_row& order) override {
    operated = order;
    entered.release();
    if (hold_switches) hold_switches->wait();
    return answered(actors::switch_report{2, 5, 11});
  }
  result<actors::switch_report> lift(const store::lift_switch& order) override {
    lifted = order;
    return answered(actors::switch_report{0, 0, 1});
  }
  result<actors::active_answer> active() override { return answered(health); }
  result<actors::why_answer> why(const std::string& run_id) override {
    asked_why = run_id;
    return answered(actors::why_answer{true, "no_room", "", 3, 90'000});
  }
  void wait_for_commit(std::chrono::milliseconds) override {}
  result<> stop(std::chrono::milliseconds) override {
    ++stops;
    return {};
  }

  std::optional<actors::submit_run> run;
  std::optional<actors::submit_campaign> campaign;
  std::string attached;
  std::string asked_why;
  std::optional<actors::decide_run> decided;
  std::optional<actors::retry_campaign> retried;
  std::optional<actors::control_campaign> controlled;
  std::optional<actors::rollback_order> rolled_back;
  std::optional<store::switch_row> operated;
  std::optional<store::lift_switch> lifted;
  actors::active_answer health{4, false, ""};
  std::optional<error> fails;
  std::optional<std::shared_future<void>> hold_submissions;
  std::optional<std::shared_future<void>> hold_switches;
  std::counting_semaphore<64> entered{0};  ///< once for each order that arrived
  std::atomic<int> submissions{0};
  std::atomic<int> stops{0};

 private:
  template <class Answer>
  result<Answer> answered(Answer value) const {
    if (fails) return *fails;
    return value;
  }
};

}  // namespace skein::test
