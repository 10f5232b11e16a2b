// Why a queued run waits, asked of the fleet that is at work on it.
#pragma once

#include "actors/messages.hpp"
#include "cli/waiting_reasons.hpp"

#include <optional>

namespace skein::cli {

/// What the fleet's scheduler says; none when no fleet is at work, or it knows no more than the
/// rows do. Blocking.
[[nodiscard]] std::optional<reason> live_reason(const global_options& global,
                                                const schema::run& run);

/// Pure: the scheduler's answer in words.
[[nodiscard]] std::optional<reason> reason_of(const actors::why_answer& said);

}  // namespace skein::cli
