// Which arguments make a harmless command execute or write something: what must not be added to a
// command that is allowed by its first words only. A table of what is known about common commands,
// and suspicion about the rest.
#pragma once

#include "runtime/shell/allowlist.hpp"

namespace skein::shell::detail {

/// Why the words from `first` on may not be added to the command; empty: they may.
[[nodiscard]] std::string risk_of_arguments(const execution& command, std::size_t first,
                                            const file_judge& files);

}  // namespace skein::shell::detail
