// Where the console's orders go: the fleet that is there, or one embedded for the order.
#include "cli/console/orders.hpp"
#include "cli/fleet_access.hpp"
#include "cli/person.hpp"
#include "cli/state_view.hpp"

#include <chrono>
#include <future>

namespace skein::cli::screen {

namespace {

using namespace std::chrono_literals;

/// An embedded fleet that publishes what was approved gets this long; after it the run is parked.
constexpr std::chrono::seconds publish_time{60};
constexpr std::chrono::seconds stop_time{30};

const char* name_of(const order& what) {
  if (std::holds_alternative<set_switch>(what)) return "hold";
  return std::holds_alternative<lift_switches>(what) ? "lift" : "approve";
}

/// Nobody else would publish it.
void wait_for_publication(const global_options& global, const fleet_access& access,
                          const std::string& run_id) {
  const auto from = open_reader(global);
  if (!from) return;
  const auto until = std::chrono::steady_clock::now() + publish_time;
  while (std::chrono::steady_clock::now() < until) {
    const auto run = (*from)->run(run_id);
    if (!run || schema::is_final(run->state) || run->state == schema::run_state::waiting_approval) {
      return;
    }
    access.fleet->wait_for_commit(500ms);
  }
}

result<std::string> carry_out_in_fleet(const global_options& global, const order& what) {
  SKEIN_TRY(access, open_fleet(global, {name_of(what), {}, false, 0}));
  auto outcome = carry_out(*access.fleet, what, current_person(), now_ms());
  if (outcome && access.embedded) {
    if (const auto* answered = std::get_if<answer_approval>(&what)) {
      wait_for_publication(global, access, answered->what.run_id);
    }
  }
  const auto stopped = access.fleet->stop(stop_time);
  if (outcome && !stopped) return stopped.error();
  return outcome;
}

class on_a_thread final : public order_desk {
 public:
  explicit on_a_thread(const global_options& global) : global_(global) {}

  void start(order what) override {
    under_way_ = std::async(std::launch::async, [global = global_, what = std::move(what)] {
      return carry_out_in_fleet(global, what);
    });
  }
  bool busy() const override { return under_way_.valid(); }
  std::optional<result<std::string>> outcome() override {
    if (!under_way_.valid() || under_way_.wait_for(0s) != std::future_status::ready) {
      return std::nullopt;
    }
    return under_way_.get();
  }

 private:
  const global_options& global_;
  std::future<result<std::string>> under_way_;
};

}  // namespace

std::unique_ptr<order_desk> fleet_orders(const global_options& global) {
  return std::make_unique<on_a_thread>(global);
}

}  // namespace skein::cli::screen
