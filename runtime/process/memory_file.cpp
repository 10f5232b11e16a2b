#include "runtime/process/descriptor.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>

namespace skein::process {

result<descriptor> memory_file(std::string_view text) {
  descriptor file(::memfd_create("skein", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return errno_error("make a file in memory", errno);
  for (std::size_t at = 0; at < text.size();) {
    const auto wrote = ::write(file.get(), text.data() + at, text.size() - at);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return errno_error("fill a file in memory", errno);
    at += static_cast<std::size_t>(wrote);
  }
  constexpr int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  if (::fcntl(file.get(), F_ADD_SEALS, seals) != 0 || ::lseek(file.get(), 0, SEEK_SET) != 0)
    return errno_error("seal a file in memory", errno);
  return file;
}

}  // namespace skein::process
