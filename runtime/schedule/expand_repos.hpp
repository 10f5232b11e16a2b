// Turns a campaign's repository selectors into a list of repositories.
#pragma once

#include "schema/campaign.hpp"
#include "schema/error.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace skein::schedule {

/// Blocking: reads list files and directories. Relative `file:`, `glob:` and path entries are
/// relative to `directory`. The first mention of a URL wins, later ones are dropped; order is kept.
/// `invalid` names the entry: unreadable file, line that is no address, a glob that matches nothing,
/// more than 100,000 repositories. `search` finds the addresses of a `github:` entry; without one such
/// an entry is `unsupported`, and what finds nothing is `invalid`.
using repo_search = std::function<result<std::vector<std::string>>(const std::string& selector)>;
[[nodiscard]] result<std::vector<schema::repo_spec>> expand_repos(
    const std::vector<schema::repo_selector>& selectors, const std::filesystem::path& directory,
    const repo_search& search = {});

/// The address under which `expand_repos` lists this one.
[[nodiscard]] std::string full_address(const std::string& url,
                                       const std::filesystem::path& directory);

}  // namespace skein::schedule
