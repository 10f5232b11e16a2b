// Findings as other programs read them: JSON, JSON Lines, SARIF 2.1.0. Never the secret itself.
#pragma once

#include "runtime/scan/secret_scanner.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace skein::scan {

/// An array of `{path, line, rule, description, fingerprint}`.
[[nodiscard]] nlohmann::json json_of(const std::vector<secret_finding>& findings);

/// A line of `{"path","line","rule","fingerprint"}` for each.
[[nodiscard]] std::string json_lines_of(const std::vector<secret_finding>& findings);

/// One run of the tool `skein`, with the rules that the findings name.
[[nodiscard]] nlohmann::json sarif_of(const std::vector<secret_finding>& findings,
                                      const std::string& version);

}  // namespace skein::scan
