// Opening and reading below a directory that untrusted code wrote. See beneath.hpp.
#include "runtime/workspace/beneath.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace skein::workspace {
namespace {

/// Works on O_PATH descriptors too, which fchmod does not, and cannot be raced.
int change_mode(int fd, mode_t mode) noexcept {
  std::array<char, 32> path{};
  std::snprintf(path.data(), path.size(), "/proc/self/fd/%d", fd);
  return ::chmod(path.data(), mode);
}

/// Adds owner permission bits to what `path` names; errno stays as it was when that is impossible.
bool add_owner_bits(int root, const std::string& path, mode_t bits) noexcept {
  const int before = errno;
  const descriptor handle = open_beneath(root, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  struct stat status {};
  const bool added = handle && ::fstat(handle.get(), &status) == 0 &&
                     (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) &&
                     change_mode(handle.get(), (status.st_mode & 07777U) | bits) == 0;
  if (!added) errno = before;
  return added;
}

/// How many bytes the UTF-8 sequence at the front has; 0 when it is none or a control character.
std::size_t printable_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t length = first >= 0xf0 && first <= 0xf4   ? 4
                             : first >= 0xe0 && first <= 0xef ? 3
                             : first >= 0xc2 && first <= 0xdf ? 2
                                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  unsigned code = first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return 0;
    code = (code << 6U) | (byte(i) & 0x3fU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  // C1 controls and the marks that reorder or hide text in a terminal.
  const bool invisible = code < 0xa0 || (code >= 0x200b && code <= 0x200f) ||
                         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
                         code == 0xfeff;
  return overlong || surrogate || invisible || code > 0x10ffff ? 0 : length;
}

}  // namespace

descriptor::~descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

result<descriptor> open_trusted_directory(const std::filesystem::path& path) {
  descriptor opened{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (!opened) return errno_error("open directory " + path.string(), errno);
  return opened;
}

descriptor open_beneath(int root, const std::string& path, int flags) noexcept {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags));
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
  // A container's system call filter may answer EPERM to a call that it does not know.
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
    return open_beneath_stepwise(root, path, flags);
  }
  return descriptor{static_cast<int>(fd)};
}

descriptor open_beneath_stepwise(int root, const std::string& path, int flags) noexcept {
  descriptor holder;
  int directory = root;
  for (std::size_t start = 0;;) {
    const std::size_t slash = path.find('/', start);
    const std::string name = path.substr(start, slash - start);
    if (name == ".." || name.empty()) {
      errno = EXDEV;
      return {};
    }
    if (slash == std::string::npos) {
      return descriptor{::openat(directory, name.c_str(), flags | O_NOFOLLOW)};
    }
    descriptor next{
        ::openat(directory, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!next) return {};
    holder = std::move(next);
    directory = holder.get();
    start = slash + 1;
  }
}

descriptor open_directory(int root, const std::string& path, mode_t needed) noexcept {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  descriptor opened = open_beneath(root, path, flags);
  if (!opened && errno == EACCES && needed != 0 && add_owner_bits(root, path, needed)) {
    opened = open_beneath(root, path, flags);
  }
  if (!opened || needed == 0 || ::geteuid() == 0) return opened;
  // Readable but not searchable: its entries could be listed but not opened.
  struct stat status {};
  if (::fstat(opened.get(), &status) == 0 && (status.st_mode & needed) != needed) {
    static_cast<void>(::fchmod(opened.get(), (status.st_mode & 07777U) | needed));
  }
  return opened;
}

descriptor open_regular(int directory, const std::string& name, struct stat& status) noexcept {
  // O_NONBLOCK: should the file have become a FIFO since it was looked at, nobody waits for it.
  constexpr int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  descriptor opened{::openat(directory, name.c_str(), flags)};
  if (!opened && errno == EACCES && add_owner_bits(directory, name, S_IRUSR)) {
    opened = descriptor{::openat(directory, name.c_str(), flags)};
  }
  if (!opened) return {};
  if (::fstat(opened.get(), &status) != 0) return {};
  if (!S_ISREG(status.st_mode)) {
    errno = EINVAL;
    return {};
  }
  return opened;
}

std::string read_beginning(int directory, const std::string& name, std::size_t most) {
  struct stat status = {};
  const auto file = open_regular(directory, name, status);
  if (!file) return {};
  std::string text(most, '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    const auto got = ::read(file.get(), text.data() + have, text.size() - have);
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  text.resize(have);
  return text;
}

result<std::string> read_link(int directory, const std::string& name) {
  std::string target(longest_path + 1, '\0');
  const ssize_t length = ::readlinkat(directory, name.c_str(), target.data(), target.size());
  if (length < 0) return errno_error("read symlink " + printable(name), errno);
  target.resize(static_cast<std::size_t>(length));
  return target;
}

directory_stream::directory_stream(descriptor directory) noexcept
    : stream_(::fdopendir(directory.get())), failed_(stream_ == nullptr) {
  if (stream_ != nullptr) static_cast<void>(directory.release());
}

directory_stream::~directory_stream() {
  if (stream_ != nullptr) ::closedir(stream_);
}

const dirent* directory_stream::next() noexcept {
  while (!failed_) {
    errno = 0;
    const dirent* entry = ::readdir(stream_);
    if (entry == nullptr) {
      failed_ = errno != 0;
      return nullptr;
    }
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") return entry;
  }
  return nullptr;
}

int directory_stream::get() const noexcept {
  return stream_ == nullptr ? -1 : ::dirfd(stream_);
}

std::string printable(std::string_view bytes) {
  constexpr std::size_t longest = 200;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  while (!bytes.empty()) {
    if (text.size() >= longest) return text + "...";
    const std::size_t length = printable_length(bytes);
    if (length == 0) {
      const auto byte = static_cast<unsigned char>(bytes[0]);
      text += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
      bytes.remove_prefix(1);
    } else {
      text += bytes.substr(0, length);
      bytes.remove_prefix(length);
    }
  }
  return text;
}

}  // namespace skein::workspace
