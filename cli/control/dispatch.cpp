#include "cli/control/dispatch.hpp"

namespace skein::cli::control {

namespace {

struct carry_out {
  actors::fleet_client& fleet;
  const owner_answer& self;

  std::string operator()(const ask_owner&) const { return encode_answer(self); }
  std::string operator()(const actors::submit_run& order) const {
    return said(fleet.submit(order));
  }
  std::string operator()(const actors::submit_campaign& order) const {
    return said(fleet.submit(order));
  }
  std::string operator()(const actors::attach_run& order) const {
    return said(fleet.attach(order.run_id));
  }
  std::string operator()(const actors::decide_run& order) const {
    return said(fleet.decide(order));
  }
  std::string operator()(const actors::retry_campaign& order) const {
    return said(fleet.retry(order));
  }
  std::string operator()(const actors::control_campaign& order) const {
    return said(fleet.control(order));
  }
  std::string operator()(const actors::rollback_order& order) const {
    return said(fleet.roll_back(order));
  }
  std::string operator()(const store::switch_row& order) const {
    return said(fleet.operate(order));
  }
  std::string operator()(const store::lift_switch& order) const { return said(fleet.lift(order)); }
  std::string operator()(const actors::get_active&) const { return said(fleet.active()); }
  std::string operator()(const actors::get_why& order) const {
    return said(fleet.why(order.run_id));
  }

  template <class Answer>
  static std::string said(const result<Answer>& outcome) {
    return outcome ? encode_answer(*outcome) : encode_error(outcome.error());
  }
};

}  // namespace

std::string answer(actors::fleet_client& fleet, const dispatch_rules& rules, const request& order) {
  if (brings_work(order) && !rules.takes_work) {
    return encode_error({errc::in_use,
                         "state directory " + rules.state_dir + " is in use by pid " +
                             std::to_string(rules.self.pid) + " (" + rules.self.command +
                             "), which takes no new work",
                         "wait for it, or use another directory with --state-dir"});
  }
  try {
    return std::visit(carry_out{fleet, rules.self}, order);
  } catch (const std::exception& wrong) {
    return encode_error(
        {errc::internal, std::string{"control request: "} + wrong.what(), "report this as a bug"});
  }
}

}  // namespace skein::cli::control
