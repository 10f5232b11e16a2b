// Reading, comparing and copying the bytes of opened regular files, always with a bound on memory.
#pragma once

#include "schema/error.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <string>

namespace skein::workspace {

/// Git's idea of a mode: the owner may execute it.
[[nodiscard]] inline bool is_executable(const struct stat& status) noexcept {
  return (status.st_mode & S_IXUSR) != 0;
}

/// Reads from the start to the end of the file, at most `limit` bytes. A file that shrinks or grows
/// meanwhile gives what is there.
[[nodiscard]] result<std::string> read_bytes(int fd, std::uint64_t limit);

/// True when both files, which are of this size, hold the same bytes.
[[nodiscard]] result<bool> same_bytes(int left, int right, std::uint64_t size);

/// Appends `from` to the empty file `to`; holes stay holes and blocks are shared where possible.
[[nodiscard]] result<> copy_bytes(int from, int to, const struct stat& status);

[[nodiscard]] result<> write_bytes(int fd, const std::string& bytes);

}  // namespace skein::workspace
