// The one place where the program's errors become CAF errors and come back.
#pragma once

#include "schema/error.hpp"

#include <caf/error.hpp>

#include <string>

namespace skein::actors {

[[nodiscard]] caf::error to_caf(const error& value);

/// Also understands CAF's own errors: a request that timed out is `timeout`, a receiver that is gone
/// is `unavailable`, an exception in the receiver is `internal`. `attempted` starts the message of
/// those.
[[nodiscard]] error from_caf(const caf::error& value, const std::string& attempted);

}  // namespace skein::actors
