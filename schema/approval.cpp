#include "schema/approval.hpp"

#include <stdexcept>

namespace skein::schema {

std::string_view to_string(approval_state value) noexcept {
  switch (value) {
    case approval_state::pending:
      return "pending";
    case approval_state::approved:
      return "approved";
    case approval_state::denied:
      return "denied";
    case approval_state::expired:
      return "expired";
    case approval_state::withdrawn:
      return "withdrawn";
  }
  return "pending";
}

approval_state approval_state_of(std::string_view word) {
  for (const auto each :
       {approval_state::pending, approval_state::approved, approval_state::denied,
        approval_state::expired, approval_state::withdrawn}) {
    if (to_string(each) == word) return each;
  }
  throw std::runtime_error("unknown approval state " + std::string(word));
}

}  // namespace skein::schema
