// What a service for one run needs to be reached by that run only: a socket in the file system that
// its owner alone may connect to, and a token that nobody can guess.
#pragma once

#include "runtime/process/descriptor.hpp"
#include "schema/error.hpp"

#include <filesystem>
#include <string>

namespace skein::process {

/// Listens at `path` (mode 0600, of any length: it is bound through its folder). A socket that a
/// killed process left is replaced; anything else there is an error. Blocking for an instant.
[[nodiscard]] result<descriptor> listen_at(const std::filesystem::path& path);

/// `prefix` and 48 random hexadecimal digits.
[[nodiscard]] result<std::string> new_token(const std::string& prefix = {});

}  // namespace skein::process
