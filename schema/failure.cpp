// The failure record as JSON and back.
#include "schema/failure.hpp"

#include "schema/json_read.hpp"

#include <array>

namespace skein::schema {

namespace {

constexpr std::array all_failure_classes{
    failure_class::f1, failure_class::f2,  failure_class::f3,  failure_class::f4,
    failure_class::f5, failure_class::f6,  failure_class::f7,  failure_class::f8,
    failure_class::f9, failure_class::f10, failure_class::f11, failure_class::f12};

failure_class parse_failure_class(const std::string& text) {
  for (const failure_class candidate : all_failure_classes) {
    if (to_string(candidate) == text) return candidate;
  }
  return failure_class::f10;
}

}  // namespace

std::string_view to_string(failure_class value) noexcept {
  switch (value) {
    case failure_class::f1:
      return "F1";
    case failure_class::f2:
      return "F2";
    case failure_class::f3:
      return "F3";
    case failure_class::f4:
      return "F4";
    case failure_class::f5:
      return "F5";
    case failure_class::f6:
      return "F6";
    case failure_class::f7:
      return "F7";
    case failure_class::f8:
      return "F8";
    case failure_class::f9:
      return "F9";
    case failure_class::f10:
      return "F10";
    case failure_class::f11:
      return "F11";
    case failure_class::f12:
      return "F12";
  }
  return "F10";
}

nlohmann::json to_json(const failure& value, const std::string& run_id) {
  return {{"runId", run_id},
          {"state", to_string(value.state)},
          {"failureClass", to_string(value.cls)},
          {"failureReason", value.reason},
          {"attempt", value.attempt},
          {"safeSummary", value.safe_summary},
          {"rawLogRef", value.raw_log_ref},
          {"secretScanStatus", value.secret_scan_status},
          {"retryable", value.retryable},
          {"suggestedNextAction", value.suggested_next_action},
          {"at", value.at_ms},
          {"component", value.component},
          {"policyNeedsFix", value.policy_needs_fix}};
}

failure failure_from_json(const nlohmann::json& value) {
  using detail::read;
  return detail::reading("failure record", [&] {
    failure out;
    std::string text;
    read(value, "state", text);
    out.state = parse_run_state(text).value_or(out.state);
    text.clear();
    read(value, "failureClass", text);
    out.cls = parse_failure_class(text);
    read(value, "failureReason", out.reason);
    read(value, "attempt", out.attempt);
    read(value, "safeSummary", out.safe_summary);
    read(value, "rawLogRef", out.raw_log_ref);
    read(value, "secretScanStatus", out.secret_scan_status);
    read(value, "retryable", out.retryable);
    read(value, "suggestedNextAction", out.suggested_next_action);
    read(value, "at", out.at_ms);
    read(value, "component", out.component);
    read(value, "policyNeedsFix", out.policy_needs_fix);
    return out;
  });
}

}  // namespace skein::schema
