// Finds secrets in text by rules (gitleaks TOML: id, description, regex, keywords, entropy,
// secretGroup) on RE2. The secret itself never leaves this file.
#pragma once

#include "schema/error.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace skein::scan {

struct secret_finding {
  std::string rule;
  std::string description;
  std::string path;
  std::uint32_t line = 0;   ///< from 1
  std::string fingerprint;  ///< SHA-256 over rule, path and secret: equal secrets compare equal
};

class secret_scanner {
 public:
  /// Blocking. Reads every *.toml of `directory`; `invalid` names file, rule and reason.
  [[nodiscard]] static result<secret_scanner> load(const std::filesystem::path& directory);

  [[nodiscard]] std::vector<secret_finding> scan(std::string_view text,
                                                 const std::string& path) const;
  /// Only the added lines of a unified diff; paths and lines are those of the new files.
  [[nodiscard]] std::vector<secret_finding> scan_added(std::string_view patch) const;
  /// The text with every secret replaced by `[redacted:RULE]`.
  [[nodiscard]] std::string redact(std::string_view text) const;

 private:
  struct rules;
  std::shared_ptr<const rules> rules_;
};

}  // namespace skein::scan
