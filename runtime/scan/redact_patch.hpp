// Takes secrets out of a diff that is kept, also out of its binary blocks, which redaction of the
// text alone cannot see.
#pragma once

#include "runtime/scan/secret_scanner.hpp"

#include <string>
#include <string_view>

namespace skein::scan {

/// The diff with every secret replaced by `[redacted:RULE]`. A binary block that holds one, or that
/// cannot be decoded, is replaced as a whole: the result is for reading, not for applying.
[[nodiscard]] std::string redact_patch(const secret_scanner& scanner, std::string_view patch);

}  // namespace skein::scan
