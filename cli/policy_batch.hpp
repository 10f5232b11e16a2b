// `policy check --batch`: a decision for every line of standard input, as fast as they come.
#pragma once

#include "cli/output.hpp"
#include "runtime/policy/engine.hpp"

#include <string>
#include <string_view>

namespace skein::cli {

/// One line of JSON (without its line break) → one line of JSON (with it), appended to `out`. A
/// line that cannot be read is answered by a denial with an `error`; its id is null unless it was
/// read.
void decide_line(const policy::engine& rules, const policy::circumstances& around,
                 std::string_view line, std::uint64_t number, std::string& out);

/// Blocking, until the input ends. Answers leave as soon as no whole line is waiting. False when
/// input or output failed, which is told on stderr.
[[nodiscard]] bool decide_batch(const policy::engine& rules, const policy::circumstances& around,
                                int input, output& out);

/// A decision as JSON members, without the braces and the id.
void append_decision(const policy::decision& said, std::string& out);

}  // namespace skein::cli
