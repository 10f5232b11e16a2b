// What a server answered to a call, as one text for a model. Everything in it is the server's word:
// the caller scans, cuts and frames it.
#pragma once

#include "runtime/mcp/tool_answer.hpp"

#include <string>

namespace skein::mcp {

/// Texts as they are; of everything else what it is and how much, because a model of this platform
/// reads text only; structured content where there is no text. Never empty.
[[nodiscard]] std::string text_of(const tool_outcome& outcome);

}  // namespace skein::mcp
