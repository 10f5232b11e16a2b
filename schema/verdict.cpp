// Verdicts as JSON and back.
#include "schema/verdict.hpp"

#include "schema/json_read.hpp"

#include <array>

namespace skein::schema {

std::string_view to_string(verdict_status value) noexcept {
  switch (value) {
    case verdict_status::passed:
      return "passed";
    case verdict_status::failed:
      return "failed";
    case verdict_status::timed_out:
      return "timed_out";
    case verdict_status::failed_before:
      return "failed_before";
    case verdict_status::error:
      return "error";
    case verdict_status::skipped:
      return "skipped";
  }
  return "error";
}

verdict_status parse_verdict_status(std::string_view text) noexcept {
  constexpr std::array all{verdict_status::passed,    verdict_status::failed,
                           verdict_status::timed_out, verdict_status::failed_before,
                           verdict_status::error,     verdict_status::skipped};
  for (const verdict_status candidate : all) {
    if (to_string(candidate) == text) return candidate;
  }
  // An unknown word must never read as a pass.
  return verdict_status::error;
}

nlohmann::json to_json(const verdict& value) {
  return {{"name", value.name},
          {"required", value.required},
          {"status", to_string(value.status)},
          {"baseline", to_string(value.baseline)},
          {"baselineCached", value.baseline_cached},
          {"flaky", value.flaky},
          {"durationMs", value.duration_ms},
          {"logRef", value.log_ref},
          {"digest", value.digest},
          {"excerpt", value.excerpt}};
}

verdict verdict_from_json(const nlohmann::json& value) {
  using detail::read;
  return detail::reading("verdict", [&] {
    verdict out;
    std::string text;
    read(value, "name", out.name);
    read(value, "required", out.required);
    read(value, "status", text);
    out.status = parse_verdict_status(text);
    text = "skipped";
    read(value, "baseline", text);
    out.baseline = parse_verdict_status(text);
    read(value, "baselineCached", out.baseline_cached);
    read(value, "flaky", out.flaky);
    read(value, "durationMs", out.duration_ms);
    read(value, "logRef", out.log_ref);
    read(value, "digest", out.digest);
    read(value, "excerpt", out.excerpt);
    return out;
  });
}

}  // namespace skein::schema
