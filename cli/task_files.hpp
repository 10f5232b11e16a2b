// Reads the files that `run` and `campaign run` are given, and says what is wrong with them.
#pragma once

#include "schema/campaign.hpp"
#include "schema/task.hpp"

#include <optional>
#include <string>
#include <vector>

namespace skein::cli {

/// The tasks of a file, with repositories by absolute path or URL. Nothing: the problems are on
/// stderr and the exit code is 2. With `repos`, each task is taken once for each of them, instead
/// of the repository it names.
[[nodiscard]] std::optional<std::vector<schema::task>> read_tasks(
    const std::string& path, const std::vector<std::string>& repos);

/// The one campaign of a file; otherwise as read_tasks.
[[nodiscard]] std::optional<schema::campaign> read_campaign(const std::string& path);

/// Absolute when it is a path; otherwise as it is.
[[nodiscard]] std::string absolute_repo(const std::string& url);

}  // namespace skein::cli
