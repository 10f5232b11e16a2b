// Findings of the diff gate as other programs read them: JSON, JSON Lines, SARIF 2.1.0, text.
#pragma once

#include "runtime/diff/examine.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace skein::diff {

/// An array of `{path, line, rule, severity, action, message, before, after, fingerprint}`; equal
/// findings have equal fingerprints wherever the line has moved to.
[[nodiscard]] nlohmann::json json_of(const examination& found);

/// The same objects, a line each.
[[nodiscard]] std::string json_lines_of(const examination& found);

/// One run of the tool `skein`.
[[nodiscard]] nlohmann::json sarif_of(const examination& found, const std::string& version);

/// `path:line: action: message [rule]`, then what was before and after.
[[nodiscard]] std::string text_of(const examination& found);

/// `{files: [...], risk, raisedRisk}`: what the rules go by.
[[nodiscard]] nlohmann::json facts_of(const examination& found);

}  // namespace skein::diff
