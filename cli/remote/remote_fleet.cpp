#include "cli/remote/remote_fleet.hpp"

#include "runtime/schedule/expand_repos.hpp"
#include "schema/identity.hpp"

#include <nlohmann/json.hpp>

#include <poll.h>

#include <algorithm>

namespace skein::cli::remote {

namespace {

constexpr std::chrono::minutes longest_order{11};
/// Between two looks: commits elsewhere do not ring here.
constexpr std::chrono::milliseconds look_again{250};

template <class Answer>
result<Answer> call(console::link& through, const control::request& order) {
  SKEIN_TRY(line, control::encode(order));
  const auto said = nlohmann::json::parse(line);
  SKEIN_TRY(got, through.order(said.at("verb").get<std::string>(), schema::dump(said.at("args")),
                               longest_order));
  return control::decode_answer<Answer>(got.body);
}

/// Files and globs are those of this machine, so they become addresses here.
result<> expand_here(actors::submit_campaign& order) {
  std::vector<schema::repo_selector> out;
  for (const auto& each : order.campaign.repos) {
    if (each.file.empty() && each.glob.empty()) {
      out.push_back(each);
      continue;
    }
    SKEIN_TRY(found, schedule::expand_repos({each}, order.directory));
    for (auto& repo : found) {
      schema::repo_selector one;
      one.url = std::move(repo.url);
      one.branch = std::move(repo.branch);
      out.push_back(std::move(one));
    }
  }
  order.campaign.repos = std::move(out);
  return {};
}

class remote_fleet final : public actors::fleet_client {
 public:
  explicit remote_fleet(std::shared_ptr<console::link> through) : link_(std::move(through)) {}

  result<actors::submitted> submit(const actors::submit_run& order) override {
    return call<actors::submitted>(*link_, order);
  }
  result<actors::campaign_submitted> submit(const actors::submit_campaign& order) override {
    auto expanded = order;
    SKEIN_CHECK(expand_here(expanded));
    return call<actors::campaign_submitted>(*link_, expanded);
  }
  result<actors::submitted> attach(const std::string& run_id) override {
    return call<actors::submitted>(*link_, actors::attach_run{run_id});
  }
  result<actors::run_decided> decide(const actors::decide_run& order) override {
    return call<actors::run_decided>(*link_, order);
  }
  result<actors::retried> retry(const actors::retry_campaign& order) override {
    return call<actors::retried>(*link_, order);
  }
  result<actors::campaign_answer> control(const actors::control_campaign& order) override {
    return call<actors::campaign_answer>(*link_, order);
  }
  result<actors::rolled_back> roll_back(const actors::rollback_order& order) override {
    return call<actors::rolled_back>(*link_, order);
  }
  result<actors::switch_report> operate(const store::switch_row& order) override {
    return call<actors::switch_report>(*link_, order);
  }
  result<actors::switch_report> lift(const store::lift_switch& order) override {
    return call<actors::switch_report>(*link_, order);
  }
  result<actors::active_answer> active() override {
    return call<actors::active_answer>(*link_, actors::get_active{});
  }
  result<actors::why_answer> why(const std::string& run_id) override {
    return call<actors::why_answer>(*link_, actors::get_why{run_id});
  }
  void wait_for_commit(std::chrono::milliseconds longest) override {
    // A signal ends it early.
    (void)::poll(nullptr, 0, static_cast<int>(std::min(longest, look_again).count()));
  }
  /// Nothing to stop: the fleet is not ours.
  result<> stop(std::chrono::milliseconds) override { return {}; }

 private:
  std::shared_ptr<console::link> link_;
};

}  // namespace

std::unique_ptr<actors::fleet_client> open_remote_fleet(std::shared_ptr<console::link> through) {
  return std::make_unique<remote_fleet>(std::move(through));
}

result<control::owner_answer> ask_owner(console::link& through) {
  return call<control::owner_answer>(through, control::ask_owner{});
}

}  // namespace skein::cli::remote
