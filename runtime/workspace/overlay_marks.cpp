// Overlayfs attributes and whiteouts. See overlay_marks.hpp.
#include "runtime/workspace/overlay_marks.hpp"

#include "runtime/workspace/beneath.hpp"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

namespace skein::workspace {
namespace {

std::string_view mark_name(std::string_view attribute) noexcept {
  for (const std::string_view prefix : {"user.overlay.", "trusted.overlay."}) {
    if (attribute.starts_with(prefix)) return attribute.substr(prefix.size());
  }
  return {};
}

char first_byte(int fd, const std::string& attribute) noexcept {
  std::array<char, 16> value{};
  return ::fgetxattr(fd, attribute.c_str(), value.data(), value.size()) > 0 ? value[0] : '\0';
}

}  // namespace

result<overlay_marks> read_overlay_marks(int fd) {
  overlay_marks marks;
  // The kernel lets a file have at most 64 KiB of names.
  std::array<char, 1024> small{};
  std::string large;
  char* names = small.data();
  ssize_t length = ::flistxattr(fd, names, small.size());
  if (length < 0 && errno == ERANGE) {
    large.resize(65536);
    names = large.data();
    length = ::flistxattr(fd, names, large.size());
  }
  if (length < 0) {
    if (errno == ENOTSUP) return marks;
    return errno_error("list extended attributes", errno);
  }
  const std::string_view all{names, static_cast<std::size_t>(length)};
  for (std::size_t start = 0; start < all.size();) {
    const std::size_t end = all.find('\0', start);
    const std::string attribute{all.substr(start, end - start)};
    start = end == std::string_view::npos ? all.size() : end + 1;
    const std::string_view name = mark_name(attribute);
    if (name == "opaque") {
      const char value = first_byte(fd, attribute);
      if (value == 'y') marks.opaque = true;
      if (value == 'x') marks.has_whiteouts = true;
    } else if (name == "whiteout") {
      marks.whiteout = true;
    } else if (name == "redirect" || name == "metacopy") {
      marks.redirected = true;
    }
  }
  return marks;
}

bool is_whiteout_device(const struct stat& status) noexcept {
  return S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0);
}

result<> make_whiteout(int directory, const char* name) {
  if (::mknodat(directory, name, S_IFCHR, makedev(0, 0)) == 0) return {};
  const int failed = errno;
  if (failed == EPERM) {
    return error{errc::unsupported,
                 "make a whiteout for " + printable(name) +
                     ": this kernel or file system lets no ordinary user make one",
                 "use Linux 5.8 or newer, or the copy strategy"};
  }
  return errno_error("make a whiteout for " + printable(name), failed);
}

}  // namespace skein::workspace
