// Bytes of regular files. See file_bytes.hpp.
#include "runtime/workspace/file_bytes.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace skein::workspace {
namespace {

using block = std::array<char, 64 * 1024>;

/// Reads until the buffer is full or the file ends; -1 with errno set on failure.
ssize_t read_full(int fd, char* to, std::size_t size, std::uint64_t offset) noexcept {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(fd, to + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return static_cast<ssize_t>(done);
}

result<> write_all(int fd, const char* from, std::size_t size, off_t offset) {
  while (size > 0) {
    const ssize_t put = ::pwrite(fd, from, size, offset);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno_error("write file", errno);
    from += put;
    offset += put;
    size -= static_cast<std::size_t>(put);
  }
  return {};
}

result<> copy_by_reading(int from, int to, off_t start, off_t end) {
  block buffer;
  while (start < end) {
    const auto wanted =
        static_cast<std::size_t>(std::min<off_t>(end - start, static_cast<off_t>(buffer.size())));
    const ssize_t got = read_full(from, buffer.data(), wanted, static_cast<std::uint64_t>(start));
    if (got < 0) return errno_error("read file", errno);
    if (got == 0) return {};
    SKEIN_CHECK(write_all(to, buffer.data(), static_cast<std::size_t>(got), start));
    start += got;
  }
  return {};
}

result<> copy_range(int from, int to, off_t start, off_t end) {
  while (start < end) {
    off_t in = start;
    off_t out = start;
    const ssize_t copied =
        ::copy_file_range(from, &in, to, &out, static_cast<std::size_t>(end - start), 0);
    // Not every pair of file systems can; reading always can, and reports real failures.
    if (copied < 0) return copy_by_reading(from, to, start, end);
    if (copied == 0) return {};
    start += copied;
  }
  return {};
}

}  // namespace

result<std::string> read_bytes(int fd, std::uint64_t limit) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return errno_error("read file", errno);
  const std::uint64_t size =
      std::min<std::uint64_t>(limit, static_cast<std::uint64_t>(status.st_size));
  std::string bytes(size, '\0');
  const ssize_t got = read_full(fd, bytes.data(), bytes.size(), 0);
  if (got < 0) return errno_error("read file", errno);
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

result<bool> same_bytes(int left, int right, std::uint64_t size) {
  block a;
  block b;
  for (std::uint64_t offset = 0; offset < size; offset += a.size()) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(a.size(), size - offset));
    const ssize_t left_got = read_full(left, a.data(), wanted, offset);
    const ssize_t right_got = read_full(right, b.data(), wanted, offset);
    if (left_got < 0 || right_got < 0) return errno_error("compare files", errno);
    if (left_got != right_got) return false;
    if (std::memcmp(a.data(), b.data(), static_cast<std::size_t>(left_got)) != 0) return false;
    if (static_cast<std::size_t>(left_got) < wanted) return true;
  }
  return true;
}

result<> copy_bytes(int from, int to, const struct stat& status) {
  const off_t size = status.st_size;
  if (size == 0) return {};
  if (::ioctl(to, FICLONE, from) == 0) return {};
  // st_blocks counts 512 bytes each, whatever the file system's own block is.
  if (status.st_blocks * 512 >= size) return copy_range(from, to, 0, size);
  for (off_t start = 0; start < size;) {
    const off_t begin = ::lseek(from, start, SEEK_DATA);
    if (begin < 0) {
      if (errno == ENXIO) break;
      return copy_range(from, to, start, size);
    }
    off_t end = ::lseek(from, begin, SEEK_HOLE);
    if (end < 0) end = size;
    SKEIN_CHECK(copy_range(from, to, begin, end));
    start = end;
  }
  if (::ftruncate(to, size) != 0) return errno_error("copy a sparse file", errno);
  return {};
}

result<> write_bytes(int fd, const std::string& bytes) {
  return write_all(fd, bytes.data(), bytes.size(), 0);
}

}  // namespace skein::workspace
