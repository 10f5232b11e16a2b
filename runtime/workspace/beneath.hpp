// Descriptors for walking a tree that untrusted code wrote: nothing here follows a symlink, leaves
// the tree, waits on a FIFO or goes by a path that could be swapped. Not a general file interface.
#pragma once

#include "schema/error.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace skein::workspace {

/// The longest path the kernel takes in one call, without the final NUL.
inline constexpr std::size_t longest_path = 4095;

/// Owns a file descriptor.
class descriptor {
 public:
  descriptor() = default;
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor();

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// Opens a directory whose path we chose ourselves; its last component must not be a symlink.
[[nodiscard]] result<descriptor> open_trusted_directory(const std::filesystem::path& path);

/// Opens `path` below `root` without following any symlink, `..` or mount. `path` is relative and
/// at most `longest_path` long. Invalid with errno set on failure: ELOOP or ENOTDIR for a symlink.
[[nodiscard]] descriptor open_beneath(int root, const std::string& path, int flags) noexcept;

/// The same one component at a time, for kernels without openat2.
[[nodiscard]] descriptor open_beneath_stepwise(int root, const std::string& path,
                                               int flags) noexcept;

/// Opens a directory for reading. The owner's permission bits in `needed` are added, for good,
/// where they are missing and stand in the way. Invalid with errno set.
[[nodiscard]] descriptor open_directory(int root, const std::string& path, mode_t needed) noexcept;

/// Opens a regular file for reading, whatever its permission bits; invalid with errno set, EINVAL
/// when it is something else. `status` is that of the opened file.
[[nodiscard]] descriptor open_regular(int directory, const std::string& name,
                                      struct stat& status) noexcept;

/// At most `most` bytes of a regular file in this directory; empty when there is none that can be
/// read.
[[nodiscard]] std::string read_beginning(int directory, const std::string& name, std::size_t most);

/// The target of a symlink; errno is in the error's text.
[[nodiscard]] result<std::string> read_link(int directory, const std::string& name);

/// The names in a directory, without `.` and `..`, in the order the kernel gives them.
class directory_stream {
 public:
  explicit directory_stream(descriptor directory) noexcept;
  directory_stream(const directory_stream&) = delete;
  directory_stream& operator=(const directory_stream&) = delete;
  ~directory_stream();

  /// The next name, or null at the end and on failure; `failed` tells which.
  [[nodiscard]] const dirent* next() noexcept;
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] int get() const noexcept;

 private:
  DIR* stream_ = nullptr;
  bool failed_ = false;
};

/// Untrusted bytes made fit for a message: control characters and invalid UTF-8 as `\xNN`, at most
/// about 200 characters.
[[nodiscard]] std::string printable(std::string_view bytes);

}  // namespace skein::workspace
