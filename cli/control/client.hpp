// A fleet that lives in another process: every call is one connection to its control socket.
#pragma once

#include "actors/fleet_client.hpp"
#include "cli/control/directory_watch.hpp"
#include "cli/control/protocol.hpp"

#include <filesystem>
#include <memory>

namespace skein::cli::control {

class client final : public actors::fleet_client {
 public:
  /// Asks who is there. `unavailable` when nobody listens on `socket`. Blocking.
  [[nodiscard]] static result<std::unique_ptr<client>> connect(const std::filesystem::path& socket);

  [[nodiscard]] const owner_answer& owner() const noexcept { return owner_; }

  result<actors::submitted> submit(const actors::submit_run& order) override;
  result<actors::campaign_submitted> submit(const actors::submit_campaign& order) override;
  result<actors::submitted> attach(const std::string& run_id) override;
  result<actors::run_decided> decide(const actors::decide_run& order) override;
  result<actors::retried> retry(const actors::retry_campaign& order) override;
  result<actors::campaign_answer> control(const actors::control_campaign& order) override;
  result<actors::rolled_back> roll_back(const actors::rollback_order& order) override;
  result<actors::switch_report> operate(const store::switch_row& order) override;
  result<actors::switch_report> lift(const store::lift_switch& order) override;
  result<actors::active_answer> active() override;
  result<actors::why_answer> why(const std::string& run_id) override;
  void wait_for_commit(std::chrono::milliseconds longest) override;
  /// Nothing to stop: the fleet is not ours.
  result<> stop(std::chrono::milliseconds deadline) override;

 private:
  explicit client(std::filesystem::path socket);
  template <class Answer>
  [[nodiscard]] result<Answer> call(const request& order) const;

  std::filesystem::path socket_;
  directory_watch commits_;
  owner_answer owner_;
};

}  // namespace skein::cli::control
