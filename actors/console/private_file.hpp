// Files that only their owner reads, and that are either the old one or the new one whole.
#pragma once

#include "schema/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace skein::console {

/// Mode 0600, synced, then renamed over `file`. Blocking.
[[nodiscard]] result<> write_private(const std::filesystem::path& file, std::string_view text);

/// `refused` when others may read it and it holds a key (`secret`); `invalid` from 1 MiB on.
/// Blocking.
[[nodiscard]] result<std::string> read_private(const std::filesystem::path& file, bool secret);

/// Makes the folder with mode 0700, or checks that it has it. Blocking.
[[nodiscard]] result<> private_folder(const std::filesystem::path& folder);

}  // namespace skein::console
