// One request line to a control socket and the answer line back.
#pragma once

#include "schema/error.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

namespace skein::cli::control {

/// Blocking, at most `longest`. `unavailable` when nobody listens or the other side hangs up;
/// `cancelled` when an interrupt comes while it waits (the request may still be carried out).
[[nodiscard]] result<std::string> exchange(const std::filesystem::path& socket,
                                           std::string_view line,
                                           std::chrono::milliseconds longest);

}  // namespace skein::cli::control
