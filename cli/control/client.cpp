#include "cli/control/client.hpp"

#include "cli/control/exchange.hpp"

namespace skein::cli::control {

namespace {

/// A little longer than the fleet itself waits.
constexpr std::chrono::minutes longest_order{11};
constexpr std::chrono::seconds longest_question{30};

bool is_question(const request& order) {
  return std::holds_alternative<ask_owner>(order) ||
         std::holds_alternative<actors::get_active>(order) ||
         std::holds_alternative<actors::get_why>(order);
}

}  // namespace

client::client(std::filesystem::path socket)
    : socket_(std::move(socket)), commits_(socket_.parent_path()) {}

template <class Answer>
result<Answer> client::call(const request& order) const {
  SKEIN_TRY(line, encode(order));
  const auto longest = is_question(order) ? std::chrono::milliseconds{longest_question}
                                          : std::chrono::milliseconds{longest_order};
  SKEIN_TRY(answer, exchange(socket_, line, longest));
  return decode_answer<Answer>(answer);
}

result<std::unique_ptr<client>> client::connect(const std::filesystem::path& socket) {
  std::unique_ptr<client> made{new client{socket}};
  SKEIN_TRY(owner, made->call<owner_answer>(ask_owner{}));
  made->owner_ = owner;
  return made;
}

result<actors::submitted> client::submit(const actors::submit_run& order) {
  return call<actors::submitted>(order);
}
result<actors::campaign_submitted> client::submit(const actors::submit_campaign& order) {
  return call<actors::campaign_submitted>(order);
}
result<actors::run_decided> client::decide(const actors::decide_run& order) {
  return call<actors::run_decided>(order);
}
result<actors::submitted> client::attach(const std::string& run_id) {
  return call<actors::submitted>(actors::attach_run{run_id});
}
result<actors::retried> client::retry(const actors::retry_campaign& order) {
  return call<actors::retried>(order);
}
result<actors::campaign_answer> client::control(const actors::control_campaign& order) {
  return call<actors::campaign_answer>(order);
}
result<actors::rolled_back> client::roll_back(const actors::rollback_order& order) {
  return call<actors::rolled_back>(order);
}
result<actors::switch_report> client::operate(const store::switch_row& order) {
  return call<actors::switch_report>(order);
}
result<actors::switch_report> client::lift(const store::lift_switch& order) {
  return call<actors::switch_report>(order);
}
result<actors::active_answer> client::active() {
  return call<actors::active_answer>(actors::get_active{});
}

result<actors::why_answer> client::why(const std::string& run_id) {
  return call<actors::why_answer>(actors::get_why{run_id});
}

void client::wait_for_commit(std::chrono::milliseconds longest) {
  commits_.wait(longest);
}

result<> client::stop(std::chrono::milliseconds) {
  return {};
}

}  // namespace skein::cli::control
