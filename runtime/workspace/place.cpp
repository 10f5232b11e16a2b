#include "runtime/workspace/place.hpp"

#include "schema/identity.hpp"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string_view>

namespace skein::workspace {

namespace {

/// Ours alone: a directory, not a link, of this user, closed to everybody else.
bool is_private(const std::filesystem::path& folder) {
  struct stat found {};
  return ::lstat(folder.c_str(), &found) == 0 && S_ISDIR(found.st_mode) &&
         found.st_uid == ::geteuid() && (found.st_mode & 077) == 0;
}

bool has_room(const std::filesystem::path& memory, std::uint64_t wanted_bytes) {
  struct statfs found {};
  if (memory.empty() || ::statfs(memory.c_str(), &found) != 0) return false;
  return found.f_type == TMPFS_MAGIC &&
         static_cast<std::uint64_t>(found.f_bavail) * static_cast<std::uint64_t>(found.f_bsize) >=
             wanted_bytes;
}

}  // namespace

result<bool> settle(const std::filesystem::path& link, const std::filesystem::path& memory,
                    std::uint64_t wanted_bytes) {
  std::error_code failed;
  const auto kind = std::filesystem::symlink_status(link, failed).type();
  if (kind == std::filesystem::file_type::directory) return false;
  // One folder for each state directory and user, found again after a crash.
  const auto name = "skein-" + std::to_string(::geteuid()) + "-" +
                    schema::sha256_hex(std::filesystem::absolute(link).string()).substr(0, 16);
  const auto folder = memory / name;
  if (has_room(memory, wanted_bytes) &&
      (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) && is_private(folder)) {
    if (kind == std::filesystem::file_type::symlink &&
        std::filesystem::read_symlink(link, failed) == folder) {
      return true;
    }
    std::filesystem::remove(link, failed);
    if (::symlink(folder.c_str(), link.c_str()) == 0) return true;
    return errno_error("link " + link.string() + " to " + folder.string(), errno);
  }
  std::filesystem::remove(link, failed);
  if (::mkdir(link.c_str(), 0700) != 0 && errno != EEXIST) {
    return errno_error("create " + link.string(), errno);
  }
  return false;
}

std::uint64_t free_memory(const std::filesystem::path& memory) {
  struct statfs found {};
  if (memory.empty() || ::statfs(memory.c_str(), &found) != 0) return 0;
  std::ifstream told("/proc/meminfo");
  std::uint64_t available = 0;
  for (std::string line; std::getline(told, line);) {
    constexpr std::string_view key = "MemAvailable:";
    if (!line.starts_with(key)) continue;
    available = std::strtoull(line.c_str() + key.size(), nullptr, 10) * 1024;
    break;
  }
  return std::min(available, static_cast<std::uint64_t>(found.f_bavail) *
                                 static_cast<std::uint64_t>(found.f_bsize));
}

}  // namespace skein::workspace
