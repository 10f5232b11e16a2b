// What tells one finding from another without giving its secret away.
#pragma once

#include "runtime/scan/rule_set.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace skein::scan {

struct fingerprint_parts {
  std::string_view key;  ///< may be empty
  std::string_view rule;
  std::string_view path;
  std::string_view secret;
  std::string_view around;  ///< the line without its secrets
};

/// 64 hexadecimal digits. With a key an HMAC over rule, path and secret. Without one a SHA-256, in
/// which a secret that could be guessed takes no part: `around` stands for it.
[[nodiscard]] std::string fingerprint_of(const fingerprint_parts& parts);

/// The line of `spans[number]` (at most 512 bytes to either side), every secret of it taken out.
[[nodiscard]] std::string text_around(std::string_view text, const std::vector<span>& spans,
                                      std::size_t number);

}  // namespace skein::scan
