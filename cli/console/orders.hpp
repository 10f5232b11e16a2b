// What an operator orders from the console, and who carries it out. No screens here.
#pragma once

#include "actors/fleet_client.hpp"
#include "cli/scope_options.hpp"
#include "schema/approval.hpp"
#include "schema/error.hpp"

#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace skein::cli {
struct global_options;
}

namespace skein::cli::screen {

struct answer_approval {
  schema::approval what;  ///< as it was shown
  bool approve = false;
  std::string reason;
};
struct set_switch {
  store::switch_kind kind = store::switch_kind::hold;
  switch_target target;
  std::string reason;
};
struct lift_switches {
  switch_target target;
};
using order = std::variant<answer_approval, set_switch, lift_switches>;

/// Asks the fleet; the value is what to tell the operator. Blocking.
[[nodiscard]] result<std::string> carry_out(actors::fleet_client& fleet, const order& what,
                                            const std::string& by, std::int64_t now_ms);

/// One order at a time.
class order_desk {
 public:
  virtual ~order_desk() = default;
  /// Not while one is under way.
  virtual void start(order what) = 0;
  [[nodiscard]] virtual bool busy() const = 0;
  /// What came of the order, once; none: it is under way, or there is none. Not blocking.
  [[nodiscard]] virtual std::optional<result<std::string>> outcome() = 0;
};

/// Carries orders out on a thread of its own: in the fleet that owns the state directory or is at
/// --server, or, when there is none, in one embedded for the order. Its end waits for the order.
[[nodiscard]] std::unique_ptr<order_desk> fleet_orders(const global_options& global);

}  // namespace skein::cli::screen
