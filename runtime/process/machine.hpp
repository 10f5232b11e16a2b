// What this machine, or the container around this process, has.
#pragma once

#include <cstdint>

namespace skein::process {

/// Bytes of memory that the processes here may use together: the machine's, or less where a control
/// group says so. 0: unknown.
[[nodiscard]] std::uint64_t machine_memory();

}  // namespace skein::process
