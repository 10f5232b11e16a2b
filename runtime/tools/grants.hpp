// The manifests of what is neither a tool nor an external agent: kinds of agent, ways to a model,
// network grants and kinds of sandbox. What has no complete one does not load (SPEC.md, L).
#pragma once

#include "schema/error.hpp"
#include "schema/tool.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace skein::tools {

using grants = std::map<std::string, schema::capability_manifest>;

/// All that this version can grant: "agent/model", "network/registries", "provider/anthropic" ….
[[nodiscard]] const std::vector<std::string>& grantable();

/// `file:line:col` of the first fault: an unknown or incomplete entry, one that says nothing, or
/// one of grantable() that is missing.
[[nodiscard]] result<grants> read_grants(std::string_view text, const std::string& file);

/// Blocking.
[[nodiscard]] result<grants> load_grants(const std::filesystem::path& path);

}  // namespace skein::tools
