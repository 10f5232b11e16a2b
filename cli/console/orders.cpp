#include "cli/console/orders.hpp"

#include "cli/render/run_text.hpp"

namespace skein::cli::screen {

namespace {

std::string many(std::uint64_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

struct performer {
  actors::fleet_client& fleet;
  const std::string& by;
  std::int64_t now_ms;

  result<std::string> operator()(const answer_approval& given) const {
    actors::decide_run order;
    order.value.run_id = given.what.run_id;
    order.value.diff_sha256 = given.what.diff_sha256;
    order.value.approve = given.approve;
    order.value.by = by;
    order.value.reason = given.reason;
    SKEIN_TRY(decided, fleet.decide(order));
    return std::string(given.approve ? "approved" : "denied") + ": run " +
           short_id(given.what.run_id) + " is " + std::string(schema::to_string(decided.state));
  }
  result<std::string> operator()(const set_switch& given) const {
    SKEIN_TRY(report, fleet.operate({given.kind, given.target.scope, given.target.name, by,
                                     given.reason, now_ms}));
    std::string out = std::string(store::to_string(given.kind)) + " set on " +
                      to_string(given.target) + " in " + std::to_string(report.took_ms) + " ms";
    if (given.kind == store::switch_kind::kill) {
      out += ": stopped " + many(report.stopped_runs, "run") + ", " +
             many(report.stopped_queued, "queued run");
    }
    return out;
  }
  result<std::string> operator()(const lift_switches& given) const {
    store::lift_switch order;
    order.scope = given.target.scope;
    order.target = given.target.name;
    order.by = by;
    SKEIN_TRY(report, fleet.lift(order));
    return "lifted " + to_string(given.target) + " in " + std::to_string(report.took_ms) + " ms";
  }
};

}  // namespace

result<std::string> carry_out(actors::fleet_client& fleet, const order& what, const std::string& by,
                              std::int64_t now_ms) {
  return std::visit(performer{fleet, by, now_ms}, what);
}

}  // namespace skein::cli::screen
