// What a cell may store. In memory of its own the kernel counts; on a shared file system PID 1
// looks while a command runs: that bounds a phase loosely and never lets it fill the disk.
#include "runtime/cell/init/init.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace skein::cell::init {
namespace {

using wire::step;

constexpr int deepest = 64;
constexpr std::uint64_t most_reserve = 1ULL << 30;

struct usage {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
};

/// What the file system held when the phase was last counted; others write to it and free it too, so
/// its growth only says when to count again.
usage counted_at;
std::uint64_t files_counted = 0;
int looks = 0;

/// Others may free what the phase takes: now and then it is counted although nothing grew.
constexpr int looks_per_count = 64;

/// So many files are counted at every command's end: a short command is not looked at otherwise.
constexpr std::uint64_t few_files = 512;

usage used_of(const struct statfs& now) {
  return {(now.f_blocks - now.f_bfree) * static_cast<std::uint64_t>(now.f_bsize),
          now.f_files - now.f_ffree};
}

/// A share of the file system that stays free for the host, whoever it was that wrote.
bool nearly_full(const struct statfs& now) {
  const auto block = static_cast<std::uint64_t>(now.f_bsize);
  const std::uint64_t total = now.f_blocks * block;
  const std::uint64_t reserve = total / 50 < most_reserve ? total / 50 : most_reserve;
  return now.f_bavail * block < reserve || (now.f_files != 0 && now.f_ffree < now.f_files / 100);
}

/// Adds what is below `folder`, which it closes; stops at the limits. Code that runs meanwhile may
/// hide files from it; the reserve holds all the same.
void count(int folder, int depth, const usage& limit, usage& sum) {
  alignas(dirent64) char buffer[4096];
  long got = 0;
  while (sum.bytes <= limit.bytes && sum.files <= limit.files &&
         (got = ::syscall(SYS_getdents64, folder, buffer, sizeof buffer)) > 0) {
    for (long at = 0; at < got;) {
      const auto* one = reinterpret_cast<const dirent64*>(buffer + at);
      at += one->d_reclen;
      if (std::strcmp(one->d_name, ".") == 0 || std::strcmp(one->d_name, "..") == 0) continue;
      struct stat status = {};
      if (::fstatat(folder, one->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      sum.files += 1;
      const auto links = static_cast<std::uint64_t>(status.st_nlink);
      sum.bytes += static_cast<std::uint64_t>(status.st_blocks) * 512 /
                   (S_ISDIR(status.st_mode) || links == 0 ? 1 : links);
      if (!S_ISDIR(status.st_mode) || depth == deepest) continue;
      const int below =
          ::openat(folder, one->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (below >= 0) count(below, depth + 1, limit, sum);
    }
  }
  ::close(folder);
}

}  // namespace

outcome mount_own_memory(const wire::setup_request& limits, int& handle) {
  char options[128];
  std::snprintf(options, sizeof options, "size=%llu,nr_inodes=%llu,mode=0700",
                static_cast<unsigned long long>(limits.disk_bytes),
                static_cast<unsigned long long>(limits.disk_files));
  if (::mount("tmpfs", wire::root_path, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0)
    return failed_at(step::own_memory);
  handle = ::open(wire::root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return failed_at(step::own_memory);
  return {};
}

outcome watch_disk(first_process& self, const char* phase) {
  if (self.disk >= 0) ::close(self.disk);
  char path[256];
  std::snprintf(path, sizeof path, "%s/%s/%s", wire::root_path, phase,
                self.set.limits.overlay != 0 ? "upper" : "copy");
  self.disk = ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct statfs now = {};
  if (self.disk < 0 || ::fstatfs(self.disk, &now) != 0) return failed_at(step::disk_watch);
  counted_at = used_of(now);
  files_counted = 0;
  return {};
}

bool disk_exceeded(const first_process& self, look when) {
  struct statfs now = {};
  if (self.disk < 0 || ::fstatfs(self.disk, &now) != 0) return false;
  const usage used = used_of(now);
  const usage limit{self.set.limits.disk_bytes, self.set.limits.disk_files};
  const bool grew = used.bytes > counted_at.bytes + limit.bytes / 8 ||
                    used.files > counted_at.files + limit.files / 8;
  const bool due =
      ++looks >= looks_per_count || (when == look::at_the_end && files_counted <= few_files);
  if (!grew && !due && !nearly_full(now)) return false;
  looks = 0;
  counted_at = used;
  usage own;
  const int folder = ::openat(self.disk, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) count(folder, 0, limit, own);
  files_counted = own.files;
  return own.bytes > limit.bytes || own.files > limit.files || nearly_full(now);
}

}  // namespace skein::cell::init
