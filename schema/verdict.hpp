// What a verifier found, on the change and on the untouched base.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>

namespace skein::schema {

/// passed and failed are about the command's exit status; timed_out is a failure of its own class;
/// failed_before means that it fails on the base too, so it does not blame the change; error means
/// that the verifier could not be run.
enum class verdict_status { passed, failed, timed_out, failed_before, error, skipped };

[[nodiscard]] std::string_view to_string(verdict_status value) noexcept;
[[nodiscard]] verdict_status parse_verdict_status(std::string_view text) noexcept;

struct verdict {
  std::string name;
  bool required = true;
  verdict_status status = verdict_status::skipped;
  verdict_status baseline = verdict_status::skipped;  ///< the same command on the base commit
  bool baseline_cached = false;
  bool flaky = false;
  std::int64_t duration_ms = 0;
  std::string log_ref;
  std::string digest;   ///< SHA-256 of command, timeout and platform file: the baseline cache's key
  std::string excerpt;  ///< the few lines that matter, bounded to 4 KiB
  friend bool operator==(const verdict&, const verdict&) = default;
};

/// {name, required, status, baseline, flaky, durationMs, logRef}
[[nodiscard]] nlohmann::json to_json(const verdict& value);
[[nodiscard]] verdict verdict_from_json(const nlohmann::json& value);

}  // namespace skein::schema
