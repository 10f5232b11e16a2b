// Who gives the orders: the name that events and submissions carry.
#pragma once

#include <string>

namespace skein::cli {

/// The login name of the effective user, or `uid N`.
[[nodiscard]] std::string current_person();

}  // namespace skein::cli
