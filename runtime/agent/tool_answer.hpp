// What a tool did, as text for a model: bounded, head and tail, with what was left out. Raw output
// is scanned before it gets here and framed as data after.
#pragma once

#include "runtime/cell/cell.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace skein::agent {

struct tool_answer {
  bool failed = false;
  std::string text;
  std::uint64_t file_bytes = 0;  ///< of files that the model sees
  std::string kind;  ///< "ok", a refusal's kind, or how a command ended; for the trace
};

/// True when the model may see this path.
using may_see_fn = std::function<bool(const std::string& path)>;

/// What `command_of` led to. Names of files that may not be seen are left out, and counted.
[[nodiscard]] tool_answer answer_of(std::string_view tool, const cell::command_result& ended,
                                    const may_see_fn& may_see);

/// At most about `most` bytes: the head and the tail with the number of bytes between them, cut at
/// ends of lines where there are some.
[[nodiscard]] std::string head_and_tail(std::string_view text, std::size_t most);

}  // namespace skein::agent
