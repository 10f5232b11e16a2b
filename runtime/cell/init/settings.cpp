// Which parts of the host's /etc a cell has: those a toolchain reads. Package managers' settings
// are left out on purpose: they may hold passwords, and the platform sets its own.
#include "runtime/cell/init/init.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace skein::cell::init {
namespace {

using wire::step;

constexpr std::size_t path_size = 320;

constexpr const char* shared[] = {
    "alternatives",    "ld.so.cache", "ld.so.conf",     "ld.so.conf.d",  "ssl/certs",
    "ssl/openssl.cnf", "localtime",   "maven/m2.conf",  "maven/logging", "protocols",
    "services",        "os-release",  "debian_version", "mime.types"};

/// Java, Perl and Python keep parts of their installation there.
bool belongs_to_toolchain(const char* name) {
  return std::strncmp(name, "java-", 5) == 0 || std::strncmp(name, "python3", 7) == 0 ||
         std::strcmp(name, "perl") == 0;
}

/// False with errno; what the host does not have is passed over.
bool bind_one(const char* name) {
  char from[path_size];
  char to[path_size];
  std::snprintf(from, sizeof from, "%s/%s", wire::settings_path, name);
  std::snprintf(to, sizeof to, "/etc/%s", name);
  struct stat status = {};
  if (::lstat(from, &status) != 0) return true;
  for (char* slash = std::strchr(to + 5, '/'); slash != nullptr;
       slash = std::strchr(slash + 1, '/')) {
    *slash = '\0';
    if (::mkdir(to, 0755) != 0 && errno != EEXIST) return false;
    *slash = '/';
  }
  // A link into the toolchain is one here too; another leads nowhere.
  char target[path_size];
  const ssize_t length = ::readlink(from, target, sizeof target - 1);
  if (length > 0) {
    target[length] = '\0';
    return ::symlink(target, to) == 0 || errno == EEXIST;
  }
  if (S_ISDIR(status.st_mode)) {
    if (::mkdir(to, 0755) != 0 && errno != EEXIST) return false;
  } else {
    const int made = ::open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
    if (made < 0) return false;
    ::close(made);
  }
  return ::mount(from, to, nullptr, MS_BIND, nullptr) == 0;
}

bool bind_installations() {
  const int folder = ::open(wire::settings_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return false;
  alignas(dirent64) char buffer[8192];
  bool good = true;
  for (long got; good && (got = ::syscall(SYS_getdents64, folder, buffer, sizeof buffer)) > 0;)
    for (long at = 0; good && at < got;) {
      const auto* one = reinterpret_cast<const dirent64*>(buffer + at);
      if (belongs_to_toolchain(one->d_name)) good = bind_one(one->d_name);
      at += one->d_reclen;
    }
  const int why = errno;
  ::close(folder);
  errno = why;
  return good;
}

}  // namespace

outcome bind_settings() {
  for (const char* name : shared)
    if (!bind_one(name)) return failed_at(step::toolchain_settings);
  if (!bind_installations()) return failed_at(step::toolchain_settings);
  return {};
}

}  // namespace skein::cell::init
