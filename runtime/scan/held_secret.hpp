// A secret that the platform itself holds, and every form in which a text may carry it. Its value
// is known, so it is found wherever it stands, in whatever disguise of those listed here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skein::scan {

enum class held_kind {
  secret,
  canary  ///< planted to be watched for; half of it is enough
};

struct held_secret {
  std::string name;  ///< shown in findings; the value never is
  std::string value;
  held_kind kind = held_kind::secret;
};

/// ASCII letters and digits only, in lower case: what is left of a text when quotes, line ends,
/// operators and the differences between alphabets of base 64 are taken away.
[[nodiscard]] std::string folded(std::string_view text);

/// The folded texts by which a value shows, each long enough to be no accident: as it is, reversed,
/// rot13, hex, decimal and octal codes, base 64 and base 32 at every alignment, and pairs of these.
/// Of a value of several lines also its long lines; of a canary also each good part.
[[nodiscard]] std::vector<std::string> folded_forms(const held_secret& held);

/// The value must be looked for byte by byte, because its folded form is too short or too much like
/// ordinary words.
[[nodiscard]] bool is_plain(std::string_view value);

}  // namespace skein::scan
