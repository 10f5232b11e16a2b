#include "runtime/model/breaker.hpp"

namespace skein::model {
namespace {

bool says_down(failure_kind kind) {
  return kind == failure_kind::overloaded || kind == failure_kind::interrupted ||
         kind == failure_kind::timeout || kind == failure_kind::certificate ||
         kind == failure_kind::redirected;
}

}  // namespace

bool breaker::admit(time_point now) {
  if (in_a_row_ < settings_.failures) return true;
  auto until = open_until_.load();
  if (now.time_since_epoch().count() < until) return false;
  // Whoever moves the time on is the one who finds out.
  const auto next = (now + settings_.open).time_since_epoch().count();
  return open_until_.compare_exchange_strong(until, next);
}

void breaker::succeeded() {
  in_a_row_ = 0;
}

void breaker::failed(failure_kind kind, time_point now) {
  if (kind == failure_kind::cancelled) return;
  if (!says_down(kind)) return succeeded();
  // Before the count: whoever sees it full finds the time set.
  open_until_ = (now + settings_.open).time_since_epoch().count();
  ++in_a_row_;
}

}  // namespace skein::model
