// The words of the store's own enums, as they are stored and shown.
#include "runtime/store/operation.hpp"

namespace skein::store {

std::string_view to_string(switch_scope value) noexcept {
  switch (value) {
    case switch_scope::all:
      return "all";
    case switch_scope::tenant:
      return "tenant";
    case switch_scope::campaign:
      return "campaign";
    case switch_scope::repo:
      return "repo";
    case switch_scope::run:
      return "run";
  }
  return "all";
}

std::string_view to_string(switch_kind value) noexcept {
  switch (value) {
    case switch_kind::hold:
      return "hold";
    case switch_kind::drain:
      return "drain";
    case switch_kind::kill:
      return "kill";
  }
  return "hold";
}

std::string_view to_string(outbox_state value) noexcept {
  switch (value) {
    case outbox_state::pending:
      return "pending";
    case outbox_state::unknown:
      return "unknown";
    case outbox_state::done:
      return "done";
    case outbox_state::failed:
      return "failed";
  }
  return "pending";
}

}  // namespace skein::store
