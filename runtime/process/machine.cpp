#include "runtime/process/machine.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace skein::process {

std::uint64_t machine_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page = ::sysconf(_SC_PAGESIZE);
  std::uint64_t bytes = pages > 0 && page > 0
                            ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page)
                            : 0;
  // In a container its own group is seen as the root. "max" is no number and changes nothing.
  for (const char* limit :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::uint64_t most = 0;
    if (std::ifstream(limit) >> most && most > 0) bytes = std::min(bytes, most);
  }
  return bytes;
}

}  // namespace skein::process
