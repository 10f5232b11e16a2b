// Who gives the orders: the name that events and submissions carry.
#pragma once

#include <sys/types.h>

#include <string>

namespace skein::cli {

/// The login name of `user`, or `uid N`.
[[nodiscard]] std::string person_named(uid_t user);

/// The one of the effective user.
[[nodiscard]] std::string current_person();

}  // namespace skein::cli
