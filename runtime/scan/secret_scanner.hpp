// Finds secrets in text: by rules (gitleaks TOML) and by the values that the platform itself holds.
// The secret itself never leaves this folder.
#pragma once

#include "runtime/scan/held_secret.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace skein::scan {

class ignore_list;

struct secret_finding {
  std::string rule;
  std::string description;
  std::string path;         ///< with secrets in the name itself redacted
  std::uint32_t line = 0;   ///< from 1
  std::string fingerprint;  ///< 64 hexadecimal digits; see with_fingerprint_key()
};

/// A value that the platform holds; one that it planted to be watched for; content that could not
/// be looked at, which is reported like a secret because nobody can say that it holds none.
inline constexpr std::string_view held_rule = "held-secret";
inline constexpr std::string_view canary_rule = "canary";
inline constexpr std::string_view unscanned_rule = "unscanned";

/// Whose word counts. The default trusts nobody: right for anything that a run or a tool produced.
struct scan_options {
  bool trust_inline_allow = false;        ///< lines with `gitleaks:allow` hold no findings
  const ignore_list* accepted = nullptr;  ///< a .gitleaksignore; never one out of a change
};

class secret_scanner {
 public:
  /// Blocking. Reads every *.toml of `directory`; `invalid` names file, line, column, rule and
  /// reason.
  [[nodiscard]] static result<secret_scanner> load(const std::filesystem::path& directory);
  /// Blocking. Reads one gitleaks file; its `useDefault` means the rules in `shipped`.
  [[nodiscard]] static result<secret_scanner> load_file(const std::filesystem::path& file,
                                                        const std::filesystem::path& shipped);

  /// The same rules, and these values in whatever form. Marks and allowlists do not count for them.
  /// `invalid` names the secret that is too short.
  [[nodiscard]] result<secret_scanner> with_held(std::vector<held_secret> secrets) const;

  /// Fingerprints are over rule, path and secret, so that equal secrets compare equal. A key makes
  /// them useless to whoever does not have it. Without one only secrets that are beyond guessing
  /// take part; a guessable one, which anybody could find again by trying words, is represented by
  /// the line around it.
  [[nodiscard]] secret_scanner with_fingerprint_key(std::string key) const;

  /// At most 10,000 findings, like the others. `path` may be empty: not known.
  [[nodiscard]] std::vector<secret_finding> scan(std::string_view text, const std::string& path,
                                                 const scan_options& options = {}) const;

  /// What a unified diff adds: secrets that touch an added line, with the context to recognise
  /// them, and the content of binary blocks. Paths and lines are those of the new files. What the
  /// change says about itself (marks, a .gitleaksignore) counts only as far as `options` say.
  [[nodiscard]] std::vector<secret_finding> scan_added(std::string_view patch,
                                                       const scan_options& options = {}) const;

  /// The text with every secret replaced by `[redacted:RULE]`; also the beginning of a held secret
  /// at the very end, where the text was cut off.
  [[nodiscard]] std::string redact(std::string_view text) const;

  struct redaction {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string_view rule;
  };
  /// Where redact() would change the text: in order, apart from each other. `whole`: the text ends
  /// here.
  [[nodiscard]] std::vector<redaction> redactions(std::string_view text, bool whole = true) const;

  struct rule_text {
    std::string id;
    std::string description;
  };
  /// All rules that findings can name.
  [[nodiscard]] std::vector<rule_text> rules() const;

 private:
  struct parts;
  std::shared_ptr<const parts> parts_;
};

}  // namespace skein::scan
