// The failure record of SPEC.md §F: why a run did not succeed, in fields that scripts rely on.
#pragma once

#include "schema/stage.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace skein::schema {

/// The rows of the failure handling matrix.
enum class failure_class { f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12 };

/// "F1" … "F12".
[[nodiscard]] std::string_view to_string(failure_class value) noexcept;

struct failure {
  run_state state = run_state::infrastructure_failed;
  failure_class cls = failure_class::f10;
  std::string reason;         ///< what happened, one line, with names and numbers
  std::uint32_t attempt = 0;  ///< the attempt in which it happened; 0 = before the first
  std::string safe_summary;   ///< free of repository content; fit for any reader
  std::string raw_log_ref;    ///< artifact reference, empty when there is no log
  std::string secret_scan_status = "not_scanned";  ///< clean | redacted | found | not_scanned
  bool retryable = false;
  std::string suggested_next_action;
  std::int64_t at_ms = 0;  ///< Unix milliseconds
  std::string component;   ///< which tool, verifier, model or stage: "verifier:unit"
  bool policy_needs_fix = false;

  friend bool operator==(const failure&, const failure&) = default;
};

/// Stable field names: runId, state, failureClass, failureReason, attempt, safeSummary, rawLogRef,
/// secretScanStatus, retryable, suggestedNextAction, at, component, policyNeedsFix.
[[nodiscard]] nlohmann::json to_json(const failure& value, const std::string& run_id);
/// The inverse of to_json; missing members keep their defaults (rows written by older versions).
[[nodiscard]] failure failure_from_json(const nlohmann::json& value);

}  // namespace skein::schema
