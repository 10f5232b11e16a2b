// Findings that somebody looked at and accepted: the lines of a .gitleaksignore.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace skein::scan {

class ignore_list {
 public:
  ignore_list() = default;
  /// Lines `FILE:RULE:LINE` or `COMMIT:FILE:RULE:LINE` (the commit is not looked at), or a
  /// fingerprint of ours; `#` begins a comment. Lines of other kinds mean nothing.
  explicit ignore_list(std::string_view text);

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  /// `path` is relative to the folder of the file.
  [[nodiscard]] bool has(std::string_view path, std::string_view rule, std::uint32_t line,
                         std::string_view fingerprint) const;

 private:
  std::set<std::string, std::less<>> entries_;  ///< FILE:RULE:LINE or a fingerprint
};

}  // namespace skein::scan
