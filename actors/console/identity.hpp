// Who may do what on the remote port: roles, and the verbs that each has. Not who somebody is
// (operators.hpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skein::console {

/// viewer reads; submitter brings work; approver answers; operator and admin do all of this and
/// work the switches. Whatever the role, nobody approves a run of their own.
enum class role { viewer, submitter, approver, operating, admin };
[[nodiscard]] std::string_view to_string(role value) noexcept;
[[nodiscard]] std::optional<role> parse_role(std::string_view word) noexcept;

struct identity {
  std::string name;
  console::role role = console::role::viewer;
  std::string tenant;  ///< empty: all of them
};

/// May `who` give orders with this verb of the control protocol? False for verbs that are not
/// known.
[[nodiscard]] bool may(role who, std::string_view verb) noexcept;

}  // namespace skein::console
