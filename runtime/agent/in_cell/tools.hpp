// The file tools of an agent, as they run in the cell. Each takes the arguments that policy has
// seen and limits of the control plane, and answers an object: facts, or a refusal() that says what
// to do instead. Decides nothing about permission.
#pragma once

#include "runtime/agent/in_cell/tree.hpp"

namespace skein::agent::in_cell {

/// `path`, `glob`, `depth`, `maxEntries` → `entries: [{path, kind, bytes?}], cut`.
[[nodiscard]] nlohmann::json list_files(const tree& workspace, const nlohmann::json& args);

/// `path`, `firstLine`, `lastLine`, `mostBytes` → `text, firstLine, lastLine, bytes, cut, lossy`.
[[nodiscard]] nlohmann::json read_file(const tree& workspace, const nlohmann::json& args);

/// `pattern`, `literal`, `path`, `glob`, `maxMatches`, `mostBytes`
/// → `matches: [{path, line, text}], filesSearched, filesLeftOut, cut`.
[[nodiscard]] nlohmann::json search(const tree& workspace, const nlohmann::json& args);

/// `path`, `content`, `executable` → `path, bytes, created`.
[[nodiscard]] nlohmann::json write_file(const tree& workspace, const nlohmann::json& args);

/// `patch` (unified diff), or `path` and `edits: [{search, replace}]` → `files: [{path, action}]`.
/// All or nothing.
[[nodiscard]] nlohmann::json apply_patch(const tree& workspace, const nlohmann::json& args);

}  // namespace skein::agent::in_cell
