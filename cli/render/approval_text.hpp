// How approvals and incidents look, for people and for programs.
#pragma once

#include "cli/render/table.hpp"
#include "runtime/store/reader.hpp"
#include "schema/approval.hpp"

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace skein::cli {

/// {run, campaign, tenant, repo, submitter, risk, diffSha256, state, required, why[], createdAt,
/// expiresAt, escalatedAt, votes[{by, approve, reason, at}]}; times in ISO 8601 UTC or null.
[[nodiscard]] nlohmann::json to_json(const schema::approval& value);
[[nodiscard]] table approval_table(const std::vector<schema::approval>& rows, std::int64_t now_ms);

/// {at, kind, run, campaign, tenant, summary, facts}
[[nodiscard]] nlohmann::json to_json(const store::incident_row& value);
[[nodiscard]] table incident_table(const std::vector<store::incident_row>& rows,
                                   std::int64_t now_ms);

}  // namespace skein::cli
