// Rows of the state database as JSON, both ways, every member: what the remote protocol's questions
// are answered with. Not the JSON that users see (schema::to_json).
#pragma once

#include "runtime/store/reader.hpp"

#include <nlohmann/json.hpp>

namespace skein::cli::remote {

[[nodiscard]] nlohmann::json to_row(const std::string& value);
[[nodiscard]] nlohmann::json to_row(std::uint64_t value);
[[nodiscard]] nlohmann::json to_row(const schema::run& value);
[[nodiscard]] nlohmann::json to_row(const store::campaign_row& value);
[[nodiscard]] nlohmann::json to_row(const store::event_row& value);
[[nodiscard]] nlohmann::json to_row(const store::outbox_row& value);
[[nodiscard]] nlohmann::json to_row(const store::wave_totals& value);
[[nodiscard]] nlohmann::json to_row(const store::opened_pull_request& value);
[[nodiscard]] nlohmann::json to_row(const store::queued_run& value);
[[nodiscard]] nlohmann::json to_row(const store::incident_row& value);
[[nodiscard]] nlohmann::json to_row(const store::tenant_usage& value);
[[nodiscard]] nlohmann::json to_row(const store::switch_row& value);
[[nodiscard]] nlohmann::json to_row(const schema::approval& value);
[[nodiscard]] nlohmann::json to_row(const schema::verdict& value);
[[nodiscard]] nlohmann::json to_row(const store::pull_request_totals& value);
[[nodiscard]] nlohmann::json to_row(const store::timetable_row& value);
[[nodiscard]] nlohmann::json to_row(std::int64_t value);
[[nodiscard]] nlohmann::json to_row(const store::run_filter& value);
[[nodiscard]] nlohmann::json to_row(const store::approval_filter& value);
[[nodiscard]] nlohmann::json to_row(const store::queue_filter& value);

/// These throw std::exception on JSON that does not fit.
void of_row(const nlohmann::json& from, std::string& out);
void of_row(const nlohmann::json& from, std::uint64_t& out);
void of_row(const nlohmann::json& from, schema::run& out);
void of_row(const nlohmann::json& from, store::campaign_row& out);
void of_row(const nlohmann::json& from, store::event_row& out);
void of_row(const nlohmann::json& from, store::outbox_row& out);
void of_row(const nlohmann::json& from, store::wave_totals& out);
void of_row(const nlohmann::json& from, store::opened_pull_request& out);
void of_row(const nlohmann::json& from, store::queued_run& out);
void of_row(const nlohmann::json& from, store::incident_row& out);
void of_row(const nlohmann::json& from, store::tenant_usage& out);
void of_row(const nlohmann::json& from, store::switch_row& out);
void of_row(const nlohmann::json& from, schema::approval& out);
void of_row(const nlohmann::json& from, schema::verdict& out);
void of_row(const nlohmann::json& from, store::pull_request_totals& out);
void of_row(const nlohmann::json& from, store::timetable_row& out);
void of_row(const nlohmann::json& from, std::int64_t& out);
void of_row(const nlohmann::json& from, store::run_filter& out);
void of_row(const nlohmann::json& from, store::approval_filter& out);
void of_row(const nlohmann::json& from, store::queue_filter& out);

}  // namespace skein::cli::remote
