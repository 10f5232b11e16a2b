// The YAML files of a folder with tables, as texts. What they say is read elsewhere.
#pragma once

#include "schema/error.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace skein::diff {

/// Blocking. Every *.yaml of `directory` by name; `invalid` when there is none, or more than `most`.
[[nodiscard]] result<std::vector<std::filesystem::path>> table_files(
    const std::filesystem::path& directory, std::size_t most);

/// Blocking. `invalid` for a file of more than `most_bytes`.
[[nodiscard]] result<std::string> table_text(const std::filesystem::path& file,
                                             std::size_t most_bytes);

}  // namespace skein::diff
