// What a regex can match, read from its text alone. Not a parser of regexes: where in doubt it says
// the safe thing.
#pragma once

#include <string_view>

namespace skein::scan {

/// False unless it is certain that no match can hold a line end nor depend on where the text begins
/// or ends, so that a line can be searched by itself.
[[nodiscard]] bool stays_within_line(std::string_view regex);

/// True when the regex means the same for bytes as for UTF-8: it has ASCII only and no Unicode
/// classes. Bytes are faster, and a broken sequence cannot break a match.
[[nodiscard]] bool works_on_bytes(std::string_view regex);

}  // namespace skein::scan
