// The JSON forms shared by task and campaign documents. Internal to schema/.
#pragma once

#include "schema/task.hpp"

#include <nlohmann/json.hpp>

namespace skein::schema::detail {

inline constexpr const char* api_version = "skein/v1";

[[nodiscard]] nlohmann::json spec_json(const task_spec& value);
[[nodiscard]] task_spec spec_from_json(const nlohmann::json& value);
[[nodiscard]] nlohmann::json metadata_json(const std::string& name, const std::string& tenant,
                                           const std::map<std::string, std::string>& labels);
/// `{apiVersion, kind, metadata, spec}`.
[[nodiscard]] nlohmann::json document_json(const char* kind, nlohmann::json metadata,
                                           nlohmann::json spec);
/// Throws std::logic_error unless `document` is an object of this kind.
void expect_kind(const nlohmann::json& document, const char* kind);

/// As duration_of, bytes_of and share_of for validated JSON; throw std::logic_error. An absent
/// member keeps what `target` holds.
void read_duration(const nlohmann::json& object, const char* key,
                   std::chrono::milliseconds& target);
void read_bytes(const nlohmann::json& object, const char* key, std::uint64_t& target);

}  // namespace skein::schema::detail
